"""Blobs in the store: put aside before the transaction, counted, read back whole, collected."""

import base64
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from beadwork.engine import Call
from beadwork.model import limits
from beadwork.model.errors import (
    AmbiguousBlob,
    BeadworkError,
    BlobDamaged,
    BlobMismatch,
    InvalidField,
    InvalidRequest,
    UnknownBlob,
)
from beadwork.ops.batch import RunBatch, Step
from beadwork.ops.blob import GetBlob, KeptBlob, ListBlobs, PutBlob, StatBlob
from beadwork.ops.blob_upkeep import CollectBlobs, GcBlobs, VerifyBlobs
from beadwork.ops.check import CheckStore
from tests.support import Project, call

HOUR_S = 3600
TEXT = "A long log\n" * 1000
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()


def file_of(project: Project, digest: str = DIGEST) -> Path:
    return Path(project.place.blob_folder, digest[:2], digest)


def put(project: Project, text: str = TEXT) -> str:
    return project.run(PutBlob(text=text)).digest


def refer(project: Project, digest: str, count: int = 1) -> None:
    """Let something need a blob, as messages do."""
    for _ in range(count):
        change(project, lambda tx: tx.blobs.refer(digest, len(TEXT)))


def change(project: Project, act: Any) -> None:
    with project.transaction() as tx:
        act(tx)
        project.engine._store.commit()


def grow_old(project: Project, *digests: str) -> None:
    """Let an hour pass for the store, and for the files."""
    project.clock.advance(2 * HOUR_S)
    for each in digests:
        os.utime(file_of(project, each), (1, 1))


def test_a_text_comes_back_as_its_bytes(project: Project) -> None:
    kept = project.run(PutBlob(text=TEXT))
    assert kept == KeptBlob(digest=DIGEST, size_bytes=len(TEXT), is_new=True)
    found = project.run(GetBlob(digest=DIGEST[:6]))
    assert (base64.b64decode(found.content), found.size_bytes) == (TEXT.encode(), len(TEXT))
    assert project.run(PutBlob(text=TEXT)).is_new is False


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"x" * 5000])
def test_any_bytes_come_back_as_they_were(project: Project, content: bytes) -> None:
    kept = project.run(PutBlob(content=base64.b64encode(content).decode()))
    assert base64.b64decode(project.run(GetBlob(digest=kept.digest)).content) == content


def test_what_is_in_its_place_already_is_put_by_its_digest(project: Project) -> None:
    digest = project.engine.blob_files.put(TEXT.encode())
    kept = project.run(PutBlob(digest=digest, size_bytes=1))
    assert (kept.digest, kept.size_bytes, kept.is_new) == (DIGEST, len(TEXT), True)


def test_a_repeated_key_answers_as_the_first_time(project: Project) -> None:
    first = project.run(PutBlob(text=TEXT), key="k")
    assert project.run(PutBlob(text=TEXT), key="k") == first
    assert first.is_new


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (PutBlob(), InvalidField),
        (PutBlob(text="a", content="YQ=="), InvalidField),
        (PutBlob(content="no base64!"), InvalidField),
        (PutBlob(text=TEXT, digest="0" * 64), BlobMismatch),
        (PutBlob(text=TEXT, digest="short"), InvalidField),
        (PutBlob(digest=DIGEST), UnknownBlob),
        (GetBlob(digest=DIGEST), UnknownBlob),
        (GetBlob(digest=DIGEST[:5]), InvalidField),
        (StatBlob(digest=DIGEST.upper()), InvalidField),
        (VerifyBlobs(digests=["0" * 64]), UnknownBlob),
        (CollectBlobs(older_than_s=limits.BLOB_GRACE_S_MIN - 1), InvalidRequest),
    ],
)
def test_what_cannot_be_is_refused_with_a_hint(
    project: Project, request_: Any, error: type[BeadworkError]
) -> None:
    with pytest.raises(error) as caught:
        project.run(request_)
    assert caught.value.hint
    assert project.run(ListBlobs()).blobs == []
    assert list(project.engine.blob_files.listed()) == []


def test_a_start_that_several_have_is_ambiguous(project: Project) -> None:
    change(project, lambda tx: [tx.blobs.note("abcdef" + end * 58, 1) for end in "01"])
    with pytest.raises(AmbiguousBlob) as caught:
        project.run(StatBlob(digest="abcdef"))
    assert len(caught.value.data["digests"]) == 2
    assert project.run(StatBlob(digest="abcdef0")).is_missing


def test_a_damaged_blob_says_so_wherever_it_is_looked_at(project: Project) -> None:
    put(project)
    refer(project, DIGEST)
    file_of(project).write_bytes(b"?" * len(TEXT))
    with pytest.raises(BlobDamaged, match=DIGEST):
        project.run(GetBlob(digest=DIGEST))
    assert project.run(VerifyBlobs()).damaged == [DIGEST]
    file_of(project).write_bytes(b"short")
    assert project.run(StatBlob(digest=DIGEST)).is_damaged
    (finding,) = project.run(CheckStore(names=["blobs"])).findings
    assert finding.status == "error"
    put(project)
    assert project.run(VerifyBlobs()).damaged == []
    (finding,) = project.run(CheckStore(names=["blobs"])).findings
    assert finding.status == "ok"


