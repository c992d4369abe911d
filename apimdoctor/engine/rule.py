"""The rules that ship and those that users add: found in folders, read, and checked against each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from apimdoctor.engine import kept
from apimdoctor.engine.declared import OUTCOMES, Each, Example, Outcome, Rule, RuleError
from apimdoctor.errors import ApimDoctorError

__all__ = ["OUTCOMES", "Each", "Example", "Outcome", "Rule", "RulesError", "load", "packaged", "read"]


class RulesError(ApimDoctorError):
    """Rules that cannot be used. `faults` lists every mistake found, not only the first."""

    def __init__(self, faults: Sequence[str]) -> None:
        several = f"{len(faults)} mistakes in rule files" if len(faults) > 1 else "a mistake in a rule file"
        super().__init__(several + ":\n" + "\n".join(faults), "apimdoctor rules check DIR shows them all")
        self.faults = tuple(faults)


def packaged() -> Path:
    """The folder of the rules that ship: inside the installed package, or at the top of a working copy."""
    installed = Path(__file__).parents[1] / "rules"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "rules"


def load(folders: Iterable[Path] | None = None) -> tuple[Rule, ...]:
    """Every rule of these folders (default: those that ship), sorted by id; RulesError lists all mistakes."""
    folders = tuple(folders) if folders is not None else (packaged(),)
    if packaged() not in folders:
        return _checked(folders)
    shipped = kept.rules(packaged(), lambda: _checked([packaged()]))
    own = [folder for folder in folders if folder != packaged()]
    return _checked(own, shipped) if own else shipped


def _checked(folders: Iterable[Path], known: Sequence[Rule] = ()) -> tuple[Rule, ...]:
    rules, faults = read(folders, known, examples=False)
    if faults:
        raise RulesError(faults)
    return rules


def read(
    folders: Iterable[Path], known: Sequence[Rule] = (), *, examples: bool = True
) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """The rules that could be read, and every mistake in the others; `examples`: in their examples, too.

    `known` were read before, and stand before them.
    """
    from apimdoctor.engine.rulefile import parse

    rules: dict[str, Rule] = {rule.id: rule for rule in known}
    faults: list[str] = []
    for folder in folders:
        found = sorted(folder.rglob("*.yaml")) if folder.is_dir() else []
        if not folder.is_dir():
            faults.append(f"{folder}: is no folder")
        elif not found:
            faults.append(f"{folder}: holds no rule (*.yaml)")
        for path in found:
            name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            try:
                rule = parse(path.read_text(encoding="utf-8"), name)
                if examples:
                    rule.examples  # noqa: B018 - reads them, and raises what is wrong with them
            except RuleError as error:
                faults.extend(error.faults)
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{name}: cannot be read: {error}")
            else:
                if rule.id in rules:
                    faults.append(f"{name}: id: {rule.id} is also declared by {rules[rule.id].file}")
                rules.setdefault(rule.id, rule)
    faults.extend(_explained(rules))
    return tuple(rules[name] for name in sorted(rules)), tuple(faults)


def _explained(rules: dict[str, Rule]) -> Iterable[str]:
    from apimdoctor.engine import schema

    for rule in rules.values():
        for name in rule.explains:
            if name not in rules:
                yield f"{rule.file}: explains: there is no rule {name!r}{schema.closest(name, tuple(rules))}"
        if rule.id in _reached(rule.id, rules):
            yield f"{rule.file}: explains: leads back to the rule itself"


def _reached(start: str, rules: dict[str, Rule]) -> set[str]:
    reached: set[str] = set()
    waiting = list(rules[start].explains)
    while waiting:
        name = waiting.pop()
        if name not in reached and name in rules:
            reached.add(name)
            waiting.extend(rules[name].explains)
    return reached
