"""Properties that hold for every policy, however its steps are put together."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from apimdoctor.policy.flow import follow
from apimdoctor.policy.way import Scope, Unchecked, Way
from tests.counted import growth
from tests.policy.ways import CHECK, GATEWAY, REFUSE, SCOPES, anywhere, composed, policy, way

CONDITIONS = (
    "@(true)",
    "@(false)",
    '@(context.Request.Headers.ContainsKey("A"))',
    '@(context.Variables.GetValueOrDefault<bool>("v"))',
    '@(!context.Variables.GetValueOrDefault<bool>("v"))',
    '@(context.Request.Method == "OPTIONS")',
    '@(((Jwt)context.Variables["jwt"]).Claims["roles"].Contains("a"))',
    "@(two words)",
    "{{named}}",
    "true",
)
LEAVES = (
    CHECK,
    GATEWAY,
    REFUSE,
    '<validate-jwt header-name="X-Token" output-token-variable-name="jwt"/>',
    "<validate-jwt token-value='@((string)context.Variables[\"t\"])'/>",
    "<return-response/>",
    "<mock-response/>",
    "<forward-request/>",
    "<base/>",
    "<cors/>",
    "<trace/>",
    '<set-variable name="v" value="@(true)"/>',
    '<set-variable name="t" value=\'@(context.Request.Headers.GetValueOrDefault("Authorization",""))\'/>',
    '<set-header name="Authorization" exists-action="append"><value>@((string)context.Variables["t"])</value></set-header>',
    '<set-header name="Authorization" exists-action="delete"/>',
    '<set-backend-service backend-id="b"/>',
    '<send-request mode="copy" response-variable-name="t"/>',
    '<include-fragment fragment-id="f"/>',
    '<include-fragment fragment-id="gone"/>',
    '<cache-lookup vary-by-developer="false" vary-by-developer-groups="false"/>',
    '<ip-filter action="allow"/>',
    "<unheard-of/>",
    "<choose/>",
    "<when/>",
)
UNRELATED = '<set-header name="X-Unrelated"><value>1</value></set-header>'


def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    branch = st.tuples(st.sampled_from(CONDITIONS), inner).map(lambda t: f"<when condition='{t[0]}'>{t[1]}</when>")
    otherwise = st.one_of(st.just(""), inner.map(lambda text: f"<otherwise>{text}</otherwise>"))
    choose = st.tuples(st.lists(branch, max_size=3), otherwise).map(lambda t: f"<choose>{''.join(t[0])}{t[1]}</choose>")
    around = st.tuples(st.sampled_from(["retry", "wait", "block", "limit-concurrency"]), inner)
    return st.one_of(choose, around.map(lambda t: f"<{t[0]}>{t[1]}</{t[0]}>"))


STEPS = st.recursive(
    st.lists(st.sampled_from(LEAVES), max_size=4).map("".join),
    lambda inner: st.lists(st.one_of(containers(inner), st.sampled_from(LEAVES)), max_size=4).map("".join),
    max_leaves=12,
)
SECTIONS = st.tuples(STEPS, STEPS, STEPS, STEPS).map(lambda t: policy(*t))
TEXTS: st.SearchStrategy[dict[Scope, str]] = st.dictionaries(st.sampled_from(SCOPES), SECTIONS, max_size=4)
FRAGMENTS = {"f": f"<fragment>{CHECK}<trace/></fragment>"}


def shape(found: Unchecked) -> tuple[object, ...]:
    return (
        found.ends,
        found.why,
        [p.path for p in found.missed],
        [(c.placed.path, c.taken) for c in found.conditions],
        [d.reason for d in found.doubts],
    )


def summary(found: Way) -> tuple[object, ...]:
    met = [(m.reads, m.on, m.caller_reaches, len(m.later), m.tested_later) for m in found.met]
    calls = [(c.backend_id, c.caller_token_travels, c.checked, len(c.identity)) for c in found.calls]
    return met, [shape(u) for u in found.unchecked], calls, [c.kind for c in found.controls]


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_any_policy_is_followed(texts: dict[Scope, str]) -> None:
    found = way(scopes=texts, fragments=FRAGMENTS, named={"named": None})
    for unchecked in found.unchecked:
        assert unchecked.why in ("no check", "base", "condition", "answer", "cache", "section")
        assert bool(unchecked.base) == (unchecked.why == "base")
        assert bool(unchecked.missed) == (unchecked.why != "no check")
    for call in found.calls:
        assert (call.checked == "always") or not call.checks


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_following_twice_tells_the_same(texts: dict[Scope, str]) -> None:
    effective = composed(texts, FRAGMENTS, {"named": None})
    assert follow(effective) == follow(effective)


@settings(max_examples=60, deadline=None)
@given(STEPS, STEPS)
def test_a_step_that_touches_nothing_of_interest_changes_nothing(above: str, below: str) -> None:
    without = way(above + "<trace/>" + below, fragments=FRAGMENTS)
    with_step = way(above + UNRELATED + "<trace/>" + below, fragments=FRAGMENTS)
    assert summary(with_step) == summary(without)


@settings(max_examples=60, deadline=None)
@given(STEPS, STEPS)
def test_a_check_above_everything_on_every_way_leaves_no_way_open(inbound: str, inside: str) -> None:
    found = way(scopes={"global": anywhere(CHECK + inside), "api": policy(f"<base/>{inbound}")}, fragments=FRAGMENTS)
    assert found.unchecked == ()
    assert all(call.checked == "always" for call in found.calls)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_no_token_check_written_means_no_call_is_checked(inbound: str) -> None:
    text = inbound.replace("validate-jwt", "trace").replace('fragment-id="f"', 'fragment-id="gone"')
    found = way(text)
    assert found.met == ()
    assert all(call.checked == "never" for call in found.calls)


@settings(max_examples=60, deadline=None)
@given(STEPS, STEPS)
def test_an_unread_fragment_never_hides_a_way_that_a_check_free_policy_has(above: str, below: str) -> None:
    text = above + '<include-fragment fragment-id="{}"/>' + below
    empty = way(text.format("f"), fragments={"f": "<fragment/>"})
    unread = way(text.format("f"))
    assert bool(unread.unchecked) >= bool(empty.unchecked)


def choices(count: int, body: str) -> str:
    condition = '@(context.Request.Headers.ContainsKey("H{}"))'
    return "".join(f"<choose><when condition='{condition.format(i)}'>{body}</when></choose>" for i in range(count))


def followed(text: str) -> Callable[[], object]:
    effective = composed({"api": policy(text)})
    return lambda: follow(effective)


def test_forty_choices_in_a_row_do_not_multiply() -> None:
    body = CHECK + '<set-variable name="v" value="1"/>' + GATEWAY
    found = way(choices(40, body))
    assert len(found.met) == 40
    assert len(found.unchecked) == 1
    # Ways that were followed one by one would grow by two to the power of thirty.
    assert growth(lambda count: followed(choices(count, body)), 10, times=4) < 16


def test_many_steps_take_work_in_proportion() -> None:
    # Two for what is in proportion, four for what is a square.
    assert growth(lambda count: followed(choices(count, "<trace/>" + CHECK)), 200, times=2) < 3.2


def test_nested_choices_do_not_multiply() -> None:
    def nested(levels: int) -> str:
        text = CHECK
        for depth in range(levels):
            condition = f'@(context.Request.Headers.ContainsKey("H{depth}"))'
            text = f"<choose><when condition='{condition}'>{text}</when></choose>"
        return text

    found = way(nested(12))
    assert len(found.unchecked) == 1
    assert len(found.met[0].conditions) == 12
    # Each level followed twice would grow by 64.
    assert growth(lambda levels: followed(nested(levels)), 6, times=2) < 4
