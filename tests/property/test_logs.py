"""Whatever is appended, rotated and torn, the logs are whole; whatever else is done to them is seen."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from beadwork.sync import log_files
from beadwork.sync.log_files import LogFile

pytestmark = pytest.mark.slow
KEPT = 50
"""So many files are kept that nothing is dropped."""

appended = st.lists(st.integers(0, 300), min_size=1, max_size=4)
torn = st.integers(1, 400)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), appended),
        st.tuples(st.just("rotate"), st.none()),
        st.tuples(st.just("tear"), torn),
    ),
    min_size=1,
    max_size=20,
)


class Life:
    """A log and what was appended to it, as a process does that may have died."""

    def __init__(self, folder: Path) -> None:
        self.log = LogFile(str(folder / "events.jsonl"))
        self.path = Path(self.log.path)

    def append(self, sizes: list[int]) -> None:
        """Append lines, after the last that is there."""
        last = self.log.resume().seq
        texts = [
            json.dumps({"seq": last + each, "at": "t", "text": "é" * size}).encode()
            for each, size in enumerate(sizes, 1)
        ]
        self.log.append(texts)

    def tear(self, count: int) -> None:
        """Cut the end of the file, though not what was whole before the last line."""
        content = self.path.read_bytes() if self.path.exists() else b""
        last = content.removesuffix(b"\n").rfind(b"\n") + 1
        if content:
            self.path.write_bytes(content[: max(len(content) - count, last + 1)])

    def files(self) -> list[Path]:
        """Answer its files, the oldest first."""
        old = [Path(f"{self.path}.{number}") for number in range(KEPT, 0, -1)]
        return [path for path in (*old, self.path) if path.exists()]

    def seqs(self) -> list[int]:
        """Answer the numbers of all lines."""
        return [
            json.loads(line)["seq"]
            for path in self.files()
            for line in path.read_bytes().splitlines()
        ]

    def run(self, done: list[tuple[str, list[int] | int | None]]) -> None:
        """Do one thing after the other."""
        for name, value in done:
            if isinstance(value, list):
                self.append(value)
            elif isinstance(value, int):
                self.tear(value)
            elif self.path.exists():
                self.log.resume()
                self.log.rotate()
            assert name


@contextmanager
def life(done: list[tuple[str, list[int] | int | None]]) -> Iterator[Life]:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(log_files, "KEPT", KEPT)
        patch.setattr(log_files, "ROTATED_BYTES", 800)
        lived = Life(Path(folder))
        lived.run(done)
        lived.append([3])
        yield lived


@given(steps)
def test_what_was_appended_and_not_torn_is_there_once_and_in_order(
    done: list[tuple[str, list[int] | int | None]],
) -> None:
    with life(done) as lived:
        assert lived.log.verify() == []
        assert lived.seqs() == list(range(1, len(lived.seqs()) + 1))


@given(steps, st.data())
def test_another_byte_anywhere_is_seen(
    done: list[tuple[str, list[int] | int | None]], data: st.DataObject
) -> None:
    with life(done) as lived:
        path = data.draw(st.sampled_from([each for each in lived.files() if each.stat().st_size]))
        content = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        assert [Path(each.path) for each in lived.log.verify()] == [path]
        lived.log.mend()
        assert lived.log.verify() == []


@given(steps, st.data())
def test_a_line_that_is_gone_is_seen_unless_it_was_the_last(
    done: list[tuple[str, list[int] | int | None]], data: st.DataObject
) -> None:
    with life(done) as lived:
        places = [
            (path, number)
            for path in lived.files()
            for number in range(len(path.read_bytes().splitlines()))
        ]
        assume(len(places) > 1)
        path, number = data.draw(st.sampled_from(places[:-1]))
        kept = path.read_bytes().splitlines(keepends=True)
        del kept[number]
        path.write_bytes(b"".join(kept))
        assert lived.log.verify() != []
