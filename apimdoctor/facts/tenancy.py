"""Which tenants a snapshot speaks of: those that were read, those its policies name, and what kind they seem to be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from apimdoctor.entra import clouds, tokens
from apimdoctor.entra.clouds import Cloud
from apimdoctor.entra.known import is_guid
from apimdoctor.entra.tokens import Home
from apimdoctor.facts.values import Unknown
from apimdoctor.snapshot import Api, Contents, EntraTenant, PolicyText, Snapshot

_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# A tenant id stands after the host of sign-in or of the issuer, in tenant-id, or is a named value of its own.
_TENANT = re.compile(rf"(?:windows\.net|microsoftonline\.\w+|chinacloudapi\.cn|tenant-id\s*=\s*[\"'])/?({_GUID})")
_CUSTOMERS = re.compile(r"([0-9a-z-]{1,64})\.(ciamlogin\.com|b2clogin\.[a-z]{2,3})(?:/(?:tfp/)?([0-9a-z.-]{1,80}))?")
_SIGN_IN = re.compile(r"https://(login\.[0-9a-z.-]{1,60})/(?:v2\.0/)?([0-9a-z.-]{1,80}|\{\{[^{}]{1,80}\}\})")


class Tenancy:
    """The tenants of a snapshot, by id and by domain."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._homes: dict[str, Home] = {}

    @cached_property
    def ids_by_domain(self) -> dict[str, str]:
        """Tenant ids by verified domain."""
        return {domain.lower(): t.id for t in self._snapshot.tenants if t.id for domain in t.domains}

    def id_of(self, text: str) -> str | Unknown:
        """The tenant id that a domain or a GUID stands for; "" for `common`, `organizations` and no text at all."""
        low = text.strip().lower()
        if is_guid(low) or low in ("", "common", "organizations"):
            return low if is_guid(low) else ""
        if low == "consumers":
            return clouds.PERSONAL_TENANT
        return self.ids_by_domain.get(low) or Unknown(f"the tenant id of {low} is not known")

    def cloud_of(self, tenant: EntraTenant | None = None) -> Cloud | None:
        """The cloud of a tenant: its own, that of its initial domain, else the snapshot's."""
        if tenant and not tenant.cloud and (told := clouds.of_domains(tenant.domains)):
            return told
        name = (tenant.cloud if tenant else "") or self._snapshot.cloud
        return next((one for one in self.described if one.name == name), None) or clouds.named(name)

    @cached_property
    def described(self) -> tuple[Cloud, ...]:
        """The clouds that a cloud file describes."""
        return tuple(clouds.described(one.name, one.issuer_v1, one.issuer_v2) for one in self._snapshot.clouds)

    def home(self, tenant: EntraTenant) -> Home:
        """Where the tokens of a tenant's app registrations come from."""
        known = self._homes.get(tenant.id)
        if known is None:
            home = tokens.home_of(tenant, self.cloud_of(tenant))
            told, _ = self.told_id(tenant)
            doubt = self._kind_doubt(home, told) or self._cloud_doubt(tenant, told)
            home = Home(tenant=told, cloud=home.cloud, kind=home.kind, names=home.names, doubt=doubt)
            known = self._homes[tenant.id] = home
        return known

    def elsewhere(self, tenant_id: str) -> Home:
        """The home of a tenant by id, which need not have been read."""
        for tenant in self._snapshot.tenants:
            if tenant_id and self.told_id(tenant)[0] == tenant_id:
                return self.home(tenant)
        return Home(tenant=tenant_id, cloud=self.cloud_of())

    def told_id(self, tenant: EntraTenant) -> tuple[str, str]:
        """The id of a tenant and the doubt about it, for Entra files beside which no organization says whose they are."""
        if tenant.id:
            return tenant.id, ""
        own = {app.app_id for app in tenant.app_registrations}
        owners = {p.owner_tenant for p in tenant.service_principals if p.app_id in own and is_guid(p.owner_tenant)}
        if len(owners) == 1:
            # The home tenant of an app registration is the owner of its service principals.
            return owners.pop(), ""
        named = {t.id for t in self._snapshot.tenants if t.id} | self._in_addresses | self._called_tenant
        if len(named) == 1:
            one = named.pop()
            return one, f"the files do not say their tenant, it is taken to be {one}, the only one that is named"
        return "", ""

    def _kind_doubt(self, home: Home, tenant_id: str) -> str:
        if home.kind:
            return ""
        own = {tenant_id, *home.names, *(f"{name}.onmicrosoft.com" for name in home.names)} - {""}
        for label, domain, path in sorted(self._customer_hosts):
            if label in own or path in own:
                kind = "External ID" if domain == "ciamlogin.com" else "Azure AD B2C"
                return (
                    f"policies ask {label}.{domain}, and nothing that was read says whether the tenant is one of {kind}"
                )
        return ""

    def _cloud_doubt(self, tenant: EntraTenant, tenant_id: str) -> str:
        """Files do not tell a tenant's cloud; where policies sign its callers in at another one, nobody can tell."""
        if tenant.cloud or self._snapshot.cloud != clouds.PUBLIC.name or clouds.of_domains(tenant.domains):
            return ""
        own = {tenant_id, *(domain.lower() for domain in tenant.domains)} - {""}
        hosts = sorted({host for host, segment in self._sign_in_hosts if segment in own or segment.startswith("{{")})
        asked = [cloud for host in hosts if (cloud := clouds.of_login_host(host))]
        if not asked or clouds.PUBLIC in asked:
            return ""
        return f"policies ask {', '.join(hosts)}, and nothing that was read says which cloud the tenant is of"

    @cached_property
    def _sign_in_hosts(self) -> frozenset[tuple[str, str]]:
        return frozenset(
            (m.group(1), m.group(2))
            for text in self._texts
            if "login." in text
            for m in _SIGN_IN.finditer(text.lower())
        )

    @cached_property
    def _customer_hosts(self) -> frozenset[tuple[str, str, str]]:
        found: set[tuple[str, str, str]] = set()
        for text in self._texts:
            low = text.lower()
            if "ciamlogin.com" in low or "b2clogin." in low:
                found.update((m.group(1), m.group(2), m.group(3) or "") for m in _CUSTOMERS.finditer(low))
        return frozenset(found)

    @cached_property
    def named(self) -> tuple[str, ...]:
        """Ids of tenants that policies, named values and services name, sorted; some may be ids of something else."""
        known = {
            one.lower() for t in self._snapshot.tenants for app in t.app_registrations for one in (app.app_id, app.id)
        }
        bare = {text.strip().lower() for text in self._texts if is_guid(text.strip())}
        return tuple(sorted((self._in_addresses | bare) - known))

    @cached_property
    def _in_addresses(self) -> frozenset[str]:
        found = {service.tenant_id.lower() for service in self._snapshot.services if service.tenant_id}
        for text in self._texts:
            found.update(match.group(1).lower() for match in _TENANT.finditer(text))
        return frozenset(found - {clouds.PERSONAL_TENANT})

    @cached_property
    def _called_tenant(self) -> frozenset[str]:
        """Named values that hold a GUID and are called after a tenant."""
        everywhere = [c for s in self._snapshot.services for c in (s.contents, *(w.contents for w in s.workspaces))]
        return frozenset(
            one.value.strip().lower()
            for contents in everywhere
            for one in contents.named_values
            if one.value and is_guid(one.value.strip()) and "tenant" in f"{one.name} {one.display_name}".lower()
        )

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_texts(self._snapshot)))


def _texts(snapshot: Snapshot) -> Iterator[str]:
    """Every policy text and every named value, of which a policy may make an issuer."""
    for service in snapshot.services:
        yield from _policy(service.policy)
        yield from _contents(service.contents)
        for workspace in service.workspaces:
            yield from _policy(workspace.policy)
            yield from _contents(workspace.contents)


def _contents(contents: Contents) -> Iterator[str]:
    for api in contents.apis:
        yield from _api(api)
    for product in contents.products:
        yield from _policy(product.policy)
    for fragment in contents.fragments:
        yield from _policy(fragment.policy)
    for named_value in contents.named_values:
        if named_value.value:
            yield named_value.value


def _api(api: Api) -> Iterator[str]:
    yield from _policy(api.policy)
    for operation in api.operations:
        yield from _policy(operation.policy)
    for resolver in api.resolvers:
        yield from _policy(resolver.policy)


def _policy(policy: PolicyText | None) -> Iterator[str]:
    if policy is not None and policy.text:
        yield policy.text
