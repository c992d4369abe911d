"""The vocabulary: no fact is an opinion, nothing is null, every word from a fixed list is declared."""

import re
import typing

import pytest

from apimdoctor.facts import vocabulary
from apimdoctor.facts.values import Unknown, Values

SUBJECTS = [
    getattr(vocabulary, name)
    for name in vocabulary.__all__
    if hasattr(getattr(vocabulary, name), "__struct_fields__") and name != "Place"
]
OPINIONS = re.compile(
    r"(^|_)(match(es|ed)?|valid|invalid|ok|good|wrong|bad|weak|strong|secure|insecure|safe|unsafe|mismatch(ed)?"
    r"|error|fault|correct|incorrect|should|risky|dangerous|broken)($|_)"
)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda s: s.__name__)
def test_no_fact_is_an_opinion(subject: type) -> None:
    assert [name for name in subject.__struct_fields__ if OPINIONS.search(name)] == []


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda s: s.__name__)
def test_nothing_is_null(subject: type) -> None:
    hints = typing.get_type_hints(subject)
    assert [name for name, hint in hints.items() if type(None) in typing.get_args(hint)] == []


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda s: s.__name__)
def test_every_subject_says_what_it_is(subject: type) -> None:
    assert subject.__doc__ and not subject.__doc__.startswith(subject.__name__ + "(")


def test_a_name_is_a_set_everywhere_or_nowhere() -> None:
    kinds: dict[str, set[bool]] = {}
    for subject in SUBJECTS:
        for name, hint in typing.get_type_hints(subject).items():
            kinds.setdefault(name, set()).add(hint is Values or Values in typing.get_args(hint))
    assert [name for name, both in kinds.items() if len(both) > 1] == []


def test_lists_of_subjects_only_point_downwards() -> None:
    below: dict[type, set[type]] = {}
    for subject in SUBJECTS:
        for hint in typing.get_type_hints(subject).values():
            below.setdefault(subject, set()).update(part for part in _parts(hint) if part in SUBJECTS)

    def reaches(start: type, goal: type, seen: set[type]) -> bool:
        return any(
            step is goal or (step not in seen and not seen.add(step) and reaches(step, goal, seen))
            for step in below.get(start, ())
        )

    assert [s.__name__ for s in SUBJECTS if reaches(s, s, set())] == []


def test_a_list_of_words_has_no_unknown_items() -> None:
    for subject in SUBJECTS:
        for hint in typing.get_type_hints(subject).values():
            for part in (hint, *typing.get_args(hint)):
                if typing.get_origin(part) is tuple:
                    item = typing.get_args(part)[0]
                    assert not (str in typing.get_args(item) and Unknown in typing.get_args(item))


def _parts(hint: object) -> set[object]:
    args = typing.get_args(hint)
    return {hint}.union(*(_parts(arg) for arg in args)) if args else {hint}
