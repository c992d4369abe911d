"""Edits of a token check: its lists of issuers, audiences and claims in the order that the policy schema wants."""

from collections.abc import Iterable
from html import escape

from apimdoctor.engine.prescription import TextEdit
from apimdoctor.policy.tree import Element
from apimdoctor.prescribe.text import Script

SEQUENCE = (
    "openid-config",
    "issuer-signing-tokens",
    "issuer-signing-keys",
    "decryption-keys",
    "client-application-ids",
    "audiences",
    "issuers",
    "required-claims",
)
"""The children of validate-jwt are a sequence; those of validate-azure-ad-token may stand in any order (policy schemas)."""


def rank(name: str) -> int:
    """Where a child of a token check stands among the others."""
    return SEQUENCE.index(name) if name in SEQUENCE else len(SEQUENCE)


def add_to_list(script: Script, check: Element, name: str, item: str, values: Iterable[str]) -> TextEdit:
    """Adds values to a list (`audiences` of `audience`); the list is made where there is none."""
    items = [f"<{item}>{escape(value, quote=False)}</{item}>" for value in values]
    written = check.child(name)
    if written is not None:
        return script.add_child(written, "\n".join(items))
    return add_in_order(script, check, "\n".join([f"<{name}>", *(f"    {one}" for one in items), f"</{name}>"]), name)


def add_in_order(script: Script, check: Element, markup: str, name: str) -> TextEdit:
    """Puts a child of that name at its place in the sequence."""
    above = [child for child in check.elements if rank(child.name) <= rank(name)]
    if above:
        return script.insert(markup, after=above[-1])
    return script.add_child(check, markup, first=True)


def take_out(script: Script, entry: Element) -> TextEdit:
    """Takes an entry out of its list, and the list with its last entry."""
    around = script.parent(entry)
    return script.remove(entry if sum(1 for _ in around.elements) > 1 else around)


def claim(name: str, values: Iterable[str], *, separator: str = "") -> str:
    """The markup of a required claim of which one value suffices."""
    split = f' separator="{separator}"' if separator else ""
    lines = [f"    <value>{escape(value, quote=False)}</value>" for value in values]
    return "\n".join([f'<claim name="{name}" match="any"{split}>', *lines, "</claim>"])
