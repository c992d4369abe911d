"""Faults to plant into a healthy generated tenant: each makes one API sick in exactly one way, and says where.

`plant(fault, world, rng)` changes the plan of one API. The variety around the fault (token version, audience form, where the
check stands) is drawn from `rng` as far as the fault allows.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tools.tenant_generator import healthy_check
from tools.tenant_plan import ApiPlan, AppPlan, CheckPlan, OpPlan, World, guid
from tools.tenant_tree import (
    claim,
    document,
    indented,
)

_OWN_HEADER = """<set-header name="Authorization" exists-action="override">
    <value>Bearer {{outside-key}}</value>
</set-header>"""
_LEVELS = {"error": ("error",), "warning": ("error", "warning"), "info": ("error", "warning", "info")}


@dataclass(frozen=True, kw_only=True)
class Planted:
    """Where the one fault of a tenant stands and how it is known: one of `rules`, at least at `severity`."""

    fault: str
    api: str
    rules: tuple[str, ...]
    severity: str = "error"

    @property
    def severities(self) -> tuple[str, ...]:
        """The severities that count as found."""
        return _LEVELS[self.severity]


@dataclass(frozen=True)
class Patient:
    """The API to make sick, the world around it, and where variety is drawn from."""

    world: World
    rng: random.Random
    api: ApiPlan


@dataclass(frozen=True)
class Fault:
    """How to plant a fault and how it is known."""

    change: Callable[[Patient], None]
    rules: tuple[str, ...]
    severity: str


FAULTS: dict[str, Fault] = {}


def _fault(
    fault: str, *, or_else: tuple[str, ...] = (), severity: str = "error"
) -> Callable[[Callable[[Patient], None]], Callable[[Patient], None]]:
    def keep(change: Callable[[Patient], None]) -> Callable[[Patient], None]:
        FAULTS[fault] = Fault(change, (fault, *or_else), severity)
        return change

    return keep


def plant(fault: str, world: World, rng: random.Random) -> Planted:
    """Make one API of a healthy tenant sick."""
    number = rng.randrange(len(world.apis))
    old = world.apis[number]
    if old.placement == "product":
        del world.products[old.products[0]], world.subscriptions[f"{old.products[0]}-users"]
    api = ApiPlan(
        name=old.name,
        app=_own_app(rng),
        check=old.check,
        key=rng.random() < 0.6,
        operations=[OpPlan(name=op.name, method=op.method, template=op.template) for op in old.operations],
        products=[rng.choice(("partners", "staff"))],
    )
    world.apps.append(api.app)
    api.operations.append(OpPlan(name="entry", method="GET", template="/entry"))
    api.check = _plain_check(world, rng, api.app)
    world.apis[number] = api
    chosen = FAULTS[fault]
    chosen.change(Patient(world, rng, api))
    return Planted(fault=fault, api=api.name, rules=chosen.rules, severity=chosen.severity)


def _own_app(rng: random.Random) -> AppPlan:
    """An app registration of its own, so that nothing planted in it touches another API."""
    app_id = guid(rng)
    return AppPlan(
        name="Planted",
        app_id=app_id,
        object_id=guid(rng),
        principal_id=guid(rng),
        scope_id=guid(rng),
        role_id=guid(rng),
        version=rng.choice((None, 1, 2)),
        uri=f"api://{app_id}",
        scope="Planted.Read",
        role="Planted.Read.All",
        legacy=rng.random() < 0.2,
    )


def _plain_check(world: World, rng: random.Random, app: AppPlan) -> CheckPlan:
    """A healthy validate-jwt without an aud claim, for faults that change one part of it."""
    while True:
        check = healthy_check(world, rng, app)
        if check.element == "validate-jwt" and check.audiences:
            check.claims = [claim("scp", [app.scope], separator=" ")]
            return check


def _version(api: ApiPlan, version: int) -> None:
    api.app.version = 2 if version == 2 else None


def _anywhere(at: Patient) -> None:
    """The check of the API, directly or in a fragment."""
    at.api.placement = at.rng.choice(("api", "api", "fragment"))


# ------------------------------------------------------------------- issuer
@_fault("issuer-version-mismatch")
def _issuer_version(at: Patient) -> None:
    other = 3 - at.api.app.token_version
    tenant = at.rng.choice(("{{tenant}}", at.world.tenant_id))
    at.api.check.metadata = [at.world.metadata(other, tenant)]
    at.api.check.issuers = at.rng.choice(([], [at.world.issuer(other)]))
    at.api.check.audiences = [at.api.app.app_id, at.api.app.uri]
    _anywhere(at)


@_fault(
    "issuer-not-accepted",
    or_else=(
        "metadata-of-other-tenant",
        "issuer-of-other-tenant",
    ),
)
def _issuer_not_accepted(at: Patient) -> None:
    at.api.check.metadata = [at.world.metadata(at.api.app.token_version, guid(at.rng))]
    at.api.check.issuers = []
    _anywhere(at)


@_fault("issuer-never-issued", severity="warning")
def _issuer_never_issued(at: Patient) -> None:
    tenant = at.world.tenant_id
    at.api.check.metadata = [at.world.metadata(at.api.app.token_version)]
    at.api.check.issuers = [
        at.rng.choice(
            (
                f"https://sts.windows.net/{tenant}",
                f"https://login.microsoftonline.com/{tenant}/",
                f"https://sts.windows.net/{tenant}/v2.0",
            )
        )
    ]


@_fault("issuer-of-other-tenant", severity="warning")
def _issuer_of_other_tenant(at: Patient) -> None:
    at.api.check.metadata = [at.world.metadata(at.api.app.token_version)]
    at.api.check.issuers = [f"https://sts.windows.net/{guid(at.rng)}/"]


@_fault("issuer-unchecked", severity="info")
def _issuer_unchecked(at: Patient) -> None:
    at.api.check.metadata, at.api.check.issuers = [], []
    at.api.check.keys = "<key>{{outside-key}}</key>"


@_fault("any-tenant-accepted", severity="warning")
def _any_tenant(at: Patient) -> None:
    _version(at.api, 2)
    at.api.check.metadata = [at.world.metadata(2, at.rng.choice(("common", "organizations")))]
    at.api.check.issuers, at.api.check.audiences = [], [at.api.app.app_id]


# ----------------------------------------------------------------- audience
@_fault("audience-not-emitted")
def _audience_not_emitted(at: Patient) -> None:
    _version(at.api, 2)
    at.api.check.metadata, at.api.check.issuers = [at.world.metadata(2)], []
    at.api.check.audiences = [at.api.app.uri]
    _anywhere(at)


@_fault("audience-unchecked")
def _audience_unchecked(at: Patient) -> None:
    at.api.check.audiences, at.api.check.claims = [], []
    _anywhere(at)


@_fault("tenant-only-token-check")
def _tenant_only(at: Patient) -> None:
    at.api.check = CheckPlan(
        element="validate-azure-ad-token", tenant=at.rng.choice(("{{tenant}}", at.world.tenant_id))
    )
    _anywhere(at)


@_fault("audience-of-microsoft-api")
def _audience_of_microsoft(at: Patient) -> None:
    at.api.check.audiences = [
        at.rng.choice(
            (
                "https://management.azure.com/",
                "https://management.core.windows.net/",
                "00000003-0000-0000-c000-000000000000",
                "https://vault.azure.net",
            )
        )
    ]


@_fault("audience-names-no-app", severity="warning")
def _audience_names_no_app(at: Patient) -> None:
    at.api.check.audiences = [guid(at.rng)]


@_fault("audience-is-object-id")
def _audience_is_object_id(at: Patient) -> None:
    at.api.check.audiences = [at.rng.choice((at.api.app.object_id, at.api.app.principal_id))]


@_fault("audience-contradiction")
def _audience_contradiction(at: Patient) -> None:
    pair = [at.api.app.app_id, at.api.app.uri]
    at.rng.shuffle(pair)
    at.api.check.audiences = [pair[0]]
    at.api.check.claims = [claim("aud", [pair[1]])]


# -------------------------------------------------------------------- order
@_fault("caller-token-overwritten-before-check")
def _overwritten(at: Patient) -> None:
    at.api.before = [
        at.rng.choice(
            (
                '<authentication-managed-identity resource="https://storage.azure.com/" />',
                '<authentication-basic username="gate" password="{{outside-key}}" />',
                _OWN_HEADER,
            )
        )
    ]
    _anywhere(at)


@_fault("gateway-token-accepted")
def _gateway_token(at: Patient) -> None:
    at.api.before = [f'<authentication-managed-identity resource="{at.api.app.uri}" />']
    at.api.check.metadata, at.api.check.issuers = [at.world.metadata(1), at.world.metadata(2)], []
    at.api.check.audiences = [at.api.app.app_id, at.api.app.uri]
    at.api.check.claims = []


@_fault("response-before-check", or_else=("operation-unprotected",))
def _response_before(at: Patient) -> None:
    answer = (
        '<return-response>\n    <set-status code="200" reason="OK" />\n'
        '    <set-body>@(((IResponse)context.Variables["found"]).Body.As<string>())</set-body>\n</return-response>'
    )
    call = (
        '<send-request mode="new" response-variable-name="found" timeout="20" ignore-error="false">\n'
        f"    <set-url>https://{at.api.name}.internal.example/list</set-url>\n    <set-method>GET</set-method>\n</send-request>"
    )
    at.api.operations[-1].policy = document(f"{call}\n{answer}\n<base />")


# ----------------------------------------------------------------- coverage
@_fault("operation-unprotected")
def _unprotected(at: Patient) -> None:
    at.api.placement, at.api.key = "none", False
    at.api.after = ['<authentication-managed-identity resource="https://storage.azure.com/" />']


@_fault("check-only-in-product")
def _only_in_product(at: Patient) -> None:
    at.api.placement, at.api.key, at.api.products = "product", True, ["planted"]
    at.world.products["planted"] = document("<base />\n" + at.api.check.xml())
    at.world.subscriptions["planted-users"] = "/products/planted"
    at.world.subscriptions["planted-direct"] = f"/apis/{at.api.name}"


@_fault("base-missing-drops-check")
def _base_missing(at: Patient) -> None:
    inbound = '<set-header name="X-Zone" exists-action="override">\n    <value>{{region}}</value>\n</set-header>'
    at.api.operations[-1].policy = document(inbound)
    _anywhere(at)


@_fault("check-behind-condition")
def _behind_condition(at: Patient) -> None:
    condition = at.rng.choice(
        (
            '@(context.Request.Headers.ContainsKey("Authorization"))',
            '@(context.Request.Headers.GetValueOrDefault("X-Internal", "") != "yes")',
            '@(context.Request.Url.Query.GetValueOrDefault("trusted", "no") != "yes")',
        )
    )
    _guard(at.api, condition)


@_fault("check-guard-never-true")
def _guard_never_true(at: Patient) -> None:
    condition = at.rng.choice(
        (
            "@(false)",
            '@(context.Variables.GetValueOrDefault<string>("check-token", "no") == "yes")',
            '@(context.Variables.ContainsKey("must-sign-in"))',
        )
    )
    _guard(at.api, condition)


def _guard(api: ApiPlan, condition: str) -> None:
    inner = indented(api.check.xml(), 8)
    guarded = f'<choose>\n    <when condition="{condition}">\n{inner}\n    </when>\n</choose>'
    api.policy = document(f"<base />\n{guarded}")


@_fault("console-server-without-check", or_else=("operation-unprotected",), severity="warning")
def _console(at: Patient) -> None:
    at.api.placement = "none"
    at.api.console = f"{at.api.app.app_id}/{at.api.app.scope}"


# ------------------------------------------------------- claims and identity
@_fault("scope-without-separator", severity="warning")
def _scope_separator(at: Patient) -> None:
    at.api.check.claims = [claim("scp", [at.api.app.scope])]
    _anywhere(at)


@_fault("claim-of-other-version")
def _claim_of_other_version(at: Patient) -> None:
    client = at.world.clients[0]["appId"]
    names = ("appid", "unique_name") if at.api.app.token_version == 2 else ("azp", "preferred_username")
    name = at.rng.choice(names)
    at.api.check.claims = [claim(name, [client] if name in ("appid", "azp") else [])]


@_fault("managed-identity-not-enabled")
def _identity_missing(at: Patient) -> None:
    at.api.after = [
        f'<authentication-managed-identity resource="https://storage.azure.com/" client-id="{guid(at.rng)}" />',
    ]
    _anywhere(at)
