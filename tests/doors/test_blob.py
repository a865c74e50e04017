"""`bd blob`: contents of any length go in and out, and nothing damaged comes out."""

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.doors.program import Bd

CONTENT = bytes(range(256)) * 100
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def bd(tmp_path: Path) -> Bd:
    (tmp_path / "px").mkdir()
    (tmp_path / "home").mkdir()
    bd = Bd(tmp_path / "px", tmp_path / "home")
    bd.ok("init", "--prefix", "px", "--quiet")
    (bd.folder / "log.bin").write_bytes(CONTENT)
    return bd


def file_of(bd: Bd, digest: str = DIGEST) -> Path:
    return bd.beads / "blobs" / digest[:2] / digest


def error_of(bd: Bd, *words: str, given: bytes = b"") -> tuple[int, str, str]:
    answer = bd(*words, "--json", given=given)
    assert answer.out == ""
    error = json.loads(answer.err)
    assert error["hint"]
    return answer.code, error["code"], f"{error['error']} {error['hint']}"


def test_what_is_put_comes_back_byte_by_byte(bd: Bd) -> None:
    assert bd.ok("blob", "put", "log.bin").out == f"{DIGEST}  25.0 KiB\n"
    assert bd.ok("blob", "put", "-", given=CONTENT).out == f"{DIGEST}  25.0 KiB, known\n"
    bd.ok("blob", "get", DIGEST[:6], "-o", "sub/out.bin")
    assert (bd.folder / "sub" / "out.bin").read_bytes() == CONTENT
    answer = json.loads(bd.ok("blob", "get", DIGEST, "--json").out)
    assert base64.b64decode(answer["content"]) == CONTENT


def test_standard_output_gets_the_bytes_as_they_are(bd: Bd) -> None:
    bd.ok("blob", "put", "log.bin")
    written = bd.ok("blob", "get", DIGEST).out.encode("utf-8", "surrogateescape")
    assert written == CONTENT


def test_nothing_comes_out_of_a_damaged_blob(bd: Bd) -> None:
    bd.ok("blob", "put", "log.bin")
    file_of(bd).write_bytes(CONTENT[:-1] + b"?")
    for more in ((), ("-o", "out.bin"), ("--json",)):
        answer = bd("blob", "get", DIGEST, *more)
        assert (answer.code, answer.out) == (4, "")
        assert DIGEST in answer.err
    assert not (bd.folder / "out.bin").exists()
    bd.ok("blob", "put", "log.bin")
    bd.ok("blob", "get", DIGEST, "-o", "out.bin")


def test_a_file_stays_as_it_was_where_the_blob_for_it_is_damaged(bd: Bd) -> None:
    bd.ok("blob", "put", "log.bin")
    file_of(bd).write_bytes(b"")
    (bd.folder / "out.bin").write_bytes(b"mine")
    assert bd("blob", "get", DIGEST, "-o", "out.bin").code == 4
    assert (bd.folder / "out.bin").read_bytes() == b"mine"
    assert not [name for name in os.listdir(bd.folder) if name.startswith(".beadwork")]


def test_a_device_is_not_replaced_by_a_file(bd: Bd) -> None:
    bd.ok("blob", "put", "log.bin")
    assert error_of(bd, "blob", "get", DIGEST, "-o", "/dev/null")[:2] == (2, "path.invalid")
    assert not Path("/dev/null").is_file()


def test_verify_names_what_is_damaged_and_what_is_missing(bd: Bd) -> None:
    bd.ok("blob", "put", "log.bin")
    other = bd.ok("blob", "put", "-", given=b"other").out.split()[0]
    assert bd.ok("blob", "verify").out == "2 blobs read, 2 that nothing refers to: all whole\n"
    file_of(bd).write_bytes(CONTENT[:-1] + b"?")
    file_of(bd, other).unlink()
    answer = bd("blob", "verify", "--json")
    found = json.loads(answer.out)
    assert (answer.code, found["damaged"], found["missing"]) == (1, [DIGEST], [other])
    said = bd("blob", "verify", DIGEST[:8])
    assert (said.code, said.out.splitlines()[0]) == (1, f"damaged: {DIGEST}")


