"""Identity changes: steps that put the gateway's own credential where a caller's token was, and the token it gets."""

from collections.abc import Sequence

from msgspec import Struct, field

from apimdoctor import snapshot
from apimdoctor.entra.known import is_guid
from apimdoctor.facts import places, written
from apimdoctor.facts.apps import Apps
from apimdoctor.facts.documents import Policy, Surroundings
from apimdoctor.facts.locating import Texts
from apimdoctor.facts.services import identity_client_ids
from apimdoctor.facts.steps import writes
from apimdoctor.facts.values import NONE, Unknown, Values, comparable, known, unread
from apimdoctor.facts.vocabulary import IdentityChange, Place, PolicyScope
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import Value
from apimdoctor.policy.way import Doubt, Writer

MANAGED_IDENTITY = "authentication-managed-identity"


class Identities(Struct, eq=False):
    """Makes identity changes, each once for the step, the scope and what it puts there."""

    apps: Apps
    texts: Texts
    tenants: Sequence[snapshot.EntraTenant]
    _made: dict[object, IdentityChange] = field(default_factory=dict)
    _seen: set[tuple[str, int]] = field(default_factory=set)

    def all(self) -> tuple[IdentityChange, ...]:
        """Every identity change made so far."""
        return tuple(self._made.values())

    def knows(self, policy: Policy, element: Element) -> bool:
        """Whether some route's way led to this element."""
        return (policy.key, id(element)) in self._seen

    def each(self, writers: Sequence[Writer | Doubt]) -> tuple[IdentityChange | Unknown, ...]:
        """The changes of some writers, in order."""
        return tuple(dict.fromkeys(Unknown(one.reason) if isinstance(one, Doubt) else self.of(one) for one in writers))

    def of(self, writer: Writer) -> IdentityChange:
        """The change that a writer makes."""
        around, policy = self.texts.text(writer.placed)
        scope = self.texts.scope(writer.placed)
        element = writer.placed.element
        if writer.kind == "managed identity" and element.name == MANAGED_IDENTITY:
            return self.managed(around, policy, element, scope, writer.placed.section)
        key = (policy.key, id(element), scope, writer.kind, writer.writes, writer.resource)
        found = self._made.get(key)
        if found is None:
            place = places.of_element(policy.place, element, writer.placed.section)
            found = self._made[key] = self._written(around, writer, place, scope)
        return found

    def _written(self, around: Surroundings, writer: Writer, place: Place, scope: PolicyScope) -> IdentityChange:
        if writer.kind == "managed identity":
            resource = _settled(writer.resource, around)
            client = _settled(writer.client_id, around)
            return self._token(
                around,
                writer.placed.element,
                place,
                scope,
                known(*writer.writes),
                resource,
                client,
                writer.ignore_error,
            )
        because = writer.reason or f"what token {writer.placed.element.name} puts there is not known"
        carries = writer.kind in ("header", "unknown", "caller token")
        return IdentityChange(
            place=place,
            element=writer.placed.element.name,
            scope=scope,
            writes=known(*writer.writes),
            kind=Unknown(because) if writer.kind == "unknown" else writer.kind,
            resource="",
            resource_is="",
            client_id="",
            client_ids=unread(because) if carries else NONE,
            ignores_failure=writer.ignore_error,
            issuers=unread(because) if carries else NONE,
            audiences=unread(because) if carries else NONE,
        )

    def managed(
        self, around: Surroundings, policy: Policy, element: Element, scope: PolicyScope, section: str
    ) -> IdentityChange:
        """An authentication-managed-identity element, wherever it puts its token."""
        key = (policy.key, id(element), scope)
        self._seen.add((policy.key, id(element)))
        found = self._made.get(key)
        if found is None:
            own_request = _in_own_request(element)
            found = self._made[key] = self._token(
                around,
                element,
                places.of_element(policy.place, element, section),
                scope,
                NONE if own_request else writes(element, around.named, section),
                _settled(element.get("resource"), around),
                _settled(element.get("client-id"), around),
                written.flag(element.get("ignore-error"), around.named, default=False),
            )
        return found

    def _token(
        self,
        around: Surroundings,
        element: Element,
        place: Place,
        scope: PolicyScope,
        put: Values,
        resource: str | Unknown,
        client_id: str | Unknown,
        ignores_failure: bool | Unknown,
    ) -> IdentityChange:
        tenant = self.tenant_of(around.service)
        if isinstance(resource, Unknown):
            issuers = audiences = unread(resource.because)
            kind: object = resource
            apps: tuple[object, ...] = (resource,)
        else:
            token = self.apps.emitted_for_identity(resource, tenant, place)
            kind, issuers, audiences, apps = token.resource_is, token.issuers, token.audiences, token.apps
        return IdentityChange(
            place=place,
            element=element.name,
            scope=scope,
            writes=put,
            kind="managed identity",
            resource=resource,
            resource_is=kind,  # type: ignore[arg-type]
            client_id=client_id,
            client_ids=self._client_ids(around.service, client_id),
            ignores_failure=ignores_failure,
            issuers=issuers,
            audiences=audiences,
            apps=apps,  # type: ignore[arg-type]
        )

    def tenant_of(self, service: snapshot.Service) -> str:
        """The tenant of a service: its own, else the only one that was read; "" when nobody told."""
        if service.tenant_id:
            return service.tenant_id
        told = [tenant.id for tenant in self.tenants if tenant.id]
        return told[0] if len(told) == 1 else ""

    def _client_ids(self, service: snapshot.Service, client_id: str | Unknown) -> Values:
        """The client ids of the identities that fit what the element asks for (docs: authentication-managed-identity)."""
        if client_id == "":
            return identity_client_ids(self.apps, service, "system")
        assigned = identity_client_ids(self.apps, service, "user")
        if isinstance(client_id, Unknown):
            if not (assigned.known or assigned.symbols or assigned.rest):
                return NONE
            return unread(client_id.because)
        if comparable(client_id) in {comparable(text) for text in assigned.known}:
            return known(client_id)
        if assigned.rest or assigned.symbols:
            return unread(assigned.rest or "the client ids of its identities are not known")
        return NONE


def _settled(value: Value | None, around: Surroundings) -> str | Unknown:
    if value is None:
        return ""
    text = written.told(value, around.named)
    # GUIDs in any letter case name the same thing.
    return text.lower() if isinstance(text, str) and is_guid(text) else text


def _in_own_request(element: Element) -> bool:
    return "send-request[" in element.path or "send-one-way-request[" in element.path
