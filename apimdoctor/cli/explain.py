"""`apimdoctor explain RULE`: why a rule exists, how to put right what it finds, and its examples."""

import argparse
from collections.abc import Iterator, Mapping
from textwrap import fill, indent

from apimdoctor.cli import choice
from apimdoctor.engine.rule import Example, Rule
from apimdoctor.report.text import paragraphs

WIDTH = 80


def run(options: argparse.Namespace) -> int:
    """Print what one rule says of itself."""
    known = {rule.id: rule for rule in choice.rules(options.rules)}
    rule = known.get(options.rule)
    if rule is None:
        raise choice.unknown_rule(options.rule, list(known))
    print("\n".join(told(rule)))
    return 0


def told(rule: Rule) -> Iterator[str]:
    """The rule as lines of text."""
    yield rule.id
    yield fill(rule.title, WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield f"  severity {rule.severity}, confidence {rule.confidence}, cause {rule.cause}"
    yield from _part("Why", rule.about)
    yield from _part("What to change", str(rule.fix))
    yield from _part("Flagged when", rule.flag.text)
    if rule.error_when:
        yield from _part("An error when", rule.error_when.text)
    if rule.links:
        yield ""
        yield "Rests on"
        yield from (f"  {link}" for link in rule.links)
    for example in rule.examples:
        yield from _example(example)
    yield ""
    yield f"Leave it out with --ignore {rule.id}, or waive one place in apimdoctor.yaml."


def _part(title: str, text: str) -> Iterator[str]:
    yield ""
    yield title
    for number, paragraph in enumerate(paragraphs(text.strip("\n"))):
        if number:
            yield ""
        yield _indented(paragraph)


def _indented(paragraph: str) -> str:
    if "\n" in paragraph:
        return indent(paragraph, "  ")
    return fill(paragraph, WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False)


def _example(example: Example) -> Iterator[str]:
    yield ""
    yield f"Example ({example.expect}): {example.name}"
    for key, value in example.given.items():
        if isinstance(value, str) and "\n" in value:
            yield f"  {key}:"
            yield indent(value.strip("\n"), "    ")
        else:
            yield f"  {key}: {_plain(value)}"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(value).strip()
