"""Which file systems a database may lie on, and whose store it is (R15)."""

from pathlib import Path

import pytest

from beadwork.compose import DirectWorld
from beadwork.doors.world import Founding, Options
from beadwork.model.errors import InvalidField, StoreRemote
from beadwork.sync.mounts import mount_of, require_local

TABLE = """\
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/local ext4 rw 0 0
//server/x /mnt/with\\040space cifs rw 0 0
drvfs /mnt/c 9p rw 0 0
sshfs /mnt/far fuse.sshfs rw 0 0
over /var/over fuse.fuse-overlayfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ann/px", "nfs4"),
        ("/home", "nfs4"),
        ("/mnt/with space/px", "cifs"),
        ("/mnt/c/px", "9p"),
        ("/mnt/far", "fuse.sshfs"),
    ],
)
def test_a_network_file_system_is_refused(path: str, kind: str) -> None:
    with pytest.raises(StoreRemote) as caught:
        require_local(path, TABLE)
    assert kind in caught.value.message
    assert "store.path" in caught.value.hint


@pytest.mark.parametrize("path", ["/srv", "/homes", "/home/local/px", "/mnt/cc", "/var/over/px"])
def test_a_local_one_is_not(path: str) -> None:
    require_local(path, TABLE)


def test_the_longest_mount_counts_and_the_last_of_equals() -> None:
    found = mount_of("/a/b", "x / ext4 rw 0 0\ny /a nfs rw 0 0\nz /a ext4 rw 0 0\n")
    assert found is not None
    assert (found.point, found.kind) == ("/a", "ext4")


def world_on_nfs(folder: Path, **environ: str) -> DirectWorld:
    """Answer a world in which one folder lies on a network file system."""
    world = DirectWorld({"HOME": str(folder / "home"), **environ}, str(folder))
    world.mount_table = lambda _: f"/dev/vda / ext4 rw 0 0\nserver:/x {folder} nfs rw 0 0\n"
    return world


def test_a_store_on_nfs_works_with_its_database_elsewhere(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(StoreRemote):
        world_on_nfs(tmp_path).init(Options(), Founding(prefix="px"))
    assert not (tmp_path / ".beads").exists()
    local = tmp_path_factory.mktemp("local") / "deep" / "px.db"
    world_on_nfs(tmp_path, BD_STORE_PATH=str(local)).init(Options(), Founding(prefix="px"))
    world = world_on_nfs(tmp_path)
    assert world.where(Options()).database_path == str(local)
    world.open(Options()).close()
    assert local.exists()
    assert not (tmp_path / ".beads" / "beadwork.db").exists()
    (tmp_path / ".beads" / "local.yaml").unlink()
    with pytest.raises(StoreRemote):
        world_on_nfs(tmp_path).open(Options())


def test_store_path_is_a_file_of_this_machine(tmp_path: Path) -> None:
    world = DirectWorld({}, str(tmp_path))
    world.init(Options(), Founding(prefix="px"))
    config = tmp_path / ".beads" / "local.yaml"
    config.write_text(f"store.path: {tmp_path}\n", encoding="utf-8")
    with pytest.raises(InvalidField, match="names the folder"):
        DirectWorld({}, str(tmp_path)).open(Options())
    config.write_text("store.path: ~/x.db\n", encoding="utf-8")
    world = DirectWorld({"HOME": "/home/ann"}, str(tmp_path))
    assert world.where(Options()).database_path == "/home/ann/x.db"
    config.write_text("store.path: ../x.db\n", encoding="utf-8")
    place = DirectWorld({}, str(tmp_path)).place(Options())
    assert place.database == str(tmp_path.parent / "x.db")
    assert place.lock_path("write.lock") == str(tmp_path.parent / "x.db.write.lock")
