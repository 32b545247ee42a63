"""The second look at a GGUF file: llama.cpp reads it and answers, in a process of its own.

`python -m studio.worker.llama_cpp` takes one JSON object on its standard input and gives one on the last line of its standard
output. A file that llama.cpp cannot bear may end its process, which must not be the worker's.
"""

import importlib
import importlib.util
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from studio.domain.export_targets import LIBRARY
from studio.domain.proof import SecondLook
from studio.errors import StudioError

MOST_SECONDS = 600
CONTEXT_TOKENS = 4096
# The likeliest words of a place; what is left is one more.
WORDS = 100

Likely = dict[int, float]
"""Log probabilities by token."""


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation, how many tokens the run's own template makes of it, and the run's answer."""

    messages: list[dict[str, str]]
    prompt_tokens: int
    answer: str


def second_look(
    file: Path, chats: Sequence[Chat], answer_tokens: int, threads: int
) -> SecondLook | None:
    """Give how llama.cpp's answers compare; None where it is not installed.

    Raises:
        StudioError: `export.llama_cpp_fails` where it cannot read the file.
    """
    if importlib.util.find_spec(LIBRARY) is None:
        return None
    look, _ = look_closely(file, chats, [], answer_tokens, threads)
    return look


def look_closely(
    file: Path,
    chats: Sequence[Chat],
    places: Sequence[list[int]],
    answer_tokens: int,
    threads: int,
) -> tuple[SecondLook, list[Likely]]:
    """Give how llama.cpp's answers compare, and what it holds likely behind each of the token ids in `places`.

    Raises:
        StudioError: `export.llama_cpp_fails` where it cannot read the file.
    """
    told = {
        "file": str(file),
        "chats": [asdict(chat) for chat in chats],
        "places": [*places],
        "answer_tokens": answer_tokens,
        "threads": threads,
    }
    done = subprocess.run(
        [sys.executable, "-m", "studio.worker.llama_cpp"],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    sys.stderr.write(done.stderr)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if " E " in line]
        raise StudioError("export.llama_cpp_fails", reason=(lines or ["?"])[0][-200:])
    answer = json.loads(done.stdout.splitlines()[-1])
    likely = [{int(token): share for token, share in one.items()} for one in answer["places"]]
    return SecondLook(**answer["look"]), likely


def main() -> int:
    """Answer what is asked on standard input."""
    told = json.loads(sys.stdin.readline() or "{}")
    chats = [Chat(**chat) for chat in told["chats"]]
    server = open_server(told["file"], told["threads"])
    answers = [ask(server, chat, told["answer_tokens"]) for chat in chats]
    look = SecondLook(
        len(chats),
        sum(text == chat.answer for (text, _), chat in zip(answers, chats, strict=True)),
        sum(tokens == chat.prompt_tokens for (_, tokens), chat in zip(answers, chats, strict=True)),
    )
    likely = [likeliest(server, ids) for ids in told["places"]]
    sys.stdout.write("\n" + json.dumps({"look": asdict(look), "places": likely}) + "\n")
    sys.stdout.flush()
    # What is left is llama.cpp's own ending, which nothing waits for.
    os._exit(0)


def open_server(file: str, threads: int) -> Any:
    """Give llama.cpp's server with a file in it; it listens on this machine only, behind a key that nobody knows."""
    # Compiled: nothing here knows what is in it.
    library: Any = importlib.import_module(LIBRARY)
    asked = library.CommonParams()
    asked.model.path = file
    asked.n_ctx, asked.n_parallel, asked.cpuparams.n_threads = CONTEXT_TOKENS, 1, threads
    asked.warmup, asked.use_jinja = False, True
    asked.api_keys = [secrets.token_hex(16)]
    return library.Server(asked)


def ask(server: Any, chat: Chat, answer_tokens: int) -> tuple[str, int]:
    """Give the likeliest answer through the template in the file, and the tokens that it made of the question."""
    answer = server.handle_chat_completions(
        {
            "messages": chat.messages,
            "max_tokens": answer_tokens,
            "temperature": 0,
            "cache_prompt": False,
        }
    )
    text = answer["choices"][0]["message"].get("content") or ""
    return str(text), int(answer["usage"]["prompt_tokens"])


def likeliest(server: Any, ids: list[int]) -> Likely:
    """Give the log probabilities of the likeliest next tokens; none where what comes is no text."""
    answer = server.handle_completions(
        {"prompt": ids, "n_predict": 1, "temperature": 0, "n_probs": WORDS}
    )
    told = answer["choices"][0]["logprobs"]
    if told is None:
        return {}
    return {one["id"]: one["logprob"] for one in told["content"][0]["top_logprobs"]}


if __name__ == "__main__":
    sys.exit(main())
