"""Sets answer True or False only when it holds in every possible world."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimdoctor.facts.values import ANYTHING, NONE, Unknown, Values, empty, everything, includes, known, meets, within

UNIVERSE = ("a", "ab", "b")
SYMBOLS = ("{{x}}", "{{y}}", "a{{z}}")

values = st.builds(
    Values,
    known=st.lists(st.sampled_from(UNIVERSE), unique=True, max_size=2).map(tuple),
    symbols=st.lists(st.sampled_from(SYMBOLS), unique=True, max_size=2).map(tuple),
    rest=st.sampled_from(["", "the list was not read"]),
    all=st.booleans(),
)

TEXTS = (*UNIVERSE, "c")
# There is always one more text than any finite set names.
ALL_TEXTS = frozenset((*TEXTS, "one more"))


def meanings() -> Iterator[dict[str, str]]:
    for x, y, z in itertools.product(TEXTS, TEXTS, ("a", "ab")):
        yield {"{{x}}": x, "{{y}}": y, "a{{z}}": z}


def worlds(value: Values, meaning: dict[str, str]) -> Iterator[frozenset[str]]:
    if value.all:
        yield ALL_TEXTS
        return
    members = frozenset(value.known) | {meaning[s] for s in value.symbols}
    yield members
    if value.rest:
        yield ALL_TEXTS
        for size in range(1, len(TEXTS) + 1):
            yield from (members | set(more) for more in itertools.combinations(TEXTS, size))


def agrees(answer: object, truths: set[bool]) -> bool:
    return isinstance(answer, Unknown) or truths == {answer}


@given(values, values)
def test_questions_of_two_sets_hold_in_every_world(left: Values, right: Values) -> None:
    met, contained = set(), set()
    for meaning in meanings():
        for one in worlds(left, meaning):
            for other in worlds(right, meaning):
                met.add(bool(one & other))
                contained.add(one <= other)
    assert agrees(meets(left, right), met)
    assert agrees(within(left, right), contained)


@given(values, st.sampled_from(UNIVERSE))
def test_questions_of_one_set_hold_in_every_world(value: Values, text: str) -> None:
    every = [world for meaning in meanings() for world in worlds(value, meaning)]
    assert agrees(includes(value, text), {text in world for world in every})
    assert agrees(empty(value), {not world for world in every})
    assert agrees(everything(value), {world == ALL_TEXTS for world in every})


@given(values, values)
def test_what_is_wholly_known_is_decided(left: Values, right: Values) -> None:
    plain = [Values(known=v.known, all=v.all) for v in (left, right)]
    assert not any(isinstance(answer, Unknown) for answer in (meets(*plain), within(*plain), empty(plain[0])))


def test_equal_symbols_are_equal() -> None:
    one = Values(symbols=("{{audience}}",))
    assert meets(one, one) is True
    assert within(one, one) is True


def test_a_symbol_against_a_literal_is_undecided_and_says_so() -> None:
    answer = meets(Values(symbols=("{{audience}}",)), known("api://orders"))
    assert isinstance(answer, Unknown)
    assert answer.because == "the value of {{audience}} is not known"


def test_what_stands_around_a_symbol_decides_when_it_differs() -> None:
    accepted = Values(symbols=("https://sts.windows.net/{{tenant}}/",))
    tenant = "3c3a3a53-9b0d-4a53-8d1c-6d1f0a0d6b11"
    assert meets(accepted, known(f"https://login.microsoftonline.com/{tenant}/v2.0")) is False
    assert isinstance(meets(accepted, known(f"https://sts.windows.net/{tenant}/")), Unknown)


def test_one_unknown_member_does_not_hide_a_known_one() -> None:
    assert meets(Values(known=("v2",), symbols=("{{other}}",), rest="more"), known("v2")) is True


def test_guids_compare_in_any_case_and_nothing_else_does() -> None:
    guid = "A7C9F3B2-6A0E-4B43-9F5C-2C6A8E1D0B77"
    assert includes(known(f"api://{guid}"), f"api://{guid.lower()}") is True
    assert includes(known("api://Orders"), "api://orders") is False


def test_an_unread_set_may_be_everything() -> None:
    assert everything(Values(rest="the document was not read")) == Unknown("the document was not read")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (known("a", "b"), "a, b"),
        (Values(known=("a",), symbols=("{{b}}",)), "a, {{b}}"),
        (ANYTHING, "anything"),
        (NONE, "nothing"),
        (Values(known=("a",), rest="not read"), "a and perhaps more (not read)"),
        (Values(rest="not read"), "something unknown (not read)"),
    ],
)
def test_a_set_reads_well_in_a_message(value: Values, text: str) -> None:
    assert str(value) == text
