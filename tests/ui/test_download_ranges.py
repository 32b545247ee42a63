"""A download that breaks off goes on where it was, and never puts two files together."""

import hashlib

from studio.settings import Home
from tests.ui.test_server import make_client


def test_an_interrupted_download_goes_on(home: Home) -> None:
    client = make_client(home.create())
    begun = client.get("/files/exports/7", headers={"Range": "bytes=0-1"})
    assert (begun.status_code, begun.content) == (206, b"zi")
    kept = {"Range": "bytes=2-", "If-Range": begun.headers["etag"]}
    rest = client.get("/files/exports/7", headers=kept).content
    assert rest == b"p"
    whole = client.get("/files/exports/7").content
    assert hashlib.sha256(begun.content + rest).digest() == hashlib.sha256(whole).digest()
    # Where the file is another one by now, it begins anew.
    assert client.get("/files/exports/7", headers={**kept, "If-Range": '"old"'}).content == b"zip"
