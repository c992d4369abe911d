"""Policy text in, way out: what the tests of composing and following share."""

from collections.abc import Mapping

from apimdoctor.policy.effective import Effective, compose
from apimdoctor.policy.flow import follow
from apimdoctor.policy.nodes import placed_in
from apimdoctor.policy.source import parse
from apimdoctor.policy.tree import Document
from apimdoctor.policy.way import Doubt, Scope, ScopeDocument, Section, Unchecked, Way

CHECK = '<validate-jwt header-name="Authorization"/>'
GATEWAY = '<authentication-managed-identity resource="api://orders"/>'
REFUSE = '<return-response><set-status code="401"/></return-response>'
SCOPES: tuple[Scope, ...] = ("global", "workspace", "product", "api", "operation")


def policy(inbound: str, backend: str = "<base/>", outbound: str = "<base/>", on_error: str = "<base/>") -> str:
    """A whole policy document."""
    return (
        f"<policies><inbound>{inbound}</inbound><backend>{backend}</backend>"
        f"<outbound>{outbound}</outbound><on-error>{on_error}</on-error></policies>"
    )


def anywhere(inbound: str) -> str:
    """A global policy document."""
    return policy(inbound, "<forward-request/>", "", "")


def document(text: str | Doubt) -> Document | Doubt:
    """The document of a text that can be read."""
    if isinstance(text, Doubt):
        return text
    read = parse(text)
    assert isinstance(read, Document), read
    return read


def composed(
    scopes: Mapping[Scope, str | Doubt],
    fragments: Mapping[str, str | Doubt] | None = None,
    named: Mapping[str, str | None] | None = None,
) -> Effective:
    """The effective policy of texts by scope."""
    documents = [ScopeDocument(scope, scope, document(scopes[scope])) for scope in SCOPES if scope in scopes]
    return compose(documents, {name: document(text) for name, text in (fragments or {}).items()}, named or {})


def way(
    inbound: str | None = None,
    *,
    scopes: Mapping[Scope, str | Doubt] | None = None,
    fragments: Mapping[str, str | Doubt] | None = None,
    named: Mapping[str, str | None] | None = None,
    method: str = "",
) -> Way:
    """The way through an API policy with this inbound section, or through texts by scope."""
    texts = scopes if scopes is not None else {"api": policy(inbound or "")}
    return follow(composed(texts, fragments, named), method)


def steps_of(effective: Effective, section: Section = "inbound") -> list[str]:
    """Names of the elements of a section with the scope each comes from."""
    return [f"{p.scope} {p.element.name}" for p in placed_in(effective.sections[section])]


def only(found: Way) -> Unchecked:
    """The one way without a check."""
    assert len(found.unchecked) == 1, found.unchecked
    return found.unchecked[0]


def when(condition: str, then: str, otherwise: str | None = None) -> str:
    """A choose with one condition."""
    rest = "" if otherwise is None else f"<otherwise>{otherwise}</otherwise>"
    return f"<choose><when condition='{condition}'>{then}</when>{rest}</choose>"


def kinds(found: Way) -> list[str]:
    """Kinds of the other controls on every way."""
    return sorted({control.kind for control in found.controls})