def test_doctor_misses_only_what_something_refers_to(project: Project) -> None:
    other = put(project, "other")
    put(project)
    refer(project, DIGEST)
    for each in (DIGEST, other):
        file_of(project, each).unlink()
    (finding,) = project.run(CheckStore(names=["blobs"])).findings
    assert finding.status == "error"
    assert DIGEST in str(finding)
    assert other not in str(finding)
    assert set(project.run(VerifyBlobs()).missing) == {DIGEST, other}


def test_references_are_counted_and_none_is_taken_from_nothing(project: Project) -> None:
    put(project)
    refer(project, DIGEST, 2)
    assert project.run(StatBlob(digest=DIGEST)).blob.refs == 2
    for left in (1, 0, 0):
        change(project, lambda tx: tx.blobs.release(DIGEST))
        assert project.run(StatBlob(digest=DIGEST)).blob.refs == left


def test_only_what_is_old_and_not_referred_to_is_collected(project: Project) -> None:
    needed, free = put(project), put(project, "free")
    refer(project, needed)
    grow_old(project, needed, free)
    young = put(project, "young")
    assert project.run(GcBlobs(dry_run=True)).digests == [free]
    assert file_of(project, free).exists()
    done = project.run(GcBlobs())
    assert (done.digests, done.freed_bytes) == ([free], len("free"))
    assert {each.digest for each in project.run(ListBlobs()).blobs} == {needed, young}
    assert [file_of(project, each).exists() for each in (needed, free, young)] == [
        True,
        False,
        True,
    ]
    assert project.run(GcBlobs()).digests == []


def test_what_was_released_is_collected(project: Project) -> None:
    put(project)
    refer(project, DIGEST)
    grow_old(project, DIGEST)
    assert project.run(GcBlobs()).digests == []
    change(project, lambda tx: tx.blobs.release(DIGEST))
    assert project.run(GcBlobs()).digests == [DIGEST]


def test_what_is_put_again_counts_as_new_for_its_hour(project: Project) -> None:
    put(project)
    grow_old(project, DIGEST)
    put(project)
    assert project.run(GcBlobs()).digests == []
    assert project.run(ListBlobs()).blobs[0].digest == DIGEST


def test_what_was_kept_just_before_its_row_went_stays(project: Project) -> None:
    put(project)
    grow_old(project, DIGEST)
    assert project.run(CollectBlobs()).digests == [DIGEST]
    project.engine.blob_files.keep(DIGEST)
    assert project.run(GcBlobs()).digests == []
    refer(project, DIGEST)
    assert project.run(VerifyBlobs()).missing == []


def test_more_than_one_transaction_full_is_collected(project: Project) -> None:
    names = [f"{n:064x}" for n in range(limits.BLOB_COLLECTED_MAX + 5)]
    change(project, lambda tx: [tx.blobs.note(each, 1) for each in names])
    assert project.run(VerifyBlobs()).checked == len(names)
    project.clock.advance(2 * HOUR_S)
    project.run(GcBlobs())
    assert project.run(ListBlobs()).blobs == []


# -- the stage


def test_the_steps_of_a_batch_are_staged_too(project: Project) -> None:
    steps = [Step(operation="blob.put", arguments={"text": each}) for each in ("one", "two")]
    done = project.run(RunBatch(operations=steps))
    assert [project.run(GetBlob(digest=each.answer["digest"])).size_bytes for each in done.results]


def test_a_batch_that_fails_leaves_no_row(project: Project) -> None:
    steps = [
        Step(operation="blob.put", arguments={"text": TEXT}),
        Step(operation="issue.close", arguments={"issue": "px-none"}),
    ]
    with pytest.raises(BeadworkError):
        project.run(RunBatch(operations=steps))
    assert project.run(ListBlobs()).blobs == []


def test_a_call_that_cannot_be_staged_fails_alone(project: Project) -> None:
    outcomes = project.batch(PutBlob(text="one"), PutBlob(), PutBlob(text="two"))
    assert [isinstance(each, BeadworkError) for each in outcomes] == [False, True, False]
    assert len(project.run(ListBlobs()).blobs) == 2


def test_what_is_staged_is_not_written_again_and_a_handler_sees_no_content(
    project: Project,
) -> None:
    (staged,) = project.engine.stage([call(PutBlob(text=TEXT))])
    assert isinstance(staged, Call)
    assert staged.request == PutBlob(digest=DIGEST, size_bytes=len(TEXT))
    assert project.engine.stage([staged]) == [staged]
    (answer,) = project.engine.write_all([staged])
    assert isinstance(answer, KeptBlob)


def test_databases_in_one_folder_have_blobs_of_their_own(project: Project) -> None:
    other = project.place._replace(database=str(Path(project.place.folder, "other.db")))
    assert other.blob_folder.endswith("/.beads/other.db.blobs")
    assert project.place.blob_folder.endswith("/.beads/blobs")
