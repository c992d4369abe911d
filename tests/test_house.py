"""The house itself: what README promises is so, words and rooms are as agreed, samples are fresh."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import apimdoctor
from tools import readme, samples

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
MODULES = sorted((ROOT / "apimdoctor").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ANY = re.compile(r"\b(manager|helper|utils|handler|processor|violation)s?\b", re.IGNORECASE)
LONGEST = 600


def test_readme_shows_the_help_the_excerpt_and_the_number_of_rules_as_they_are() -> None:
    sample = (ROOT / readme.SAMPLE).read_text("utf-8")
    assert readme.refreshed(README, sample) == README, "run `make samples`"


def test_every_file_that_documents_name_is_there() -> None:
    for document in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / document).read_text("utf-8")):
            assert (ROOT / target).exists(), f"{document} names {target}"


@pytest.mark.parametrize("name", ["larkspur-freight.txt", "larkspur-freight.json", "larkspur-freight.html"])
def test_sample_reports_are_what_the_program_renders_today(name: str) -> None:
    kept = (ROOT / "sample_reports" / name).read_bytes().decode()
    assert kept == rendered()[name], "run `make samples` and look at what changed"


def rendered(cache: dict[str, str] = {}) -> dict[str, str]:  # noqa: B006 - rendered once for three tests
    if not cache:
        cache.update(samples.samples())
    return cache


def test_the_version_is_told_once() -> None:
    assert PROJECT["project"]["version"] == apimdoctor.__version__


def test_the_changelog_has_an_entry_for_what_comes_next() -> None:
    assert re.search(r"^## Unreleased\n\n- ", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


def test_every_dependency_is_pinned_and_no_registry_is_named() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in text.splitlines() if "==" in line}
    dependencies = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    wanted = {re.split(r"[<>=!~\[; ]", one)[0].lower().replace("_", "-") for one in dependencies}
    assert wanted <= pinned
    assert not re.search(r"://|--|@", text)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_says_what_it_knows_and_stays_a_room_not_a_hall(path: Path) -> None:
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module docstring is missing"
    assert text.count("\n") <= LONGEST


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_names_are_of_the_agreed_words(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    names = {path.stem}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
    # Names are split into their words (`ErrorHandler`, `token_manager`); Azure's own word stays.
    words = {word for name in names for word in re.findall(r"[A-Z]?[a-z]+", name.replace("resource_manager", ""))}
    assert not sorted(word for word in words if ANY.fullmatch(word))


def test_no_committed_file_names_this_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, cwd=ROOT, check=False)
    if listed.returncode:
        pytest.skip("no git working copy")
    # Written in pieces, so that this file does not name them itself.
    foreign = re.compile(
        "|".join(["/" + "work/", "/" + "home/", "/" + "root/", "extra-" + "index-url", "find-" + "links"])
    )
    guilty = []
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and path.suffix not in {".png", ".gz"}:
            text = path.read_bytes().decode("utf-8", "replace")
            guilty += [f"{name}: {match.group()}" for match in foreign.finditer(text)]
    assert guilty == []
