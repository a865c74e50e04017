"""The logs: each line follows from the one before, and whoever reads along goes on."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from beadwork.model.errors import StoreBusy
from beadwork.sync import log_files
from beadwork.sync.log_files import Flaw, LogFile, LogFiles


@pytest.fixture
def log(tmp_path: Path) -> LogFile:
    return LogFile(str(tmp_path / "events.jsonl"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "ROTATED_BYTES", 500)


def lines(*seqs: int) -> list[bytes]:
    return [
        json.dumps({"seq": seq, "at": f"at {seq}", "text": "é\n" * seq}).encode() for seq in seqs
    ]


def add(log: LogFile, *seqs: int) -> None:
    log.resume()
    log.append(lines(*seqs))


def path_of(log: LogFile, kept: str = "") -> Path:
    return Path(log.path + kept)


def seqs(log: LogFile, kept: str = "") -> list[int]:
    return [json.loads(line)["seq"] for line in path_of(log, kept).read_bytes().splitlines()]


def flaws(log: LogFile) -> list[tuple[str, int, bool]]:
    return [(Path(each.path).name, each.line, each.is_torn) for each in log.verify()]


def test_a_line_begins_with_its_number_and_ends_with_its_sum(log: LogFile) -> None:
    add(log, 1, 2)
    for line in path_of(log).read_bytes().splitlines():
        keys = list(json.loads(line))
        assert (keys[0], keys[-1]) == ("seq", "sum")
        assert len(json.loads(line)["sum"]) == 16
    assert log.verify() == []


def test_it_goes_on_after_its_last_line(log: LogFile) -> None:
    assert log.resume() == (0, "")
    add(log, 1, 2)
    assert LogFile(log.path).resume() == (2, "at 2")
    add(log, 3)
    assert (seqs(log), log.verify()) == ([1, 2, 3], [])


def test_a_line_of_any_length_is_found_from_the_end(log: LogFile) -> None:
    add(log, 1, 30_000)
    assert log.resume() == (30_000, "at 30000")
    add(log, 30_001)
    assert log.verify() == []


@pytest.mark.parametrize("place", [0, 40, 120, -5, -2, -1])
def test_one_other_byte_is_seen(log: LogFile, place: int) -> None:
    add(log, 1, 2, 3)
    content = bytearray(path_of(log).read_bytes())
    content[place] ^= 1
    path_of(log).write_bytes(content)
    assert log.verify() != []


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_line_that_is_gone_is_seen(log: LogFile, gone: int) -> None:
    add(log, 1, 2, 3, 4)
    kept = path_of(log).read_bytes().splitlines(keepends=True)
    del kept[gone]
    path_of(log).write_bytes(b"".join(kept))
    assert flaws(log) == [("events.jsonl", gone + 1, False)]


def test_lines_in_another_order_are_seen(log: LogFile) -> None:
    add(log, 1, 2, 3)
    first, second, third = path_of(log).read_bytes().splitlines(keepends=True)
    path_of(log).write_bytes(first + third + second)
    assert flaws(log) == [("events.jsonl", 2, False)]


@pytest.mark.parametrize("cut", [1, 2, 30, 60])
def test_a_torn_end_is_told_apart_and_cut_off(log: LogFile, cut: int) -> None:
    add(log, 1, 2, 3)
    content = path_of(log).read_bytes()
    path_of(log).write_bytes(content[:-cut])
    assert flaws(log) == [("events.jsonl", 3, True)]
    assert log.resume().seq == 2
    add(log, 3)
    assert (path_of(log).read_bytes(), log.verify()) == (content, [])


def test_a_damaged_end_is_put_aside_and_the_log_begins_anew(log: LogFile) -> None:
    add(log, 1, 2)
    content = path_of(log).read_bytes()
    path_of(log).write_bytes(content.replace(b'"at 2"', b'"at 9"'))
    assert log.resume() == (0, "")
    add(log, 1, 2)
    assert path_of(log).read_bytes() == content
    assert b"at 9" in path_of(log, ".damaged-1").read_bytes()


def test_a_damaged_middle_is_put_aside(log: LogFile) -> None:
    add(log, 1, 2, 3)
    path_of(log).write_bytes(path_of(log).read_bytes().replace(b"at 1", b"at 7"))
    (said,) = log.mend()
    assert "line 1 does not follow" in said
    assert (log.resume().seq, log.verify()) == (0, [])
    assert seqs(log, ".damaged-1") == [1, 2, 3]


def test_only_some_damaged_files_are_kept(log: LogFile) -> None:
    for _ in range(5):
        add(log, 1)
        path_of(log).write_bytes(b"x\n")
        log.mend()
    kept = sorted(path.name for path in path_of(log).parent.glob("*.damaged-*"))
    assert kept == [f"events.jsonl.damaged-{number}" for number in (3, 4, 5)]


# -- rotating


def test_the_chain_goes_on_over_a_rotation(log: LogFile, small: None) -> None:
    for seq in range(1, 30):
        add(log, seq)
    assert log.verify() == []
    kept = [*seqs(log, ".3"), *seqs(log, ".2"), *seqs(log, ".1"), *seqs(log)]
    assert kept == list(range(kept[0], 30))
    assert kept[0] > 1, "the oldest are gone"
    assert not path_of(log, ".4").exists()
    assert path_of(log, ".1").stat().st_mode & 0o777 == 0o600
    first = json.loads(path_of(log).read_bytes().splitlines()[0])
    assert first["after"] == json.loads(path_of(log, ".1").read_bytes().splitlines()[-1])["sum"]


def test_each_file_is_verified_by_itself_and_against_the_next(log: LogFile, small: None) -> None:
    for seq in range(1, 30):
        add(log, seq)
    path_of(log, ".1").unlink()
    assert log.verify() == []
    older = path_of(log, ".3").read_bytes()
    path_of(log, ".3").write_bytes(b"".join(older.splitlines(keepends=True)[:-1]))
    assert [name for name, *_ in flaws(log)] == ["events.jsonl.3"]
    log.mend()
    assert (log.verify(), path_of(log, ".3").exists()) == ([], False)


@pytest.mark.parametrize("kept", [".1", ".2", ".3"])
def test_a_damaged_old_file_is_put_aside(log: LogFile, small: None, kept: str) -> None:
    for seq in range(1, 30):
        add(log, seq)
    path_of(log, kept).write_bytes(path_of(log, kept).read_bytes().replace(b"at", b"AT", 1))
    assert flaws(log) == [(f"events.jsonl{kept}", 1, False)]
    assert len(log.mend()) == 1
    assert log.verify() == []
    assert log.resume().seq == 29


def test_an_empty_log_goes_on_after_what_was_rotated_away(log: LogFile) -> None:
    add(log, 1, 2)
    log.rotate()
    assert path_of(log).read_bytes() == b""
    assert log.resume() == (2, "at 2")
    add(log, 3)
    assert (seqs(log, ".1"), seqs(log), log.verify()) == ([1, 2], [3], [])
    log.rotate()
    log.rotate()
    assert (seqs(log, ".2"), seqs(log, ".1")) == ([1, 2], [3])


def test_a_rotation_that_died_before_it_truncated_is_finished(log: LogFile) -> None:
    add(log, 1)
    log.rotate()
    add(log, 2, 3)
    path_of(log, ".2").write_bytes(path_of(log, ".1").read_bytes())
    path_of(log, ".1").write_bytes(path_of(log).read_bytes())
    assert log.verify() == []
    add(log, 4)
    assert (seqs(log, ".2"), seqs(log, ".1"), seqs(log)) == ([1], [2, 3], [4])
    assert log.verify() == []


def test_a_reader_keeps_its_file(log: LogFile, small: None) -> None:
    path_of(log).touch()
    inode = path_of(log).stat().st_ino
    for seq in range(1, 30):
        add(log, seq)
    path_of(log).write_bytes(b"x\n")
    log.mend()
    assert path_of(log).stat().st_ino == inode


@pytest.fixture
def tail(log: LogFile) -> Iterator["subprocess.Popen[str]"]:
    add(log, 1)
    words = ["tail", "-n", "+1", "-f", log.path]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    yield process
    process.kill()
    process.communicate()


def test_tail_f_goes_on_over_a_rotation(log: LogFile, tail: "subprocess.Popen[str]") -> None:
    assert tail.stdout is not None
    for seq in range(2, 12):
        assert json.loads(tail.stdout.readline())["seq"] == seq - 1
        if seq % 3 == 0:
            log.rotate()
        add(log, seq)
    assert json.loads(tail.stdout.readline())["seq"] == 11


def test_whoever_writes_holds_the_lock(tmp_path: Path) -> None:
    def logs() -> LogFiles:
        lock = str(tmp_path / "log.lock")
        return LogFiles(str(tmp_path / "log"), lock, timeout_s=0.01, store=str(tmp_path))

    with logs().writing(), pytest.raises(StoreBusy), logs().writing():
        raise AssertionError("two write at the same time")
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o700


def test_a_flaw_says_where_it_is() -> None:
    assert Flaw("/x/events.jsonl", 3, is_torn=True).said == "events.jsonl: line 3 is torn"
