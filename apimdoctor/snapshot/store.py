"""Snapshots as documents: saved, loaded, put in order and merged."""

import gzip
import os
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot.apim import Contents, Service, Workspace
from apimdoctor.snapshot.entra import EntraTenant
from apimdoctor.snapshot.whole import APP_REGISTRATIONS, SCHEMA, Gap, Snapshot

_T = TypeVar("_T")

MAX_BYTES = 1 << 30
"""The largest snapshot, decompressed: a tenant with 200,000 objects stays below it."""

_GZIP = b"\x1f\x8b"
_HINT = "save it again with `apimdoctor scan --save-snapshot`"
_UNREADABLE = 3


class _Schema(msgspec.Struct):
    schema: str = ""


def dump(snapshot: Snapshot) -> bytes:
    """A snapshot as JSON: sorted, so that equal snapshots are equal bytes."""
    return msgspec.json.encode(ordered(snapshot)) + b"\n"


def load(content: bytes) -> Snapshot:
    """The snapshot of a saved document, plain or gzip."""
    if content.startswith(_GZIP):
        content = _decompressed(content)
    if len(content) > MAX_BYTES:
        raise _error(f"the snapshot is larger than {MAX_BYTES >> 20} MiB")
    try:
        schema = msgspec.json.decode(content, type=_Schema).schema
        if schema != SCHEMA:
            told = f'its schema is "{schema[:60]}"' if schema else "it names no schema"
            raise _error(f'this is no snapshot that this version reads: {told}, expected "{SCHEMA}"')
        return msgspec.json.decode(content, type=Snapshot)
    except msgspec.ValidationError as error:
        raise _error(f"the snapshot is damaged: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else "not whole, or no JSON"
        raise _error(f"the snapshot cannot be read: it is {reason}") from None


def save(path: Path, snapshot: Snapshot) -> None:
    """Write a snapshot (gzip when the name ends in .gz) that only its owner may read, whole or not at all."""
    content = dump(snapshot)
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    temporary = None
    try:
        # NamedTemporaryFile creates with mode 0600, beside the target so that the rename is atomic.
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = (error.strerror or type(error).__name__).lower()
        raise ApimDoctorError(f"cannot write the snapshot {path}: {reason}", "choose another file") from None


def ordered(snapshot: Snapshot) -> Snapshot:
    """The same snapshot with every collection in its fixed order."""
    return replace(
        snapshot,
        services=_sorted(
            (_ordered_service(service) for service in snapshot.services), lambda one: (one.id.lower(), one.id)
        ),
        tenants=_sorted(map(_ordered_tenant, snapshot.tenants), lambda one: one.id),
        sites=_sorted(snapshot.sites, lambda one: (one.site, one.id, one.origin.document)),
        metadata=_sorted(snapshot.metadata, lambda one: one.url),
        gaps=_sorted(dict.fromkeys(snapshot.gaps), lambda one: (one.scope, one.kind, one.detail, one.hint)),
        clouds=_sorted(dict.fromkeys(snapshot.clouds), lambda one: (one.name, one.issuer_v1, one.issuer_v2)),
    )


def merge(snapshots: Sequence[Snapshot]) -> Snapshot:
    """Several snapshots as one: tenants of one id are united, of two services with one id the first stays.

    What a job left to another (`--without entra`) is no gap when that one has read it.
    """
    if len(snapshots) == 1:
        return ordered(snapshots[0])
    services: dict[str, Service] = {}
    tenants: dict[str, EntraTenant] = {}
    gaps: list[Gap] = []
    for snapshot in snapshots:
        gaps += snapshot.gaps
        for service in snapshot.services:
            if services.setdefault(service.id.lower(), service) is not service:
                gaps.append(_second(service.id, "service"))
        for tenant in snapshot.tenants:
            first = tenants.get(tenant.id)
            tenants[tenant.id] = tenant if first is None else united(first, tenant)
    clouds = {snapshot.cloud for snapshot in snapshots} - {""}
    versions = {snapshot.collected_by for snapshot in snapshots}
    if len(clouds) > 1:
        gaps.append(
            Gap(scope="snapshots", kind="skipped", detail=f"snapshots of different clouds: {', '.join(sorted(clouds))}")
        )
    return ordered(
        Snapshot(
            collected_at=max((snapshot.collected_at for snapshot in snapshots), default=""),
            cloud=next((snapshot.cloud for snapshot in snapshots), "public"),
            sources=tuple(source for snapshot in snapshots for source in snapshot.sources),
            services=tuple(services.values()),
            tenants=tuple(tenants.values()),
            sites=_first(
                (site for snapshot in snapshots for site in snapshot.sites), lambda one: (one.id.lower(), one.site)
            ),
            metadata=_first((found for snapshot in snapshots for found in snapshot.metadata), lambda one: one.url),
            gaps=tuple(one for one in gaps if not _read_elsewhere(one, tenants.values())),
            collected_by=next(iter(versions)) if len(versions) == 1 else "",
            clouds=tuple(cloud for snapshot in snapshots for cloud in snapshot.clouds),
        )
    )


def _read_elsewhere(gap: Gap, tenants: Iterable[EntraTenant]) -> bool:
    """Whether what one job left to another was read by it: then nothing is missing."""
    read = {tenant.id for tenant in tenants if "app_registrations" in tenant.whole}
    if gap.kind != "skipped" or not read:
        return False
    return gap.scope == APP_REGISTRATIONS or gap.scope.removeprefix(f"{APP_REGISTRATIONS} of tenant ") in read


def united(first: EntraTenant, second: EntraTenant) -> EntraTenant:
    """Two readings of one tenant: every object once, the first reading's where both have it; whole where either was."""
    return replace(
        first,
        display_name=first.display_name or second.display_name,
        kind=first.kind or second.kind,
        domains=tuple(sorted({*first.domains, *second.domains})),
        cloud=first.cloud or second.cloud,
        app_registrations=_first((*first.app_registrations, *second.app_registrations), lambda one: one.app_id),
        service_principals=_first((*first.service_principals, *second.service_principals), lambda one: one.id),
        app_role_assignments=_first((*first.app_role_assignments, *second.app_role_assignments), lambda one: one.id),
        delegated_grants=_first((*first.delegated_grants, *second.delegated_grants), lambda one: one.id),
        whole=tuple(sorted({*first.whole, *second.whole})),
    )


def _ordered_service(service: Service) -> Service:
    return replace(
        service,
        contents=_ordered_contents(service.contents),
        workspaces=_sorted(map(_ordered_workspace, service.workspaces), lambda one: one.name),
    )


def _ordered_workspace(workspace: Workspace) -> Workspace:
    return replace(workspace, contents=_ordered_contents(workspace.contents))


def _ordered_contents(contents: Contents) -> Contents:
    named: Callable[[Any], Any] = lambda one: one.name  # noqa: E731 (one key for many collections)
    return replace(
        contents,
        apis=_sorted(contents.apis, lambda one: (one.name, len(one.revision), one.revision)),
        products=_sorted(contents.products, named),
        fragments=_sorted(contents.fragments, named),
        named_values=_sorted(contents.named_values, named),
        backends=_sorted(contents.backends, named),
        console_servers=_sorted(contents.console_servers, lambda one: (one.kind, one.name)),
        subscriptions=_sorted(contents.subscriptions, named),
        diagnostics=_sorted(contents.diagnostics, lambda one: (one.api, one.name)),
        gateways=_sorted(contents.gateways, named),
        certificates=tuple(sorted(contents.certificates)),
        whole=tuple(sorted(contents.whole)),
    )


def _ordered_tenant(tenant: EntraTenant) -> EntraTenant:
    return replace(
        tenant,
        app_registrations=_sorted(tenant.app_registrations, lambda one: (one.app_id, one.id)),
        service_principals=_sorted(tenant.service_principals, lambda one: (one.id, one.app_id)),
        app_role_assignments=_sorted(tenant.app_role_assignments, lambda one: one.id),
        delegated_grants=_sorted(tenant.delegated_grants, lambda one: one.id),
    )


def _sorted(found: Iterable[_T], key: Callable[[_T], Any]) -> tuple[_T, ...]:
    return tuple(sorted(found, key=key))


def _first(found: Iterable[_T], key: Callable[[_T], Any]) -> tuple[_T, ...]:
    kept: dict[Any, _T] = {}
    for one in found:
        kept.setdefault(key(one), one)
    return tuple(kept.values())


def _second(identifier: str, what: str) -> Gap:
    detail = f"the {what} is in two sources; the first one counts"
    return Gap(scope=identifier, kind="skipped", detail=detail, hint="give each source once")


def _decompressed(content: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content, MAX_BYTES + 1)
    except zlib.error:
        raise _error("the snapshot cannot be read: its compression is damaged") from None
    if len(plain) > MAX_BYTES:
        return plain  # the caller refuses it
    if not unpacker.eof:
        raise _error("the snapshot cannot be read: its compression is damaged or cut off")
    return plain


def _error(message: str) -> ApimDoctorError:
    return ApimDoctorError(message, _HINT, _UNREADABLE)
