"""Values told apart in text, and named values put in their place."""

from apimdoctor.policy.value import EMPTY, Expression, Literal, Mixed, NamedValue, Unresolved, symbol
from apimdoctor.policy.value_text import names, resolve, value_of

VALUES = {"host": "orders.example", "code": "@(context.Request.Method)", "nested": "{{host}}", "secret": None}


def test_text_is_split_into_what_it_is_made_of() -> None:
    assert value_of("a{{b}}@(c)__D__") == Mixed(
        (Literal("a"), NamedValue("b"), Expression("c", start=6), Unresolved("__D__"))
    )


def test_an_expression_remembers_its_offset_in_the_document() -> None:
    assert value_of(" @{ return 1; }", 100) == Mixed((Literal(" "), Expression(" return 1; ", True, 101)))


def test_an_at_sign_that_opens_nothing_closed_is_literal() -> None:
    assert value_of("mail@(home @(b)") == Literal("mail@(home @(b)")


def test_nothing_is_the_empty_literal() -> None:
    assert value_of("") == EMPTY


def test_braces_of_liquid_are_literal_when_asked_for() -> None:
    assert value_of("{{body.a}}", named_values=False) == Literal("{{body.a}}")


def test_a_symbol_of_parts_is_the_text_again() -> None:
    text = "https://{{host}}/@(x)/${y}?a={id}"
    assert symbol(value_of(text)) == text


def test_a_named_value_is_replaced_inside_text() -> None:
    assert resolve(value_of("https://{{host}}/a"), VALUES) == Literal("https://orders.example/a")


def test_the_text_of_a_named_value_may_be_an_expression() -> None:
    resolved = resolve(value_of("{{code}}"), VALUES)
    assert isinstance(resolved, Expression) and resolved.code == "context.Request.Method"


def test_named_values_in_a_named_value_stay_text() -> None:
    assert resolve(value_of("{{nested}}"), VALUES) == Literal("{{host}}")


def test_a_secret_stays_a_symbol_and_is_not_missing() -> None:
    missing: list[str] = []
    assert resolve(value_of("a{{secret}}"), VALUES, missing.append) == Mixed((Literal("a"), NamedValue("secret")))
    assert missing == []


def test_a_missing_name_is_told_and_stays_a_symbol() -> None:
    missing: list[str] = []
    assert resolve(value_of("{{nobody}}"), VALUES, missing.append) == NamedValue("nobody")
    assert resolve(value_of('@("{{nobody}}" + {{host}})'), VALUES, missing.append) == Expression(
        '"{{nobody}}" + orders.example'
    )
    assert missing == ["nobody", "nobody"]


def test_names_are_found_inside_expressions_too() -> None:
    assert names(value_of("{{a}}@(b == {{c}} && {{a}})")) == ("a", "c")
