"""Every policy text, read once, with what its scope gives it: named values, fragments and a place."""

import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Set

from msgspec import Struct, field

from apimdoctor.facts import places
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Place, PolicyDocument, PolicyScope, Section, Waiver
from apimdoctor.policy.effective import Composer
from apimdoctor.policy.source import parse
from apimdoctor.policy.tree import Document, Element, Unparsed
from apimdoctor.policy.value import NamedValues
from apimdoctor.policy.way import SECTIONS, Doubt
from apimdoctor.snapshot import Contents, PolicyText, Service, Snapshot, Workspace

_WAIVER = re.compile(r"\s*apimdoctor:\s*ignore\s+(?P<rule>[\w.-]+)\s*(?P<reason>.*?)\s*", re.DOTALL)


class Policy(Struct, eq=False):
    """The policy text of one scope, or of a fragment or resolver, as it was read."""

    key: str
    scope: PolicyScope
    place: Place
    """Of the text; its `resource` is that of the scope."""
    read: Document | Doubt
    refused: bool = False
    """Its text was there, and is no policy."""
    transparent: bool = False
    """Nothing but `<base/>` in every section: the same as no policy document."""

    _places: dict[tuple[int, str], Place] = field(default_factory=dict)

    def at(self, element: Element, section: str) -> Place:
        """Where an element of it stands; made once, since most elements are several subjects."""
        key = (id(element), section)
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = places.of_element(self.place, element, section)
        return found

    @property
    def composed(self) -> Document | Doubt | None:
        """What it adds to a chain of scopes; None when that is nothing."""
        return None if self.transparent else self.read


class Surroundings(Struct, eq=False):
    """A service or a workspace: what the policies in it share."""

    service: Service
    workspace: Workspace | None
    place: Place
    contents: Contents
    named: NamedValues
    composer: Composer
    fragments: Mapping[str, Policy]
    shared: "tuple[Surroundings, ...]" = ()
    """For a workspace: the service, whose global policy applies in it (docs: workspaces-overview)."""
    policy: Policy | None = None
    """The global or the workspace's own policy."""
    policies: dict[int, Policy] = field(default_factory=dict)
    """By the identity of the snapshot's API, operation, product or resolver they belong to."""
    _names: dict[str, Set[str]] = field(default_factory=dict)

    def each(self) -> Iterator[Policy]:
        """Every policy text in it, fragments last."""
        if self.policy:
            yield self.policy
        yield from self.policies.values()
        yield from self.fragments.values()

    @property
    def unread(self) -> Unknown | None:
        """Why the global policy, or the workspace's, is not known."""
        if self.workspace is None and "policy" in self.service.unread:
            return Unknown("the global policy was not read")
        return None

    def names(self, collection: str) -> Set[str]:
        """The names that policies call the things of a collection by; asked for each reference, so gathered once."""
        found = self._names.get(collection)
        if found is None:
            match collection:
                case "named_values":
                    found = {value.display_name for value in self.contents.named_values}
                case "certificates":
                    found = set(self.contents.certificates)
                case "fragments":
                    found = {fragment.name for fragment in self.contents.fragments}
                case _:
                    found = {backend.name for backend in self.contents.backends}
            self._names[collection] = found
        return found

    def tells_all(self, collection: str) -> bool:
        """Whether everything of that collection was read, in the service as well for a workspace."""
        return collection in self.contents.whole and all(s.tells_all(collection) for s in self.shared)


