"""What of an earlier snapshot still stands: all that neither the Activity Log nor a fresh list says has changed.

An API stands or falls with everything below it, in all its revisions. Whatever was unread or masked in the earlier
snapshot is read again: what failed then may succeed now, and the tags of masks are of one run only.
"""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.collect import arm
from apimdoctor.collect.fields import Json, text
from apimdoctor.snapshot import Api, Contents, Diagnostic, PolicyText, Service, Snapshot
from apimdoctor.snapshot.redact import masks

_UNITS = frozenset({"apis", "products", "policyfragments", "workspaces"})
"""Collections whose members are read one by one: a change to one is a change to it alone."""
_READ_ANYWAY = frozenset(
    {
        *("apiversionsets", "authorizationservers", "backends", "certificates", "diagnostics", "gateways"),
        *("namedvalues", "openidconnectproviders", "policies", "policy", "properties", "subscriptions"),
    }
)
_NEVER_READ = frozenset(
    {
        *("authorizationproviders", "caches", "clientapplications", "contenttypes", "groups", "identityproviders"),
        *("issues", "loggers", "notifications", "policyrestrictions", "portalconfigs", "portalrevisions"),
        *("portalsettings", "reports", "schemas", "tags", "templates", "users"),
    }
)
_REVISION = re.compile(r";rev=[^/]*")


class KeptApi(Struct, frozen=True):
    """A revision of an API as it was read before, with its logging."""

    api: Api
    diagnostics: tuple[Diagnostic, ...]


class Unchanged(Struct):
    """What may be taken from an earlier reading of one service."""

    earlier: Service
    collected_at: str
    lost: tuple[str, ...] = ()
    """Scopes of the gaps of that reading; `*` stands for any name."""
    changed: frozenset[str] = frozenset()
    """Paths below the service that were written since, in lower case."""
    why_not: str = ""
    """Why nothing may be taken; "" when something may."""
    kept: int = 0
    offered: int = 0
    _apis: dict[str, Api] = field(default_factory=dict)
    _contents: dict[str, Contents] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spaces = {f"workspaces/{space.name}/": space.contents for space in self.earlier.workspaces}
        self._contents = {"": self.earlier.contents, **spaces}
        for prefix, held in self._contents.items():
            for one in held.apis:
                name = one.name if one.is_current else f"{one.name};rev={one.revision}"
                self._apis[f"{prefix}apis/{name}"] = one

    @property
    def told(self) -> str:
        """What is taken from the earlier snapshot, for a report."""
        name, when = self.earlier.name, f"snapshot of {self.collected_at or 'no known time'}"
        if self.why_not:
            return f"{when}: nothing of {name}, as {self.why_not}"
        return f"{when}: {self.kept} of {self.offered} API revisions of {name}, unchanged since"

    def api(self, path: str, fresh: Json) -> KeptApi | None:
        """An API with what is below it, when its list tells the same of it as before and nothing below it was written."""
        self.offered += 1
        one = self._apis.get(path)
        if one is None or not self._stands(path) or not all(map(_whole, _policies(one))) or one.unread:
            return None
        prefix, _, _ = path.rpartition("apis/")
        held = self._contents[prefix]
        if one.is_current and "diagnostics" not in held.whole:
            return None
        told = arm.api(fresh, policy=one.policy, operations=one.operations, resolvers=one.resolvers, origin=one.origin)
        # These two are told by other lists, which are read again.
        told = replace(
            told, version_scheme=one.version_scheme, mcp_backend_api=told.mcp_backend_api or one.mcp_backend_api
        )
        if told != one or text(fresh, "id") != one.origin.document:
            return None
        self.kept += 1
        own = tuple(entry for entry in held.diagnostics if entry.api == one.name) if one.is_current else ()
        return KeptApi(one, own)

    def policy(self, path: str) -> tuple[PolicyText | None] | None:
        """The policy of a product or workspace, or the text of a fragment, when it stands; None when it does not."""
        if not self._stands(path):
            return None
        prefix, kind, name = _parts(path)
        held = self._contents.get(prefix)
        if held is None:
            return None
        members: Mapping[str, PolicyText | None] = (
            {one.name: one.policy for one in held.products}
            if kind == "products"
            else {one.name: one.policy for one in held.fragments}
        )
        if name not in members or not _whole(members[name]):
            return None
        return (members[name],)

    def _stands(self, path: str) -> bool:
        if self.why_not:
            return False
        unit = _REVISION.sub("", path.lower())
        space = "/".join(unit.split("/")[:2]) if unit.startswith("workspaces/") else ""
        if unit in self.changed or space in self.changed:
            return False
        return not any(_covers(scope, f"{self.earlier.id}/{path}") for scope in self.lost)


def unchanged(earlier: Snapshot, written: Mapping[str, frozenset[str] | str]) -> dict[str, Unchanged]:
    """By service id in lower case. `written` tells by subscription what was written, or why that is not known."""
    lost = tuple(one.scope for one in earlier.gaps)
    found = {}
    for service in earlier.services:
        identifier = service.id.lower()
        ids = written.get(identifier.split("/")[2] if identifier.count("/") > 2 else "", "its subscription is not read")
        one = Unchanged(service, earlier.collected_at, lost)
        if isinstance(ids, str):
            one.why_not = ids
        elif service.direct_management or "direct_management" in service.unread:
            one.why_not = "its direct management access was on, or may have been: its writes show in no log"
        else:
            below = [path for each in ids if (path := each.removeprefix(identifier)) != each and path[:1] in ("", "/")]
            one.changed, one.why_not = _changed(path[1:] for path in below)
        found[identifier] = one
    return found


def _changed(paths: Iterable[str]) -> tuple[frozenset[str], str]:
    """The units that were written, and why not even the others may be trusted."""
    units: set[str] = set()
    for path in paths:
        parts = path.split("/")
        space = ""
        if parts[0] == "workspaces" and len(parts) > 3:
            space, parts = f"workspaces/{parts[1]}/", parts[2:]
        kind = parts[0]
        if kind in _UNITS and len(parts) > 1:
            units.add(_REVISION.sub("", f"{space}{kind}/{parts[1]}"))
        elif kind not in _READ_ANYWAY | _NEVER_READ:
            return frozenset(), f"the Activity Log tells of a change to {path or 'the service itself'}"
    return frozenset(units), ""


def _parts(path: str) -> tuple[str, str, str]:
    """Workspace prefix, collection and name."""
    head, _, name = path.rpartition("/")
    prefix, _, kind = head.rpartition("/")
    return (f"{prefix}/" if prefix else ""), kind, name


def _policies(one: Api) -> Iterable[PolicyText | None]:
    yield one.policy
    for operation in one.operations:
        yield operation.policy
    for resolver in one.resolvers:
        yield resolver.policy


def _whole(policy: PolicyText | None) -> bool:
    return policy is None or not (policy.unread or masks(policy.text))


def _covers(scope: str, path: str) -> bool:
    """Whether a gap lies at or below a resource; `*` in the gap's scope stands for any name."""
    wanted, told = path.lower().split("/"), scope.lower().split("/")
    if len(told) < len(wanted):
        return False
    return all(own in ("*", name) for own, name in zip(told, wanted, strict=False))
