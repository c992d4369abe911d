"""What `flow` tells of one effective policy: the checks met, the ways without one, who is whom towards the back end."""

from typing import Literal

from msgspec import Struct

from apimdoctor.policy.tree import Document, Element
from apimdoctor.policy.value import Value

Scope = Literal["global", "workspace", "product", "api", "operation"]
Section = Literal["inbound", "backend", "outbound", "on-error"]
SECTIONS: tuple[Section, ...] = ("inbound", "backend", "outbound", "on-error")


class Placed(Struct, frozen=True):
    """A policy element as it stands in an effective policy. Two inclusions of one fragment share `element`.

    `document` is the key the caller gave its document; `path` places the element in that document; `scope` is the scope
    whose document includes it (for fragments: the includer's); `fragments` the fragment ids it came through.
    """

    element: Element
    document: str
    scope: Scope
    section: Section
    path: str
    fragments: tuple[str, ...] = ()


class Doubt(Struct, frozen=True):
    """Something that may happen here and nobody can tell what: a missing fragment, unparsed text, an unknown element.

    `placed` None: a whole document could not be read, so that nothing is certain of any step of its scope.
    """

    reason: str
    placed: Placed | None = None


WriterKind = Literal["managed identity", "basic", "header", "removed", "caller token", "unknown"]


class Writer(Struct, frozen=True):
    """A step that put something where a caller's token was, or towards the back end.

    `kind`: `managed identity` (a token for `resource`, by `client_id`, also when carried by a variable: `placed` is the
    step that wrote the header, `token_from` the step that got the token), `basic`, `header` (a literal or computed value),
    `removed`, `caller token` (the caller's own, moved from another place), `unknown` (with `reason`).
    """

    placed: Placed
    kind: WriterKind
    writes: tuple[str, ...]
    """Places in the words of `Met.reads`."""
    resource: Value | None = None
    client_id: Value | None = None
    token_from: Placed | None = None
    ignore_error: bool = False
    reason: str = ""


class Condition(Struct, frozen=True):
    """A `when` (or other guard) on a way: its branch number in `path`, whether this way takes it, and its text."""

    placed: Placed
    value: Value
    taken: bool


class Met(Struct, frozen=True):
    """A token check as it is met: `reads` is `header:authorization` (lower case), `query:NAME`, `variable:NAME`.

    `reads` None: the check's token comes from an expression nobody could read. `on` says whether every way that
    gets past this point of the policy to a back end or an answer runs it. `before`: steps that may run before the
    first check of the caller's token, `when` among them; empty when another check always precedes. `later`: checks of the
    same token further down the same way, 64 at most.
    """

    check: Placed
    reads: str | None
    on: Literal["every path", "some paths"]
    writers: tuple[Writer | Doubt, ...] = ()
    """Last writers of what it reads, on some way to it; empty: it reads the caller's own token on all of them."""
    caller_reaches: bool = True
    """Whether on some way it reads the caller's own token."""
    before: tuple[Placed, ...] = ()
    later: tuple[Placed, ...] = ()
    conditions: tuple[Condition, ...] = ()
    """Conditions under which it runs, outermost first; empty when none stands around it."""
    tested_later: tuple[str, ...] | Doubt = ()
    """Claims (`claim:roles`, `claim:scp` ...) that conditions test of its token afterwards on every way."""


class LeftOut(Struct, frozen=True):
    """A section of a document without `<base/>`: `missed` are the steps of the broader scopes that do not run there.

    `section_element` None: the section is not written at all. Whether it inherits then is not documented: `inbound`,
    `outbound` and `on-error` are followed as if it did not, `backend` as if it did.
    """

    document: str
    scope: Scope
    section: Section
    section_element: Element | None
    missed: tuple[Placed, ...] = ()


OpenEnd = Literal["back end", "answer", "refusal", "cached answer", "nothing"]
OpenWhy = Literal["no check", "base", "condition", "answer", "cache", "section"]


