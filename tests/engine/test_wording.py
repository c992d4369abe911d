"""How facts read in a sentence, and what of them goes into a report."""

import pytest

from apimdoctor.engine.wording import evidence, shown, template
from apimdoctor.facts.values import Unknown, Values


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        ("header:authorization", "the header authorization"),
        (2, "2"),
        (True, "yes"),
        (False, "no"),
        (("a",), "a"),
        (("a", "b"), "a and b"),
        (("a", "b", "c"), "a, b and c"),
        ((), "nothing"),
        (Values(known=("a",), symbols=("{{b}}",)), "a and {{b}}"),
        (Values(), "nothing"),
        (Values(all=True), "any value"),
        (Values(known=("a",), rest="not read"), "a and perhaps more"),
        (Values(rest="not read"), "something not known (not read)"),
        (Unknown("not read"), "something not known (not read)"),
        (tuple("abcdefgh"), "a, b, c, d, e, f and 2 more"),
        ("two\nlines\x1b[0m\u2028here", "two lines [0m here"),
    ],
)
def test_a_fact_reads_in_a_sentence(value: object, expected: str) -> None:
    assert shown(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        (3, 3),
        (True, True),
        (Values(known=("a",), symbols=("{{b}}",)), ["a", "{{b}}"]),
        (Values(all=True), ["(any value)"]),
        (Values(known=("a",), rest="not read"), ["a", "(perhaps more: not read)"]),
        (("a", "b"), ["a", "b"]),
        (Unknown("not read"), "something not known (not read)"),
    ],
)
def test_evidence_is_plain_json(value: object, expected: object) -> None:
    assert evidence(value) == expected


def test_a_template_is_filled_and_named_values_stay() -> None:
    parsed = template("{a.b} is not {{c}}, see {a.b} and {d}")
    assert parsed.paths == (("a", "b"), ("d",))
    assert parsed.filled(".".join) == "a.b is not {{c}}, see a.b and d"
    assert str(parsed) == "{a.b} is not {{c}}, see {a.b} and {d}"
