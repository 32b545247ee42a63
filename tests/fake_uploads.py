"""What the Hub of the tests answers to somebody who brings files: making a repository, the large storage, the commit."""

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tests.faulty_server import Answer, Seen

if TYPE_CHECKING:
    from tests.fake_hub import FakeHub

LARGE_BYTES = 1000
FIRST_FILE = {".gitattributes": "*.safetensors filter=lfs\n"}


def as_json(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


def told(status: int, message: str) -> Answer:
    body = json.dumps({"error": message}).encode()
    return Answer(status, body, {"X-Error-Message": message})


def answer_upload(hub: "FakeHub", asked: Seen, owner: str) -> Answer | None:
    """Give the answer to a request that `owner` brings something with; None where it is another one."""
    path = unquote(urlsplit(asked.path).path)
    if path == "/api/validate-yaml":
        return as_json({"warnings": []})
    if path == "/api/repos/create":
        return make(hub, json.loads(asked.body), owner)
    if re.fullmatch(r"/api/models/(.+)/preupload/main", path):
        return modes(json.loads(asked.body))
    if path.endswith(".git/info/lfs/objects/batch"):
        return batch(hub, json.loads(asked.body))
    found = re.fullmatch(r"/api/models/(.+)/commit/main", path)
    return commit(hub, f"models/{found[1]}", asked.body) if found else None


def make(hub: "FakeHub", wanted: dict[str, Any], owner: str) -> Answer:
    """Make a repository."""
    name = f"{wanted['organization']}/{wanted['name']}"
    if wanted["organization"] != owner:
        return told(403, f"You don't have the rights to create a model under {name}")
    if f"models/{name}" in hub.repos:
        return told(409, "You already created this model repo")
    hub.commit(f"models/{name}", FIRST_FILE)
    hub.repos[f"models/{name}"].is_private = wanted["visibility"] == "private"
    return as_json({"url": f"{hub.endpoint}/{name}", "name": name})


def modes(asked: dict[str, Any]) -> Answer:
    """Say which files go to the large storage."""
    files = [
        {
            "path": one["path"],
            "uploadMode": "lfs" if one["size"] >= LARGE_BYTES else "regular",
            "shouldIgnore": False,
        }
        for one in asked["files"]
    ]
    return as_json({"files": files})


def batch(hub: "FakeHub", asked: dict[str, Any]) -> Answer:
    """Say where a large file goes; one that is there already goes nowhere."""
    objects = []
    for one in asked["objects"]:
        href = f"{hub.storage}/put/{one['oid']}?X-Amz-Signature=SECRET"
        actions = {} if one["oid"] in hub.large else {"actions": {"upload": {"href": href}}}
        objects.append({**one, **actions})
    return as_json({"transfer": "basic", "objects": objects})


def commit(hub: "FakeHub", repo: str, body: bytes) -> Answer:
    """Store what the lines of a commit name."""
    files: dict[str, bytes | str] = dict(hub.files(repo, hub.repos[repo].refs["main"]))
    head = hub.repos[repo].refs["main"]
    for line in map(json.loads, body.splitlines()):
        value = line["value"]
        if line["key"] == "header" and value.get("parentCommit", head) != head:
            return told(412, "A commit has happened since. Please refresh and try again.")
        if line["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif line["key"] == "lfsFile":
            files[value["path"]] = hub.large[value["oid"]]
        elif line["key"] == "deletedFile":
            del files[value["path"]]
    sha = hub.commit(repo, files)
    page = f"{hub.endpoint}/{repo.removeprefix('models/')}"
    return as_json({"success": True, "commitOid": sha, "commitUrl": f"{page}/commit/{sha}"})
