"""Blobs through the daemon: what is written to a file holds nobody else up."""

import base64
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterator

import pytest

from beadwork.client import Client
from beadwork.compose.daemon import Seams
from beadwork.model import limits
from beadwork.model.errors import BeadworkError, BlobMismatch, UnknownBlob
from beadwork.ops.batch import RunBatch, Step
from beadwork.ops.blob import GetBlob, KeptBlob, ListBlobs, PutBlob
from beadwork.ops.issue_create import CreateIssue
from tests.daemon.clients import Site, titles
from tests.daemon.running import until
from tests.doors.program import Bd
from tests.faults.daemons import inside
from tests.support import SetClock

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


def test_the_daemon_collects_what_nothing_has_referred_to_for_a_week(bd: Bd) -> None:
    clock = SetClock(time.time_ns() // 1000)
    with inside(bd.folder, bd.home, Seams(clock=clock)) as daemon:
        for text in ("needed", "old"):
            assert daemon.ask("blob.put", {"text": text})["success"]
        sent = {"to": ["bob"], "type": "x", "blob": digest_of("needed")}
        assert daemon.ask("message.send", sent)["success"]
        files = {
            each: bd.beads / "blobs" / each[:2] / each for each in map(digest_of, ("needed", "old"))
        }
        week_ago = time.time() - limits.BLOB_KEPT_S - 3600
        for each in files.values():
            os.utime(each, (week_ago, week_ago))
        collect = daemon.process._upkeep.collect_blobs
        daemon.in_loop(collect)
        assert daemon.ask("blob.put", {"text": "new"})["success"]
        clock.advance(limits.BLOB_KEPT_S + 3600)
        daemon.in_loop(collect)
        until(lambda: not files[digest_of("old")].exists())
        assert files[digest_of("needed")].exists()
        assert (bd.beads / "blobs" / digest_of("new")[:2] / digest_of("new")).exists()
