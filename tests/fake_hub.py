"""A Hub on this machine: it speaks what huggingface_hub asks for, and fails on demand.

A repository ("datasets/owner/name" or "models/owner/name") is a folder per commit; refs name commits. Small files are
answered by the Hub itself after a relative redirect, large ones by a second server on another port, as the real Hub does
with its storage.

    with FakeHub(tmp_path / "hub") as hub:
        sha = hub.commit("datasets/shop/talk", {"train.jsonl": "…"})
        hub.faults.append(Fault("train.jsonl", cut_after=100))
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fake_uploads import LARGE_BYTES, answer_upload, as_json
from tests.faulty_server import Answer, Fault, FaultyServer, Seen

PAGE_ROWS = 50
BAD_TOKEN = "Invalid credentials in Authorization header"  # noqa: S105


@dataclass(slots=True)
class Repo:
    """A repository: which commit a ref names, and what its page says."""

    refs: dict[str, str] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    is_private: bool = False
    guests: set[str] | None = None
    """Tokens that were let in; None: it is not gated."""


class FakeHub:
    """Owns two servers and a folder of repositories; everything it was asked is in `seen`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repos: dict[str, Repo] = {}
        self.faults: list[Fault] = []
        self.accounts: dict[str, str] = {}
        self.seen: list[Seen] = []
        self.large: dict[str, bytes] = {}
        self._hub = FaultyServer(self.answer, self.faults, self.seen)
        self._storage = FaultyServer(self.stored, self.faults, self.seen)
        self.endpoint, self.storage = self._hub.address, self._storage.address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._hub.close()
        self._storage.close()

    def commit(
        self, repo: str, files: Mapping[str, bytes | str] | Path, ref: str = "main", **about: Any
    ) -> str:
        """Store a commit, let `ref` name it, and give its sha; a link is kept as git keeps it, as a text."""
        contents = read_tree(files) if isinstance(files, Path) else {
            name: text.encode() if isinstance(text, str) else text for name, text in files.items()
        }  # fmt: skip
        mark = hashlib.sha1(repo.encode(), usedforsecurity=False)
        for name, content in sorted(contents.items()):
            mark.update(name.encode() + b"\0" + content)
        sha = mark.hexdigest()
        folder = self.root / repo / sha
        folder.mkdir(parents=True, exist_ok=True)
        # By number, so that a hostile name stays a name.
        for number, content in enumerate(contents.values()):
            (folder / str(number)).write_bytes(content)
        (folder / "names.json").write_text(json.dumps(list(contents)), encoding="utf-8")
        kept = self.repos.setdefault(repo, Repo())
        kept.refs[ref] = sha
        kept.commits.append(sha)
        kept.about.update(about)
        return sha

    def files(self, repo: str, sha: str) -> dict[str, bytes]:
        """Give the files of a commit."""
        folder = self.root / repo / sha
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        return {name: (folder / str(number)).read_bytes() for number, name in enumerate(names)}

    def asked(self, part: str) -> list[Seen]:
        """Give the requests whose path holds `part`."""
        return [one for one in self.seen if part in one.path]

    def answer(self, asked: Seen, form: dict[str, list[str]]) -> Answer:
        """Give what a Hub without faults answers."""
        url = urlsplit(asked.path)
        path, query = unquote(url.path), parse_qs(url.query)
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token and token not in self.accounts:
            return refuse(401, "", BAD_TOKEN)
        is_bringing = asked.method == "POST" and token
        if (
            is_bringing
            and (brought := answer_upload(self, asked, self.accounts[token])) is not None
        ):
            return brought
        if path == "/api/whoami-v2":
            known = {"name": self.accounts.get(token), "type": "user"}
            return as_json(known) if token else refuse(401, "", "Invalid username or password.")
        if path in ("/api/datasets", "/api/models"):
            return self._listed(path.removeprefix("/api/"), query)
        route = re.fullmatch(r"/(?:api/(?:resolve-cache/)?)?(datasets/|models/)?(.*)", path)
        kind, rest = (route[1] or "models/", route[2]) if route else ("", "")
        repo = next((r for r in self.repos if f"{kind}{rest}/".startswith(f"{r}/")), None)
        if repo is None or (self.repos[repo].is_private and not token):
            return refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        rest = f"{kind}{rest}"[len(repo) :].strip("/")
        return self._of_repo(repo, token, rest, {**query, **form}, "resolve-cache" in path)

    def _of_repo(
        self, repo: str, token: str, rest: str, query: dict[str, list[str]], is_cache: bool
    ) -> Answer:
        kept = self.repos[repo]
        if rest == "refs":
            return as_json(name_refs(kept.refs))
        verb, _, rest = ("resolve", "", rest) if is_cache else rest.partition("/")
        rest = "main" if verb in ("", "auth-check") else rest
        known = {**kept.refs, **{sha: sha for sha in kept.commits}}
        ref = next((r for r in known if f"{rest}/".startswith(f"{r}/")), None)
        if ref is None:
            return refuse(404, "RevisionNotFound", "Invalid rev id")
        is_let_in = kept.guests is None or token in kept.guests
        if verb in ("resolve", "auth-check") and not is_let_in:
            return refuse(403 if token else 401, "GatedRepo", "Access is restricted")
        sha, inner = known[ref], rest[len(ref) :].strip("/")
        files = self.files(repo, sha)
        if verb == "resolve":
            return self._resolved(repo, sha, inner, is_cache)
        if verb in ("tree", "paths-info"):
            wanted = query.get("paths") or [name for name in files if name.startswith(inner)]
            return as_json([name_file(name, files[name]) for name in wanted if name in files])
        return as_json(self._info(repo, sha, files, has_sizes="blobs" in query))

    def _resolved(self, repo: str, sha: str, name: str, is_cache: bool) -> Answer:
        files = self.files(repo, sha)
        if name not in files:
            return refuse(404, "EntryNotFound", "Entry not found")
        content = files[name]
        headers = {"X-Repo-Commit": sha, "ETag": f'"{blob_id(content)}"'}
        if is_cache:
            return Answer(200, content, headers)
        if len(content) < LARGE_BYTES:
            return Answer(
                307, b"", {**headers, "Location": f"/api/resolve-cache/{repo}/{sha}/{name}"}
            )
        mark = hashlib.sha256(content).hexdigest()
        linked = {"X-Linked-Etag": f'"{mark}"', "X-Linked-Size": str(len(content))}
        signed = f"{self.storage}/lfs/{mark}?X-Amz-Signature=SECRET"
        return Answer(302, b"", {**headers, **linked, "Location": signed})

    def stored(self, asked: Seen, form: dict[str, list[str]]) -> Answer:
        """Give what the storage answers: the content with the hash in the address."""
        mark = urlsplit(asked.path).path.rpartition("/")[2]
        if asked.method == "PUT":
            self.large[mark] = asked.body
            is_whole = hashlib.sha256(asked.body).hexdigest() == mark
            return Answer(200) if is_whole else refuse(400, "", "It is not what was announced")
        for repo, kept in self.repos.items():
            for sha in kept.commits:
                for content in self.files(repo, sha).values():
                    if hashlib.sha256(content).hexdigest() == mark:
                        return Answer(200, content, {"ETag": f'"{mark}"'})
        return refuse(404, "", "")

    def _listed(self, kind: str, query: dict[str, list[str]]) -> Answer:
        wanted = query.get("search", [""])[0].lower()
        found = [
            self._info(repo, kept.refs["main"], {}, has_sizes=False)
            for repo, kept in self.repos.items()
            if repo.startswith(f"{kind}/") and wanted in repo.lower() and not kept.is_private
        ]
        found.sort(key=lambda one: -one["downloads"])
        return as_json(found[: int(query.get("limit", [str(PAGE_ROWS)])[0])])

    def _info(
        self, repo: str, sha: str, files: dict[str, bytes], *, has_sizes: bool
    ) -> dict[str, Any]:
        kept, name = self.repos[repo], repo.partition("/")[2]
        siblings: list[dict[str, Any]] = [{"rfilename": one} for one in files]
        for one in siblings if has_sizes else []:
            content = files[one["rfilename"]]
            one.update(size=len(content), blobId=blob_id(content), **name_large(content))
        return {
            "_id": sha[:24], "id": name, "author": name.partition("/")[0], "sha": sha, "siblings": siblings,
            "private": kept.is_private, "gated": False if kept.guests is None else "auto", "disabled": False,
            "downloads": 0, "likes": 0, "tags": [], "createdAt": "2025-01-02T03:04:05.000Z", **kept.about,
        }  # fmt: skip