def test_stat_tells_by_a_look_that_a_file_is_short_or_gone(bd: Bd) -> None:
    bd.ok("blob", "put", "log.bin")
    for state, damage in (
        ("damaged", lambda: file_of(bd).write_bytes(b"short")),
        ("missing", lambda: file_of(bd).unlink()),
    ):
        damage()
        answer = bd("blob", "stat", DIGEST, "--json")
        found = json.loads(answer.out)
        assert (answer.code, found["state"], found["size_bytes"]) == (1, state, len(CONTENT))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("get", DIGEST[:5]), "field.invalid", "Its first 6 or more will do"),
        (("get", DIGEST.upper()), "field.invalid", f"Use small letters: {DIGEST}"),
        (("get", "../../etc/passwd"), "field.invalid", "is no digest"),
        (("get", "0" * 64), "blob.unknown", "bd blob gc"),
        (("stat", "000000"), "blob.unknown", "There is no blob 000000"),
        (("put", "log.bin", "--digest", "0" * 64), "blob.mismatch", DIGEST),
        (("put", "none.bin"), "path.invalid", "none.bin"),
        (("put", "."), "path.invalid", "Is a directory"),
        (("gc", "--older-than", "1s"), "field.invalid", "1m or more"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(
    bd: Bd, words: tuple[str, ...], code: str, said: str
) -> None:
    exit_code, found, text = error_of(bd, "blob", *words)
    assert (exit_code, found) == (3 if code == "blob.unknown" else 2, code)
    assert said in text
    assert not list((bd.beads / "blobs").rglob("*.tmp"))


def test_a_start_that_several_digests_have_is_ambiguous(bd: Bd) -> None:
    # Two of the first 20,000 numbers have digests that begin alike.
    pairs = ((hashlib.sha256(str(n).encode()).hexdigest()[:6], n) for n in range(20_000))
    seen: dict[str, int] = {}
    start, first, second = next(
        (start, seen[start], n) for start, n in pairs if seen.setdefault(start, n) != n
    )
    for each in (first, second):
        bd.ok("blob", "put", "-", given=str(each))
    assert error_of(bd, "blob", "get", start)[:2] == (2, "blob.ambiguous")


def test_old_blobs_that_nothing_refers_to_are_collected(bd: Bd) -> None:
    bd.ok("blob", "put", "log.bin")
    # A file without a row, as a process leaves it that is killed between the two.
    stray = hashlib.sha256(b"stray").hexdigest()
    file_of(bd, stray).parent.mkdir(exist_ok=True)
    file_of(bd, stray).write_bytes(b"stray")
    for digest in (DIGEST, stray):
        os.utime(file_of(bd, digest), (1, 1))
    dry = json.loads(bd.ok("blob", "gc", "--dry-run", "--json").out)
    assert (dry["digests"], file_of(bd, stray).exists()) == ([stray], True)
    done = json.loads(bd.ok("blob", "gc", "--json").out)
    assert (done["digests"], done["freed_bytes"]) == ([stray], 5)
    # Its row says that it was put just now.
    assert file_of(bd).exists()


@pytest.mark.parametrize("is_older", [False, True])
def test_blobs_are_no_concern_of_git(bd: Bd, is_older: bool) -> None:
    ignored = bd.beads / ".gitignore"
    assert {"blobs/", "*.blobs/", "log/"} <= set(ignored.read_text().splitlines())
    if is_older:
        # As a program wrote it that knew no blobs.
        ignored.write_text(ignored.read_text().replace("blobs/", "other/"))
    bd.git("init", "--quiet")
    bd.ok("blob", "put", "log.bin")
    seen = bd.git("status", "--porcelain", "--untracked-files=all")
    assert "log.bin" in seen
    assert "blobs/" not in seen


@pytest.mark.parametrize("words", [(), ("-o", "out.bin")])
def test_a_blob_that_is_referred_to_and_missing_is_said_to_be_lost(
    bd: Bd, words: tuple[str, ...]
) -> None:
    bd.ok("blob", "put", "log.bin")
    bd.ok("msg", "send", "--to", "bob", "See", "--blob", DIGEST)
    file_of(bd).unlink()
    code, name, said = error_of(bd, "blob", "get", DIGEST[:6], *words)
    assert (code, name) == (3, "blob.unknown")
    assert "lost" in said
    assert "backup" in said
    assert "clone" in said
    assert not (bd.folder / "out.bin").exists()


def test_blobs_are_listed_with_what_refers_to_them(bd: Bd) -> None:
    assert bd.ok("blob", "list").out == "No blobs.\n"
    bd.ok("blob", "put", "log.bin")
    bd.ok("msg", "send", "--to", "bob", "See", "--blob", DIGEST)
    other = bd.json("blob", "put", "-", given="free")["digest"]
    rows = {each["digest"]: each for each in bd.json("blob", "list")}
    assert set(rows) == {DIGEST, other}
    assert (rows[DIGEST]["refs"], rows[DIGEST]["size_bytes"]) == (1, len(CONTENT))
    assert [each["digest"] for each in bd.json("blob", "list", "--unreferenced")] == [other]
    said = bd.ok("blob", "list").out
    assert f"{DIGEST[:12]}    25.0 KiB      1 refs  " in said
