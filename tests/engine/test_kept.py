"""Rules that are kept as they were checked: the same as the files say, and never older than these."""

import shutil
import sys
from pathlib import Path

import pytest

from apimdoctor.engine import kept
from apimdoctor.engine.declared import Rule
from apimdoctor.engine.judge import judge
from apimdoctor.engine.rule import packaged, read
from apimdoctor.facts.values import Values
from tests.engine.made import TENANT, a_check, a_match, some_facts

RULE = "issuer-version-mismatch"
VERSION_1 = Values(known=(f"https://sts.windows.net/{TENANT}/",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "issuer").mkdir()
    shutil.copy(packaged() / "issuer" / f"{RULE}.yaml", tmp_path / "issuer")
    return tmp_path


@pytest.fixture(autouse=True)
def bytecode_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def checked(folder: Path) -> tuple[Rule, ...]:
    rules, _ = read([folder], examples=False)
    assert rules
    return rules


def unasked() -> tuple[Rule, ...]:
    raise AssertionError("the rules were checked again")


def test_every_shipped_rule_is_kept_as_its_file_says_it(tmp_path: Path) -> None:
    shutil.copytree(packaged(), tmp_path / "rules", ignore=shutil.ignore_patterns("*.msgpack*"))
    fresh = checked(tmp_path / "rules")
    kept.write(tmp_path / "rules", fresh)
    again = kept.rules(tmp_path / "rules", unasked)
    for one, other in zip(fresh, again, strict=True):
        for name in Rule.__struct_fields__:
            if name not in ("flag", "error_when"):
                assert getattr(one, name) == getattr(other, name), (one.id, name)
        for mine, its in ((one.flag, other.flag), (one.error_when, other.error_when)):
            assert (mine is None) == (its is None)
            if mine is not None and its is not None:
                assert (mine.text, mine.paths, mine.told) == (its.text, its.paths, its.told)
                assert [term.text for term in mine.terms] == [term.text for term in its.terms]
                assert its.code
                assert all(term.code for term in its.terms)


def test_kept_rules_are_not_checked_again(folder: Path) -> None:
    first = kept.rules(folder, lambda: checked(folder))
    assert [rule.id for rule in kept.rules(folder, unasked)] == [rule.id for rule in first]


@pytest.mark.parametrize("change", ["edited", "renamed", "added"])
def test_a_changed_folder_is_checked_again(folder: Path, change: str) -> None:
    kept.rules(folder, lambda: checked(folder))
    file = folder / "issuer" / f"{RULE}.yaml"
    if change == "edited":
        file.write_text(file.read_text("utf-8") + "# a remark\n", "utf-8")
    elif change == "renamed":
        file.rename(folder / f"{RULE}.yaml")
    else:
        (folder / "another.yaml").write_text("id: another-one\n", "utf-8")
    with pytest.raises(AssertionError, match="checked again"):
        kept.rules(folder, unasked)


@pytest.mark.parametrize("content", [b"", b"x" * 40, None])
def test_a_file_that_is_cut_or_not_ours_is_written_anew(folder: Path, content: bytes | None) -> None:
    kept.rules(folder, lambda: checked(folder))
    file = folder / kept.NAME
    file.write_bytes(file.read_bytes()[:-100] if content is None else content)
    assert [rule.id for rule in kept.rules(folder, lambda: checked(folder))] == [RULE]
    kept.rules(folder, unasked)


def test_a_folder_that_nobody_may_write_to_is_checked_at_each_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    assert [rule.id for rule in kept.rules(folder, lambda: checked(folder))] == [RULE]
    assert not (folder / kept.NAME).exists()


def test_who_wants_no_bytecode_beside_the_sources_gets_no_rules_either(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    kept.rules(folder, lambda: checked(folder))
    assert [path.name for path in folder.iterdir()] == ["issuer"]


def test_nothing_is_left_behind_by_a_write_that_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    kept.rules(folder, lambda: checked(folder))
    assert [path.name for path in folder.iterdir()] == ["issuer"]


def test_a_kept_rule_judges_as_its_file_does(folder: Path) -> None:
    fresh = kept.rules(folder, lambda: checked(folder))
    facts = some_facts(token_checks=(a_check(accepted_issuers=VERSION_1, apps=(a_match(),)),))
    assert judge(kept.rules(folder, unasked), facts) == judge(fresh, facts)
    assert judge(fresh, facts).findings