def refuse(status: int, code: str, message: str) -> Answer:
    """Give a refusal as the Hub puts it: in two headers."""
    headers = {"X-Error-Code": code} if code else {}
    return Answer(
        status, json.dumps({"error": message}).encode(), {**headers, "X-Error-Message": message}
    )


def read_tree(folder: Path) -> dict[str, bytes]:
    """Give the files below a folder; a link is the text of where it leads."""
    return {
        str(path.relative_to(folder)): bytes(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def blob_id(content: bytes) -> str:
    mark = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
    mark.update(content)
    return mark.hexdigest()


def name_large(content: bytes) -> dict[str, Any]:
    if len(content) < LARGE_BYTES:
        return {}
    mark = hashlib.sha256(content).hexdigest()
    return {"lfs": {"sha256": mark, "oid": mark, "size": len(content), "pointerSize": 130}}


def name_file(name: str, content: bytes) -> dict[str, Any]:
    return {
        "type": "file",
        "path": name,
        "size": len(content),
        "oid": blob_id(content),
        **name_large(content),
    }


def name_refs(refs: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """Give branches and converted copies as the Hub lists them."""

    def named(ref: str, short: str) -> dict[str, str]:
        full = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
        return {"name": short, "ref": full, "targetCommit": refs[ref]}

    converted = [ref for ref in refs if ref.startswith("refs/convert/")]
    branches = [named(ref, ref) for ref in refs if ref not in converted]
    return {
        "branches": branches,
        "converts": [named(r, r.rpartition("/")[2]) for r in converted],
        "tags": [],
    }