class Library:
    """Reads policy texts; equal texts with equal places are read once."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, tuple[tuple[int, int, int], ...]], Document | Unparsed] = {}
        self._transparent: dict[int, bool] = {}
        self._keys: dict[str, int] = {}

    def policy(self, text: PolicyText, scope: PolicyScope, place: Place) -> Policy:
        """The policy text of the resource that stands at `place`."""
        key = self._key(f"{place.resource}/policies/policy")
        of_text = places.of_text(place, text.origin)
        if text.unread:
            doubt = Doubt(f"{named(scope, place)} could not be read: {text.unread}")
            return Policy(key, scope, of_text, doubt)
        read = self._document(text)
        if isinstance(read, Unparsed):
            doubt = Doubt(f"{named(scope, place)} could not be parsed: {read.error} (line {read.position.line})")
            return Policy(key, scope, of_text, doubt, refused=True)
        return Policy(key, scope, of_text, read, transparent=self._is_transparent(read))

    def _document(self, text: PolicyText) -> Document | Unparsed:
        key = (text.text, text.origin.anchors)
        if key not in self._read:
            self._read[key] = parse(text.text, text.origin.anchors)
        return self._read[key]

    def _is_transparent(self, document: Document) -> bool:
        known = self._transparent.get(id(document))
        if known is None:
            known = self._transparent[id(document)] = _adds_nothing(document)
        return known

    def _key(self, wanted: str) -> str:
        count = self._keys[wanted] = self._keys.get(wanted, 0) + 1
        return wanted if count == 1 else f"{wanted}#{count}"


def surroundings(snapshot: Snapshot) -> tuple[Surroundings, ...]:
    """Every service and every workspace, with its policies read."""
    library = Library()
    made: list[Surroundings] = []
    for service in snapshot.services:
        outer = _service(library, service)
        made += [outer, *(_workspace(library, outer, workspace) for workspace in service.workspaces)]
    return tuple(made)


def document(policy: Policy, section_of: Callable[[Policy, Element], Section]) -> PolicyDocument:
    """The subject of a policy text; `section_of` makes (or knows) the subjects of its sections."""
    read = policy.read
    if isinstance(read, Doubt):
        return PolicyDocument(
            place=policy.place, scope=policy.scope, readable=False, reason=read.reason, refused=policy.refused
        )
    return PolicyDocument(
        place=policy.place,
        scope=policy.scope,
        readable=True,
        reason="",
        sections=tuple(section_of(policy, element) for name in SECTIONS if (element := read.section(name)) is not None),
    )


def section(policy: Policy, element: Element) -> Section:
    """The subject of a section element of a policy."""
    return Section(
        place=policy.at(element, element.name),
        name=element.name,  # type: ignore[arg-type]
        document=policy.place.document,
        scope=policy.scope,
        has_base=_holds_base(element),
    )


def waivers(policy: Policy) -> Iterator[Waiver]:
    """The comments of a policy text that waive a rule for the element they stand before."""
    document = policy.read
    if isinstance(document, Doubt):
        return
    for comment in document.comments:
        told = _WAIVER.fullmatch(comment.text)
        if told:
            follows = _element_after(document.roots, comment.end)
            yield Waiver(
                place=places.of_span(policy.place, document, comment.start, comment.end),
                rule=told["rule"],
                reason=told["reason"],
                covers=places.of_element(policy.place, follows, _section_of(follows)) if follows else policy.place,
            )


def elements(document: Document) -> Iterator[Element]:
    """Every element of a document that may be a policy element: literal content is left out."""
    waiting = list(reversed(document.roots))
    while waiting:
        element = waiting.pop()
        yield element
        if element.children and not element.opaque:
            waiting += [child for child in reversed(element.children) if isinstance(child, Element)]


def named(scope: PolicyScope, place: Place) -> str:
    """How a sentence calls the policy of a scope."""
    match scope:
        case "global":
            return f"the global policy of {place.service}"
        case "workspace":
            return f"the policy of workspace {place.workspace}"
        case "product":
            return f"the policy of product {place.product}"
        case "api":
            return f"the policy of API {place.api}"
        case "operation":
            return f"the policy of operation {place.operation} of API {place.api}"
        case "fragment":
            return f"fragment {place.resource.rpartition('/')[2]}"
        case "resolver":
            return f"the policy of resolver {place.resource.rpartition('/')[2]} of API {place.api}"
        case _:
            return f"the policy {place.document or place.resource}"


def _service(library: Library, service: Service) -> Surroundings:
    place = places.of_service(service)
    fragments = _fragments(library, service.contents, place)
    values = _named_values(service.contents)
    made = Surroundings(
        service=service,
        workspace=None,
        place=place,
        contents=service.contents,
        named=values,
        composer=Composer({name: policy.read for name, policy in fragments.items()}, values),
        fragments=fragments,
    )
    if service.policy:
        made.policy = library.policy(service.policy, "global" if service.scopes_known else "", place)
    _fill(library, made)
    return made


def _workspace(library: Library, outer: Surroundings, workspace: Workspace) -> Surroundings:
    place = places.of_workspace(outer.place, workspace)
    own = _fragments(library, workspace.contents, place)
    fragments = ChainMap(own, dict(outer.fragments))
    # Each policy sees the named values of its own collection only; a chain of scopes holds policies of both.
    values = ChainMap(dict(_named_values(workspace.contents)), dict(outer.named))
    made = Surroundings(
        service=outer.service,
        workspace=workspace,
        place=place,
        contents=workspace.contents,
        named=values,
        composer=Composer({name: policy.read for name, policy in fragments.items()}, values),
        fragments=own,
        shared=(outer,),
    )
    if workspace.policy:
        made.policy = library.policy(workspace.policy, "workspace", place)
    _fill(library, made)
    return made


def _fill(library: Library, made: Surroundings) -> None:
    known = made.service.scopes_known
    for product in made.contents.products:
        if product.policy:
            place = places.of_product(made.place, product)
            made.policies[id(product)] = library.policy(product.policy, "product" if known else "", place)
    for api in made.contents.apis:
        api_place = places.of_api(made.place, api)
        if api.policy:
            made.policies[id(api)] = library.policy(api.policy, "api" if known else "", api_place)
        for operation in api.operations:
            if operation.policy:
                place = places.of_operation(api_place, operation)
                scope: PolicyScope = "operation" if known else ""
                made.policies[id(operation)] = library.policy(operation.policy, scope, place)
        for resolver in api.resolvers:
            if resolver.policy:
                place = places.of_part(api_place, "resolvers", resolver.name, resolver.origin)
                made.policies[id(resolver)] = library.policy(resolver.policy, "resolver", place)


def _fragments(library: Library, contents: Contents, within: Place) -> dict[str, Policy]:
    made: dict[str, Policy] = {}
    for fragment in contents.fragments:
        place = places.of_part(within, "policyFragments", fragment.name, fragment.origin)
        made[fragment.name] = library.policy(fragment.policy, "fragment", place)
    return made


def _named_values(contents: Contents) -> NamedValues:
    return {
        value.display_name: None if value.secret or value.looks_secret else value.value
        for value in contents.named_values
    }


def _holds_base(element: Element) -> bool:
    return any(child.name == "base" or (not child.opaque and _holds_base(child)) for child in element.elements)


def _adds_nothing(document: Document) -> bool:
    if document.kind != "policies" or len(document.roots) != 1:
        return False
    written = list(document.roots[0].elements)
    return [section.name for section in written] == [s for s in SECTIONS if document.section(s)] == list(
        SECTIONS
    ) and all([child.name for child in section.elements] == ["base"] for section in written)


def _element_after(roots: tuple[Element, ...], offset: int) -> Element | None:
    """The first element that starts after an offset."""
    for element in roots:
        if element.start >= offset:
            return element
        if element.end > offset:
            return _element_after(tuple(element.elements), offset)
    return None


def _section_of(element: Element) -> str:
    first = element.path.partition("/")[0]
    return first if first in SECTIONS else ""
