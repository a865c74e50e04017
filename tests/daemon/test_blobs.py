"""Blobs through the daemon: what is written to a file holds nobody else up."""

import base64
import fcntl
import hashlib
import threading
from collections.abc import Iterator

import pytest

from beadwork.client import Client
from beadwork.model.errors import BeadworkError, BlobMismatch, UnknownBlob
from beadwork.ops.batch import RunBatch, Step
from beadwork.ops.blob import GetBlob, KeptBlob, ListBlobs, PutBlob
from beadwork.ops.issue_create import CreateIssue
from tests.daemon.clients import Site, titles

LONG = "A long log\n" * 10_000
SHORT = "short"


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    with site.client() as client:
        yield client


@pytest.mark.parametrize("text", [LONG, SHORT])
def test_a_text_comes_back_whichever_way_it_goes(client: Client, text: str) -> None:
    kept = client.call(PutBlob(text=text))
    assert (kept.digest, kept.is_new) == (digest_of(text), True)
    found = client.call(GetBlob(digest=kept.digest))
    assert base64.b64decode(found.content) == text.encode()


@pytest.mark.parametrize("text", [LONG, SHORT])
def test_what_does_not_match_is_refused_whichever_way_it_goes(client: Client, text: str) -> None:
    with pytest.raises(BlobMismatch):
        client.call(PutBlob(text=text, digest="0" * 64))
    with pytest.raises(UnknownBlob):
        client.call(PutBlob(digest=digest_of(text)))
    assert client.call(ListBlobs()).blobs == []


def test_steps_of_a_batch_and_writes_in_one_commit_are_staged(client: Client) -> None:
    steps = [Step(operation="blob.put", arguments={"text": each}) for each in (LONG, SHORT)]
    client.call(RunBatch(operations=steps))
    outcomes = client.call_each([PutBlob(text=f"{LONG}."), PutBlob(), PutBlob(text="other")])
    assert [isinstance(each, BeadworkError) for each in outcomes] == [False, True, False]
    for text in (LONG, SHORT, f"{LONG}.", "other"):
        assert client.call(GetBlob(digest=digest_of(text))).size_bytes == len(text)


@pytest.mark.parametrize("text", [LONG, SHORT])
def test_others_are_answered_while_a_blob_waits_for_its_file(served: Site, text: str) -> None:
    kept: list[KeptBlob] = []

    def put() -> None:
        with served.client() as other:
            kept.append(other.call(PutBlob(text=text)))

    putter = threading.Thread(target=put)
    with served.client() as client:
        with open(served.bd.beads / "blob.lock", "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            putter.start()
            for each in range(20):
                client.call(CreateIssue(title=f"beside {each}"))
            assert kept == []
        putter.join()
        assert kept[0].digest == digest_of(text)
        assert "beside 19" in titles(client)
