"""Locks: whose store it is that they stand in."""

import os
import threading
from pathlib import Path

import pytest

from beadwork.model.errors import StoreBusy, StoreReadOnly
from beadwork.sync.locks import locked


def test_the_store_of_another_user_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with (
        pytest.raises(StoreReadOnly, match=rf"belongs to .*uid {owner}") as caught,
        locked(str(tmp_path / "write.lock"), timeout_s=1, store=str(tmp_path)),
    ):
        pass
    assert caught.value.data["owner"] == owner
    assert list(tmp_path.iterdir()) == []


def test_a_lock_may_lie_elsewhere_than_the_store(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    with locked(str(tmp_path / "x.db.write.lock"), timeout_s=1, store=str(store)):
        assert (tmp_path / "x.db.write.lock").exists()


def test_who_waits_in_vain_is_told_and_stands_in_nobodys_way(tmp_path: Path) -> None:
    path = str(tmp_path / "write.lock")
    met = []
    with locked(path, timeout_s=1):
        for _ in range(3):
            with (
                pytest.raises(StoreBusy),
                locked(path, timeout_s=0.01, on_wait=lambda: met.append(1)),
            ):
                pass
    assert len(met) == 3
    with locked(path, timeout_s=60):
        pass


def test_everybody_in_the_line_gets_the_lock_and_one_at_a_time(tmp_path: Path) -> None:
    path = str(tmp_path / "write.lock")
    inside: list[int] = []
    had: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            with locked(path, timeout_s=60):
                inside.append(number)
                had.append(len(inside))
                inside.remove(number)

    threads = [threading.Thread(target=work, args=(each,)) for each in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert had == [1] * 160
