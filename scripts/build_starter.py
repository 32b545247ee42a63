"""Train the starter model from scratch, from a seed: tokenizer, pre-training, export, measurement.

    python scripts/build_starter.py train --work /tmp/starter
    python scripts/build_starter.py export --work /tmp/starter --out studio/starter
    python scripts/build_starter.py measure --model studio/starter --rows 20

It runs on a CPU or a GPU and continues from its last checkpoint. Dialogues come from
`starter_text`; the stages below say how many tokens were trained, and how.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from starter_measure import measure
from starter_net import NetShape, StarterNet, optimisers, to_llama
from starter_text.mixture import stream
from starter_text.wordings import Dialogue
from starter_tokenizer import END, START, VOCABULARY, copyable_pieces, prepare_tokenizer
from transformers import GenerationConfig, PreTrainedTokenizerFast

ROW_TOKENS = 256
# What a token of each kind counts in the loss: answers above all, questions a little, so that the
# embeddings of their words are trained as well.
ANSWER_WEIGHT, QUESTION_WEIGHT, MARKUP_WEIGHT = 1.0, 0.2, 0.1
SAVE_EVERY_STEPS = 100


@dataclass(frozen=True)
class Stage:
    """A part of the training: how many steps, and how the learning rate runs within it."""

    name: str
    steps: int
    rows: int
    start_ratio: float
    end_ratio: float
    mix: str = "balanced"


STAGES = (
    Stage("warm-up", 40, 12, 0.02, 1.0),
    Stage("main", 900, 12, 1.0, 1.0),
    Stage("copying", 1000, 8, 1.0, 1.0, "copying"),
    Stage("settling", 800, 12, 1.0, 0.02, "settling"),
    Stage("polishing", 300, 12, 0.5, 0.316, "polishing"),
    Stage("finishing", 300, 12, 0.316, 0.01, "polishing"),
    Stage("last", 320, 12, 0.3, 0.01, "polishing"),
)


def encode(tokenizer: PreTrainedTokenizerFast, item: Dialogue) -> tuple[list[int], list[float]]:
    """Give tokens and loss weights of a dialogue, exactly as the chat template renders it."""
    start, end = (tokenizer.vocab[token] for token in (START, END))
    plain = tokenizer.backend_tokenizer
    newline = plain.encode("\n").ids
    ids: list[int] = []
    weights: list[float] = []
    for message in item.messages:
        header = [start, *plain.encode(message["role"]).ids, *newline]
        body = plain.encode(message["content"]).ids
        weight = ANSWER_WEIGHT if message["role"] == "assistant" else QUESTION_WEIGHT
        ids += [*header, *body, end, *newline]
        weights += [MARKUP_WEIGHT] * len(header) + [weight] * (len(body) + 1) + [MARKUP_WEIGHT]
    return ids, weights


def packed_rows(
    tokenizer: PreTrainedTokenizerFast, seed: str, mix: str
) -> Iterator[tuple[list[int], list[float]]]:
    """Give rows of whole dialogues, packed by first fit; the rest of a row is padding.

    Dialogues of a row see each other: small talk before a question must not confuse the starter.
    """
    pad = tokenizer.pad_token_id
    width = ROW_TOKENS + 1
    bins: list[tuple[list[int], list[float]]] = []
    for item in stream(seed, copyable_pieces(tokenizer), mix):
        ids, weights = encode(tokenizer, item)
        if len(ids) > width:
            continue
        place = next((b for b in bins if len(b[0]) + len(ids) <= width), None)
        if place is None:
            place = ([], [])
            bins.append(place)
        place[0].extend(ids)
        place[1].extend(weights)
        if len(bins) > 8:
            full = max(bins, key=lambda b: len(b[0]))
            bins.remove(full)
            room = width - len(full[0])
            yield full[0] + [pad] * room, full[1] + [0.0] * room


def learning_ratio(stage: Stage, step: int) -> float:
    """Give the share of the full learning rate at a step of a stage: a straight line."""
    return stage.start_ratio + (stage.end_ratio - stage.start_ratio) * step / stage.steps


class Training:
    """Owns the network, its optimisers and the checkpoint file."""

    def __init__(self, work: Path, seed: int) -> None:
        """Start from the seed, or from the last checkpoint of the folder."""
        torch.manual_seed(seed)
        self.work, self.seed = work, seed
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.processes = dist.get_world_size() if dist.is_initialized() else 1
        self.tokenizer = prepare_tokenizer(work, seed)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.net = StarterNet(NetShape(VOCABULARY)).to(self.device)
        self.optimisers = optimisers(self.net)
        self.full_rates = [[g["lr"] for g in o.param_groups] for o in self.optimisers]
        self.done: dict[str, int] = {}
        self.tokens = 0
        checkpoint = work / "checkpoint.pt"
        if checkpoint.exists():
            state = torch.load(checkpoint, map_location=self.device, weights_only=True)
            self.net.load_state_dict(state["net"])
            for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
                optimiser.load_state_dict(kept)
            self.done, self.tokens = state["done"], state["tokens"]

    def save(self) -> None:
        """Write the checkpoint beside the old one, then take its place; one process does it."""
        if self.rank != 0:
            return
        state = {
            "net": self.net.state_dict(), "optimisers": [o.state_dict() for o in self.optimisers],
            "done": self.done, "tokens": self.tokens,
        }  # fmt: skip
        torch.save(state, self.work / "checkpoint.part")
        (self.work / "checkpoint.part").replace(self.work / "checkpoint.pt")

    def step(self, rows: list[tuple[list[int], list[float]]], ratio: float) -> float:
        """Take one step on some rows, this process on its share of them; give the mean loss."""
        tokens = torch.tensor([ids for ids, _ in rows], device=self.device)
        weights = torch.tensor([shares for _, shares in rows], device=self.device)
        mine = slice(self.rank, None, self.processes)
        loss = self.net(tokens[mine], weights[mine]) / weights[:, 1:].sum()
        loss.backward()
        loss = loss.detach()
        if self.processes > 1:
            parameters = list(self.net.parameters())
            flat = torch.cat(
                [loss.view(1), *(p.grad.flatten() for p in parameters if p.grad is not None)]
            )
            dist.all_reduce(flat)
            loss = flat[0]
            sizes = [p.numel() for p in parameters]
            for p, grad in zip(parameters, flat[1:].split(sizes), strict=True):
                p.grad = grad.view_as(p)
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        for optimiser, rates in zip(self.optimisers, self.full_rates, strict=True):
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * ratio
            optimiser.step()
        self.net.zero_grad(set_to_none=True)
        self.tokens += int((tokens != self.tokenizer.pad_token_id).sum())
        return float(loss)

    def run(self, stages: tuple[Stage, ...]) -> None:
        """Run what is left of every stage; dialogues of a step depend on seed, stage and step only."""
        for stage in stages:
            first = self.done.get(stage.name, 0)
            rows = packed_rows(self.tokenizer, f"{self.seed}-{stage.name}-{first}", stage.mix)
            began, began_tokens, mean = time.monotonic(), self.tokens, 0.0
            for step in range(first, stage.steps):
                if step % SAVE_EVERY_STEPS == 0:
                    rows = packed_rows(
                        self.tokenizer, f"{self.seed}-{stage.name}-{step}", stage.mix
                    )
                loss = self.step(list(islice(rows, stage.rows)), learning_ratio(stage, step))
                mean = loss if mean == 0.0 else 0.95 * mean + 0.05 * loss
                self.done[stage.name] = step + 1
                if (step + 1) % 20 == 0 and self.rank == 0:
                    speed = (self.tokens - began_tokens) / (time.monotonic() - began)
                    report = f"{stage.name} {step + 1} tokens {self.tokens} loss {mean:.3f}"
                    print(f"{report} {speed:.0f} tokens/s", flush=True)  # noqa: T201  # its progress
                if (step + 1) % SAVE_EVERY_STEPS == 0 or step + 1 == stage.steps:
                    self.save()


def train_share(rank: int, processes: int, work: Path, seed: int) -> None:
    """Train as one of several one-thread processes, which meet once per step.

    On a shared machine this is three times as fast as one process of several threads, which meet
    at every matrix product and wait there for whichever was interrupted.
    """
    torch.set_num_threads(1)
    meeting = f"file://{(work / 'meeting').absolute()}"
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=processes)
    Training(work, seed).run(STAGES)
    dist.destroy_process_group()


def export(work: Path, out: Path) -> None:
    """Write the last checkpoint as a `transformers` model, each file beside the old one first."""
    state = torch.load(work / "checkpoint.pt", map_location="cpu", weights_only=True)
    net = StarterNet(NetShape(VOCABULARY))
    net.load_state_dict(state["net"])
    tokenizer = PreTrainedTokenizerFast.from_pretrained(work)
    llama = to_llama(net, tokenizer.eos_token_id, tokenizer.pad_token_id)
    part = work / "export"
    llama.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    llama.save_pretrained(part)
    tokenizer.save_pretrained(part)
    out.mkdir(parents=True, exist_ok=True)
    for file in sorted(part.iterdir()):
        beside = out / f"{file.name}.part"
        beside.write_bytes(file.read_bytes())
        beside.replace(out / file.name)


def main(arguments: list[str]) -> None:
    """Read the command line and do one of the three jobs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=("train", "export", "measure"))
    parser.add_argument("--work", type=Path, default=Path("build/starter"))
    parser.add_argument("--out", type=Path, default=Path("studio/starter"))
    parser.add_argument("--model", type=Path, default=Path("studio/starter"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=20, help="rows per family to measure")
    parser.add_argument("--processes", type=int, default=1, help="train in so many processes")
    given = parser.parse_args(arguments)
    if given.job == "train" and given.processes > 1:
        (given.work / "meeting").unlink(missing_ok=True)
        prepare_tokenizer(given.work, given.seed)
        shared = (given.processes, given.work, given.seed)
        mp.spawn(train_share, args=shared, nprocs=given.processes)
    elif given.job == "train":
        Training(given.work, given.seed).run(STAGES)
    elif given.job == "export":
        export(given.work, given.out)
    else:
        print(json.dumps(measure(given.model, given.rows), indent=1, ensure_ascii=False))  # noqa: T201  # its result


if __name__ == "__main__":
    main(sys.argv[1:])
