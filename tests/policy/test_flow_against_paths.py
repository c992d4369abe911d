"""The joined ways against a plain enumeration of every path: both must tell the same."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.policy.ways import CHECK, GATEWAY, REFUSE, way

TEXTS = {
    "check": CHECK,
    "gateway": GATEWAY,
    "save": '<set-variable name="saved" value=\'@(context.Request.Headers.GetValueOrDefault("Authorization",""))\'/>',
    "restore": '<set-header name="Authorization"><value>@((string)context.Variables["saved"])</value></set-header>',
    "refuse": REFUSE,
    "answer": "<return-response/>",
    "filter": '<ip-filter action="allow"/>',
    "other": "<trace/>",
}
Tree = str | tuple["tuple[Tree, ...]", ...]
"""A step, or the branches of a choose; the last is otherwise, and may be empty."""


@dataclass(frozen=True)
class Run:
    """One path so far: whose token Authorization and the saved variable hold."""

    header: str = "caller"
    saved: str = "nothing"
    checked: bool = False
    filtered: bool = False
    end: str = ""


def after(run: Run, step: str) -> Run:
    match step:
        case "check":
            return replace(run, checked=run.checked or run.header == "caller")
        case "gateway":
            return replace(run, header="gateway")
        case "save":
            return replace(run, saved=run.header)
        case "restore":
            return replace(run, header=run.saved)
        case "filter":
            return replace(run, filtered=True)
        case "refuse" | "answer":
            return replace(run, end=step)
        case _:
            return run


def runs(trees: tuple[Tree, ...], run: Run) -> Iterator[Run]:
    if not trees or run.end:
        yield run
        return
    first, *rest = trees
    if isinstance(first, str):
        yield from runs(tuple(rest), after(run, first))
        return
    for branch in first:
        for done in runs(branch, run):
            yield from runs(tuple(rest), done)


def text_of(trees: tuple[Tree, ...], numbers: Iterator[int]) -> str:
    found = ""
    for tree in trees:
        if isinstance(tree, str):
            found += TEXTS[tree]
            continue
        *whens, otherwise = tree
        found += "<choose>"
        for branch in whens:
            condition = f'@(context.Request.Headers.ContainsKey("H{next(numbers)}"))'
            found += f"<when condition='{condition}'>{text_of(branch, numbers)}</when>"
        found += f"<otherwise>{text_of(otherwise, numbers)}</otherwise></choose>"
    return found


STEPS = st.sampled_from(sorted(TEXTS))
TREES: st.SearchStrategy[tuple[Tree, ...]] = st.recursive(
    st.lists(STEPS, max_size=4).map(tuple),
    lambda inner: st.lists(st.one_of(STEPS, st.lists(inner, min_size=2, max_size=3).map(tuple)), max_size=4).map(tuple),
    max_leaves=8,
)


def with_save_first(trees: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """A variable that nothing set would make its reader fail, which paths know and joined ways do not."""
    return ("save", *trees)


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_a_way_without_check_is_told_exactly_when_a_path_has_none(trees: tuple[Tree, ...]) -> None:
    trees = with_save_first(trees)
    paths = list(runs(trees, Run()))
    found = way(text_of(trees, iter(range(1000))))
    told = {unchecked.ends for unchecked in found.unchecked}
    names = {"": "back end", "answer": "answer"}
    assert told == {names[run.end] for run in paths if not run.checked and run.end in names}


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_calls_are_checked_and_carry_what_some_path_carries(trees: tuple[Tree, ...]) -> None:
    trees = with_save_first(trees)
    calling = [run for run in runs(trees, Run()) if not run.end]
    found = way(text_of(trees, iter(range(1000))))
    assert len(found.calls) == (1 if calling else 0)
    for call in found.calls:
        checked = {run.checked for run in calling}
        assert call.checked == ("always" if checked == {True} else "never" if checked == {False} else "sometimes")
        assert call.caller_token_travels == any(run.header == "caller" for run in calling)
        assert bool(call.identity) == any(run.header == "gateway" for run in calling)
        filtered = all(run.filtered for run in calling)
        assert bool(found.controls) == filtered
