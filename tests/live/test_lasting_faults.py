"""What lasts is a gap: the snapshot differs from the whole one by exactly what its gaps name."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from apimdoctor.demo.server import EmbeddedAzure, faults
from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot import Contents, EntraTenant, Gap, PolicyText, Service, Snapshot
from tests.live.larch import SERVICE, SITE, TENANT, larch
from tests.live.reading import expected, read, references

LASTING: dict[str, tuple[Callable[..., faults.Fault], str]] = {
    "429": (faults.throttled, "throttled"),
    "a wait that is too long": (lambda **when: faults.throttled("86400", **when), "throttled"),
    "500": (lambda **when: faults.failing(500, **when), "failed"),
    "502 with a page": (lambda **when: faults.failing(502, **when), "failed"),
    "a reset in mid body": (faults.cut_off, "failed"),
    "half of the JSON": (faults.truncated, "unparsed"),
    "no JSON": (faults.malformed, "unparsed"),
    "403": (faults.refused, "denied"),
    "409 without a registered provider": (faults.unregistered, "failed"),
}
ENTRA = {
    "app registrations": "app_registrations",
    "service principals": "service_principals",
    "app role assignments": "app_role_assignments",
    "delegated grants": "delegated_grants",
}
COLLECTIONS = {"namedValues": "named_values", "backends": "backends", "products": "products", "apis": "apis"}


def read_with(*planted: faults.Fault) -> tuple[Snapshot, EmbeddedAzure]:
    with EmbeddedAzure(larch(), faults=planted) as azure:
        return read(azure, references(larch())), azure


def lessened(snapshot: Snapshot, gaps: tuple[Gap, ...]) -> Snapshot:
    """The whole snapshot without what the gaps name, and with the gaps."""
    reasons = {gap.scope: gap.detail for gap in gaps}
    lost = {gap.scope for gap in gaps}
    return replace(
        snapshot,
        services=tuple(_service(service, reasons) for service in snapshot.services),
        tenants=tuple(_tenant(tenant, lost) for tenant in snapshot.tenants),
        sites=tuple(site for site in snapshot.sites if site.origin.document not in lost),
        gaps=gaps,
    )


def _service(service: Service, reasons: dict[str, str]) -> Service:
    def policy(text: PolicyText | None, scope: str) -> PolicyText | None:
        identifier = f"{scope}/policies/policy"
        if identifier not in reasons:
            return text
        return PolicyText(format="", unread=reasons[identifier], origin=replace_origin(identifier))

    def each(found: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(replace(one, policy=policy(one.policy, one.origin.document)) for one in found)

    def contents(held: Contents, scope: str) -> Contents:
        left = {name: () for kind, name in COLLECTIONS.items() if f"{scope}/{kind}" in reasons}
        apis = tuple(
            replace(one, operations=(), unread=("operations",))
            if f"{one.origin.document}/operations" in reasons
            else replace(one, operations=each(one.operations), resolvers=each(one.resolvers))
            for one in each(held.apis)
        )
        kept = {"apis": apis, "products": each(held.products), **left}
        return replace(held, **kept, whole=tuple(name for name in held.whole if name not in left))

    return replace(
        service,
        policy=policy(service.policy, service.id),
        contents=contents(service.contents, service.id),
        workspaces=tuple(
            replace(
                space,
                policy=policy(space.policy, space.origin.document),
                contents=contents(space.contents, space.origin.document),
            )
            for space in service.workspaces
        ),
    )


def replace_origin(identifier: str) -> Any:
    from apimdoctor.snapshot import Origin

    return Origin(document=identifier)


def _tenant(tenant: EntraTenant, lost: set[str]) -> EntraTenant:
    gone = {field for words, field in ENTRA.items() if f"{words} of tenant {tenant.id}" in lost}
    left: dict[str, Any] = dict.fromkeys(gone, ())
    return replace(tenant, **left, whole=tuple(name for name in tenant.whole if name not in gone))


@pytest.mark.parametrize("name", LASTING)
def test_a_fault_that_lasts_costs_the_policies_it_is_on_and_each_is_a_gap(name: str) -> None:
    make, kind = LASTING[name]
    found, azure = read_with(make(where=r"apis/orders(;rev=2)?/(operations/get/)?policies/policy$"))
    scopes = [f"{SERVICE}/apis/orders{rev}{below}" for rev in ("", ";rev=2") for below in ("", "/operations/get")]
    assert {(gap.scope, gap.kind) for gap in found.gaps} == {(f"{scope}/policies/policy", kind) for scope in scopes}
    assert found == lessened(expected(larch()), found.gaps)
    assert [one.path for one in azure.recorded if one.method == "POST" and "register" in one.path.lower()] == []


@pytest.mark.parametrize("kind", COLLECTIONS)
def test_a_collection_that_is_refused_is_empty_not_whole_and_a_gap(kind: str) -> None:
    found, _ = read_with(faults.refused(where=rf"service/larch/{kind}$"))
    assert [(gap.scope, gap.kind) for gap in found.gaps] == [(f"{SERVICE}/{kind}", "denied")]
    assert_same_but_diagnostics(found, lessened(expected(larch()), found.gaps))


def assert_same_but_diagnostics(found: Snapshot, wanted: Snapshot) -> None:
    """Whether the diagnostics are whole hangs on the APIs, whose own diagnostics belong to them."""

    def without(snapshot: Snapshot) -> Snapshot:
        service = snapshot.services[0]
        whole = tuple(name for name in service.contents.whole if name != "diagnostics")
        return replace(snapshot, services=(replace(service, contents=replace(service.contents, whole=whole)),))

    assert without(found) == without(wanted)


def test_operations_that_fail_leave_their_api_with_its_operations_unread() -> None:
    found, _ = read_with(faults.failing(500, where=r"apis/orders/operations$"))
    assert [gap.scope for gap in found.gaps] == [f"{SERVICE}/apis/orders/operations"]
    assert found == lessened(expected(larch()), found.gaps)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("applications", "app registrations"),
        ("oauth2PermissionGrants", "delegated grants"),
        (r"\$batch", "app role assignments"),
    ],
)
@pytest.mark.parametrize("name", ["403", "500", "no JSON"])
def test_what_entra_refuses_is_empty_not_whole_and_a_gap(path: str, words: str, name: str) -> None:
    make, kind = LASTING[name]
    found, _ = read_with(make(where=rf"v1.0/{path}$"))
    assert [(gap.scope, gap.kind) for gap in found.gaps] == [(f"{words} of tenant {TENANT}", kind)]
    assert found == lessened(expected(larch()), found.gaps) or path == "applications"


def test_a_site_that_is_refused_is_a_gap_and_nothing_else_is_lost() -> None:
    found, _ = read_with(faults.refused(where="authsettingsV2$"))
    assert [gap.scope for gap in found.gaps] == [f"{SITE}/config/authsettingsV2"]
    assert found == lessened(expected(larch()), found.gaps)


@pytest.mark.parametrize("where", ["service/larch/namedValues$", "v1.0/applications$"])
def test_pages_that_lead_back_to_themselves_end_and_are_a_gap(where: str) -> None:
    found, azure = read_with(faults.next_link("", where=where))
    assert [gap.kind for gap in found.gaps] == ["unparsed"]
    assert len([one for one in azure.recorded if re.search(where, f"{one.face}{one.path}")]) <= 3
    assert_nothing_but_whole_lost(found)


@pytest.mark.parametrize("where", ["service/larch/namedValues$", "v1.0/applications$", "arm/subscriptions$"])
def test_a_next_link_to_another_host_is_not_followed(where: str) -> None:
    with EmbeddedAzure(Snapshot()) as foreign:
        link = f"{foreign.urls['arm']}/subscriptions?api-version=2022-12-01"
        fault = faults.next_link(link, where=where)
        if "subscriptions" in where:
            with pytest.raises(ApimDoctorError):
                read_with(fault)
        else:
            found, _ = read_with(fault)
            assert [gap.kind for gap in found.gaps] == ["skipped"]
            assert_nothing_but_whole_lost(found)
    assert foreign.recorded == []


def assert_nothing_but_whole_lost(found: Snapshot) -> None:
    """What the first page told is kept, and only "this is all" is lost."""

    def objects(snapshot: Snapshot) -> Snapshot:
        service, tenant = snapshot.services[0], snapshot.tenants[0]
        return replace(
            snapshot,
            services=(replace(service, contents=replace(service.contents, whole=())),),
            tenants=(replace(tenant, whole=()),),
            gaps=(),
        )

    assert objects(found) == objects(expected(larch()))
    assert found != expected(larch())


def test_no_rights_at_all_is_one_sentence() -> None:
    with EmbeddedAzure(larch(), faults=[faults.refused(where="^arm")]) as azure, pytest.raises(ApimDoctorError) as told:
        read(azure)
    assert told.value.code == 3
    assert "cannot be listed" in told.value.message
