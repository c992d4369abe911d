"""Configuration in files, recognised by content, as a snapshot."""

from apimdoctor.collect.files.read import prefixes, read, read_tree
from apimdoctor.collect.files.tree import FolderTree, MemoryTree, Tree

__all__ = ["FolderTree", "MemoryTree", "Tree", "prefixes", "read", "read_tree"]