class Unchecked(Struct, frozen=True):
    """A way, to a back end or an answer, on which no check reads the caller's token, with the one reason why.

    An end has `why` answer or cache when a check would have run after it or stands in a branch beside it. `base` lists the
    sections without base from the narrowest scope down to the one that leaves the check out.
    Precedence when several hold: answer, cache > base > condition > section > no check. "other context" is decided by
    `facts`, which sees all request contexts. Ways that end as a refusal (status 4xx or 5xx) are not listed.
    """

    ends: OpenEnd
    why: OpenWhy
    missed: tuple[Placed, ...] = ()
    """Checks that would have run but for the reason."""
    base: tuple[LeftOut, ...] = ()
    conditions: tuple[Condition, ...] = ()
    """For condition: those that make the way skip `missed`; else those around the step that ends it."""
    steps: tuple[Placed, ...] = ()
    """For answer and cache: the step that ends the request."""
    constant_answer: bool = False
    """For ends "answer": what is answered holds nothing computed."""
    controls: "tuple[Control, ...]" = ()
    """What else turns callers away on every such way (`Way.controls` holds only those that stand on every way)."""
    misread: tuple[Placed, ...] = ()
    """Checks that run on it and read something else than the caller's token (see their `Met.writers`)."""
    doubts: tuple[Doubt, ...] = ()
    """Why this way may be checked all the same; empty: it is certain."""


class Call(Struct, frozen=True):
    """The way to a back end: `backend_id` or `url` as last set (None: the API's own), and whose credential it carries."""

    placed: Placed | None
    """The forward-request; None when the default one of a missing global policy forwards."""
    backend_id: Value | None = None
    url: Value | None = None
    identity: tuple[Writer | Doubt, ...] = ()
    """Last writers of the credential; empty: the caller's own Authorization travels on (if any)."""
    caller_token_travels: bool = True
    checked: Literal["always", "sometimes", "never"] = "never"
    checks: tuple[Placed, ...] = ()
    """Token checks of the caller that ran on every way to it."""
    certificate: tuple[Placed, ...] = ()


ControlKind = Literal["client certificate", "address filter", "manual token test", "shared secret header"]


class Control(Struct, frozen=True):
    """Something other than a token check that turns callers away on every way to a back end."""

    kind: ControlKind
    placed: Placed


class CorsMet(Struct, frozen=True):
    """A cors element in the effective inbound, in order. A preflight sees direct children of inbound only (docs: cors)."""

    placed: Placed
    position: int
    direct_child: bool
    steps_above: tuple[Placed, ...] = ()


class VariableUse(Struct, frozen=True):
    """A read of `context.Variables["NAME"]` at a step, with who may have set it before ("" none on some way)."""

    name: str
    reader: Placed
    setters: tuple[Placed, ...]
    set_on_every_way: bool
    doubts: tuple[Doubt, ...] = ()
    """What may set it all the same, unseen."""


class Way(Struct, frozen=True):
    """Everything that happens under one effective policy. Lists inside of its members hold 256 entries at most."""

    met: tuple[Met, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    calls: tuple[Call, ...] = ()
    controls: tuple[Control, ...] = ()
    cors: tuple[CorsMet, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    writers: tuple[Writer, ...] = ()
    """Every identity change on the main request, in order of execution."""
    steps: tuple[Placed, ...] = ()
    """Every step that may run, in order of execution, `when` among them (its condition is asked); an own request is one step."""
    variables: tuple[VariableUse, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    """Why absence must not be concluded: unparsed documents, missing fragments, unknown elements on the way."""
    unforwarded: tuple[LeftOut, ...] = ()
    """Backend sections that leave the inherited forward-request out without one of their own."""
    replaced: tuple[tuple[Placed, Placed], ...] = ()
    """Pairs of steps of one document: the second overwrites the gateway's credential that the first put there unused."""
    errors_hidden: tuple[Placed | Doubt, ...] = ()
    """on-error steps that turn a refusal into success (a 2xx return-response, or a forward)."""


class ScopeDocument(Struct, frozen=True):
    """One scope's policy for composing: `document` None = no policy there (transparent); Doubt = it could not be read."""

    scope: Scope
    key: str
    """The caller's name for the document; comes back in `Placed.document`."""
    document: "Document | Doubt | None" = None
    labels: tuple[str, ...] = ()
