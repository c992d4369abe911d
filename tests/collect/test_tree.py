"""Folders: nothing outside the root, loops of links ended, and what cannot be listed is a gap."""

import os
from pathlib import Path

import pytest

from apimdoctor.collect.files import tree
from apimdoctor.collect.files.tree import FolderTree, MemoryTree, UnreadableError


def test_paths_are_posix_sorted_and_relative(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "two.xml").write_text("2")
    (tmp_path / "a.json").write_text("1")
    assert list(FolderTree(tmp_path).paths()) == ["a.json", "b/c/two.xml"]


def test_a_link_to_a_folder_above_ends_with_a_gap(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "file.xml").write_text("x")
    folder = FolderTree(tmp_path)
    assert list(folder.paths()) == ["a/file.xml"]
    assert [gap.scope for gap in folder.gaps()] == ["a/up"]


def test_links_in_a_circle_are_a_gap(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    folder = FolderTree(tmp_path)
    assert list(folder.paths()) == []
    assert [gap.detail for gap in folder.gaps()] == ["the link leads nowhere, or in a circle"] * 2


@pytest.mark.parametrize("target", ["outside", "outside/secret.xml"])
def test_a_link_out_of_the_root_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.xml").write_text("<policies/>")
    root = tmp_path / "root"
    root.mkdir()
    (root / "way-out").symlink_to(tmp_path / target)
    folder = FolderTree(root)
    assert list(folder.paths()) == []
    assert [gap.detail for gap in folder.gaps()] == ["the link leads out of the folder"]


def test_a_link_inside_the_root_is_read_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "policy.xml").write_text("x")
    (tmp_path / "apis").symlink_to(tmp_path / "shared")
    (tmp_path / "copy.xml").symlink_to(tmp_path / "shared" / "policy.xml")
    assert list(FolderTree(tmp_path).paths()) == ["apis/policy.xml", "copy.xml", "shared/policy.xml"]


def test_folders_of_tools_are_passed_over(tmp_path: Path) -> None:
    for name in (".git", "node_modules", "apis"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "policy.xml").write_text("x")
    assert list(FolderTree(tmp_path).paths()) == ["apis/policy.xml"]


def test_a_folder_with_too_many_files_says_that_the_rest_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "MAX_FILES", 2)
    for name in "abcd":
        (tmp_path / f"{name}.xml").write_text("x")
    folder = FolderTree(tmp_path)
    assert list(folder.paths()) == ["a.xml", "b.xml"]
    assert [gap.detail for gap in folder.gaps()] == ["more than 2 files; the rest is not read"]


def test_a_folder_nested_too_deep_is_a_gap(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * (tree.MAX_DEPTH + 2))
    deep.mkdir(parents=True)
    (deep / "policy.xml").write_text("x")
    folder = FolderTree(tmp_path)
    assert list(folder.paths()) == []
    assert len(folder.gaps()) == 1


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_BYTES", 3)
    (tmp_path / "big.xml").write_bytes(b"1234")
    with pytest.raises(UnreadableError, match="larger than"):
        FolderTree(tmp_path).read("big.xml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_without_permission_is_a_gap(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    try:
        assert [gap.scope for gap in FolderTree(tmp_path).gaps()] == ["closed/"]
    finally:
        closed.chmod(0o700)


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    assert list(FolderTree(tmp_path).paths()) == []


def test_files_in_memory_are_read_by_path() -> None:
    memory = MemoryTree({"b.xml": b"2", "./a.xml": b"1"})
    assert list(memory.paths()) == ["a.xml", "b.xml"]
    assert memory.read("a.xml") == b"1"
    with pytest.raises(UnreadableError):
        memory.read("c.xml")
