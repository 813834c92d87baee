"""The snapshot store: bytes under their hash, a folder a team, changed bytes never served."""

from __future__ import annotations

import hashlib

import pytest

from research.adapters.snapshots import LocalSnapshots, SnapshotDamaged
from research.engine.domain.errors import NotFound

DATA = b"archived bytes"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def store(tmp_path):
    return LocalSnapshots(root=tmp_path)


def test_bytes_come_back_under_their_hash_in_the_teams_own_folder(store, tmp_path):
    assert store.put(team_id=7, data=DATA) == SHA256
    assert store.read(team_id=7, sha256=SHA256) == DATA
    assert (tmp_path / "7" / SHA256[:2] / SHA256).read_bytes() == DATA


def test_another_team_does_not_have_the_bytes(store):
    store.put(team_id=7, data=DATA)
    with pytest.raises(NotFound):
        store.read(team_id=8, sha256=SHA256)


def test_putting_again_changes_nothing_and_leaves_no_scraps(store, tmp_path):
    store.put(team_id=7, data=DATA)
    path = tmp_path / "7" / SHA256[:2] / SHA256
    before = path.stat().st_ino
    store.put(team_id=7, data=DATA)
    assert path.stat().st_ino == before
    assert [p.name for p in path.parent.iterdir()] == [SHA256]


def test_changed_bytes_are_refused_and_mended_by_putting_again(store, tmp_path):
    store.put(team_id=7, data=DATA)
    path = tmp_path / "7" / SHA256[:2] / SHA256
    path.write_bytes(DATA[::-1])
    with pytest.raises(SnapshotDamaged, match="were changed"):
        store.read(team_id=7, sha256=SHA256)
    store.put(team_id=7, data=DATA)
    assert store.read(team_id=7, sha256=SHA256) == DATA


def test_a_write_that_fails_leaves_nothing_behind(store, tmp_path):
    folder = tmp_path / "7" / SHA256[:2]
    folder.mkdir(parents=True)
    (folder / SHA256).mkdir()  # in the way of the rename
    with pytest.raises(OSError):
        store.put(team_id=7, data=DATA)
    assert [p.name for p in folder.iterdir()] == [SHA256]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, SHA256 + "\n", SHA256[:-1]])
def test_only_a_hash_names_a_snapshot(store, name):
    with pytest.raises(NotFound):
        store.read(team_id=7, sha256=name)
