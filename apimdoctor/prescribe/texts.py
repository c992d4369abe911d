"""Every policy text of a snapshot by the resource that owns it: to be read for a cure, or replaced by the cured text."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from apimdoctor.facts import places
from apimdoctor.facts.vocabulary import Place
from apimdoctor.policy.source import parse
from apimdoctor.policy.tree import Unparsed
from apimdoctor.prescribe.text import CannotEditError, Script
from apimdoctor.snapshot import Contents, PolicyText, Service, Snapshot

Key = tuple[str, str]
"""Resource and document."""
Change = Callable[[Place, PolicyText], PolicyText]

_NAMES = ("workspace", "product", "api", "revision", "operation")
_SCOPES = {
    "global": (),
    "workspace": ("workspace",),
    "product": ("workspace", "product"),
    "api": ("workspace", "api", "revision"),
    "operation": ("workspace", "api", "revision", "operation"),
}
"""By scope, the names that the place of its policy has in common with an operation."""


class Scripts:
    """The policy texts of a snapshot, each parsed when it is first asked for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._texts: dict[Key, tuple[Place, PolicyText]] | None = None
        self._scripts: dict[Key, Script] = {}

    def of(self, place: Place) -> Script:
        """The text that a place stands in."""
        key = (place.resource, place.document)
        found = self._scripts.get(key)
        if found is None:
            found = self._scripts[key] = self._read(key)
        return found

    def at_scope(self, operation: Place, scope: str) -> Script | None:
        """The policy of a scope that applies to an operation, None where that scope has none (or no name)."""
        if scope not in _SCOPES:
            return None
        wanted = {name: getattr(operation, name) if name in _SCOPES[scope] else "" for name in _NAMES}
        for place, _ in self._all().values():
            of_part = "/policyFragments/" in place.resource or "/resolvers/" in place.resource
            same = place.service == operation.service and all(getattr(place, name) == wanted[name] for name in _NAMES)
            if same and not of_part:
                return self.of(place)
        return None

    def _all(self) -> dict[Key, tuple[Place, PolicyText]]:
        if self._texts is None:
            self._texts = {(place.resource, place.document): (place, text) for place, text in every(self._snapshot)}
        return self._texts

    def _read(self, key: Key) -> Script:
        if key not in self._all():
            raise CannotEditError(f"no policy text of {key[0]} was read")
        place, text = self._all()[key]
        read = parse(text.text, text.origin.anchors)
        if text.unread or isinstance(read, Unparsed):
            raise CannotEditError(f"the policy text of {key[0]} cannot be read")
        return Script(place, text.text, read, file=text.origin.file and not text.origin.anchors)


def every(snapshot: Snapshot) -> Iterator[tuple[Place, PolicyText]]:
    """Every policy text and the place of it."""
    found: list[tuple[Place, PolicyText]] = []

    def note(place: Place, text: PolicyText) -> PolicyText:
        found.append((place, text))
        return text

    for service in snapshot.services:
        changed_service(service, note)
    yield from found


def changed(snapshot: Snapshot, change: Change) -> Snapshot:
    """The snapshot with each policy text as `change` gives it back."""
    return replace(snapshot, services=tuple(changed_service(service, change) for service in snapshot.services))


def changed_service(service: Service, change: Change) -> Service:
    """The service with each of its policy texts as `change` gives it back."""
    place = places.of_service(service)
    workspaces = []
    for workspace in service.workspaces:
        inner = places.of_workspace(place, workspace)
        contents = _contents(inner, workspace.contents, change)
        workspaces.append(replace(workspace, policy=_text(inner, workspace.policy, change), contents=contents))
    return replace(
        service,
        policy=_text(place, service.policy, change),
        contents=_contents(place, service.contents, change),
        workspaces=tuple(workspaces),
    )


def _contents(within: Place, contents: Contents, change: Change) -> Contents:
    fragments = []
    for fragment in contents.fragments:
        place = places.of_part(within, "policyFragments", fragment.name, fragment.origin)
        fragments.append(replace(fragment, policy=_text(place, fragment.policy, change) or fragment.policy))
    products = [
        replace(product, policy=_text(places.of_product(within, product), product.policy, change))
        for product in contents.products
    ]
    apis = []
    for api in contents.apis:
        at = places.of_api(within, api)
        operations = [
            replace(operation, policy=_text(places.of_operation(at, operation), operation.policy, change))
            for operation in api.operations
        ]
        resolvers = [
            replace(one, policy=_text(places.of_part(at, "resolvers", one.name, one.origin), one.policy, change))
            for one in api.resolvers
        ]
        policy = _text(at, api.policy, change)
        apis.append(replace(api, policy=policy, operations=tuple(operations), resolvers=tuple(resolvers)))
    return replace(contents, fragments=tuple(fragments), products=tuple(products), apis=tuple(apis))


def _text(owner: Place, text: PolicyText | None, change: Change) -> PolicyText | None:
    return None if text is None else change(places.of_text(owner, text.origin), text)
