"""Locks: whose store it is that they stand in."""

import os
from pathlib import Path

import pytest

from beadwork.model.errors import StoreReadOnly
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
