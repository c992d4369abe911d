"""A seeded generator of tenants that are healthy by construction, in the sizes that the tests and the bench need.

Run as a program it writes one: `python -m tools.tenant_generator --size M --seed 1 FOLDER`.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

from tools.entra_objects import (
    Json,
    graph_app,
    principal,
)
from tools.policy_filler import inbound_filler, outbound_filler
from tools.tenant_plan import ApiPlan, AppPlan, CheckPlan, OpPlan, Placement, guid
from tools.tenant_tree import (
    claim,
    document,
)
from tools.tenant_world import World


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything; `operation_policies` is how many operations have a policy of their own."""

    apis: int
    operations: int
    operation_policies: int
    app_registrations: int
    service_principals: int
    lines: int = 40


SIZES = {
    "tiny": Size(apis=5, operations=10, operation_policies=3, app_registrations=9, service_principals=9, lines=24),
    "S": Size(apis=20, operations=200, operation_policies=60, app_registrations=500, service_principals=500),
    "bench": Size(apis=250, operations=1500, operation_policies=580, app_registrations=1000, service_principals=1000),
    "M": Size(apis=250, operations=2500, operation_policies=1740, app_registrations=5000, service_principals=6000),
    "L": Size(
        apis=2500, operations=75_000, operation_policies=5800, app_registrations=10_000, service_principals=110_000
    ),
}
"""S, M and L as the bench of large tenants names them; `bench` is 1,000 policies of about 40 lines."""

_FRAME = 15
"""Lines of a document without its filler, and by how much the last statement runs over, on average."""
_NOUNS = [
    "orders",
    "carriers",
    "invoices",
    "quotes",
    "stock",
    "routes",
    "drivers",
    "permits",
    "meters",
    "claims",
    "tariffs",
    "berths",
    "parcels",
    "vouchers",
]
_SETTINGS_CALL = """<send-request mode="new" response-variable-name="settings" timeout="10" ignore-error="false">
    <set-url>https://tenant-settings.azconfig.io/kv/limits?api-version=1.0</set-url>
    <set-method>GET</set-method>
    <authentication-managed-identity resource="https://tenant-settings.azconfig.io" />
</send-request>"""
_QUALITIES = ("regional", "nightly", "partner", "internal", "public", "legacy", "harbour", "bonded", "express", "bulk")


def generate(size: Size, seed: object) -> World:
    """A healthy tenant: the same size and seed give the same files."""
    rng = random.Random(f"{size} {seed}")
    world = World(
        tenant_id=guid(rng),
        service=rng.choice(("brightwater", "larkspur", "tidewell", "oakmoor")),
        gateway_principal=guid(rng),
        gateway_client=guid(rng),
    )
    world.named_values = {"tenant": world.tenant_id, "region": "north", "outside-key": None}
    api_apps = min(size.apis, max(2, size.app_registrations // 2))
    world.apps = [_app(rng, number) for number in range(api_apps)]
    _add_clients(world, rng, size.app_registrations - api_apps)
    for number, app in enumerate(world.apps):
        world.grant(number, app)
    spare = size.service_principals - api_apps - len(world.client_principals)
    world.other_principals = [_stranger(rng, number) for number in range(max(0, spare))]
    world.products = dict.fromkeys(("partners", "staff", "devices")[: 2 if size.apis < 10 else 3], "")
    world.subscriptions = {f"{name}-users": f"/products/{name}" for name in world.products}
    if rng.random() < 0.5:
        world.global_inbound = [
            '<set-header name="X-Request-Zone" exists-action="override">\n    <value>{{region}}</value>\n</set-header>'
        ]
    for number in range(size.apis):
        world.apis.append(_api(world, rng, number))
    _add_operations(world, rng, size)
    return world


def _app(rng: random.Random, number: int) -> AppPlan:
    noun = f"{rng.choice(_QUALITIES)} {rng.choice(_NOUNS)} {number}"
    app_id = guid(rng)
    uri = rng.choice((f"api://{app_id}", f"https://{noun.replace(' ', '-')}.tenant.example", f"api://{app_id}"))
    return AppPlan(
        name=noun.title(),
        app_id=app_id,
        object_id=guid(rng),
        principal_id=guid(rng),
        scope_id=guid(rng),
        role_id=guid(rng),
        version=rng.choice((None, 1, 2, 2)),
        uri=uri,
        scope=noun.split(maxsplit=1)[0].title() + ".Read",
        role=noun.split(maxsplit=1)[0].title() + ".Read.All",
        legacy=rng.random() < 0.1,
    )


def _add_clients(world: World, rng: random.Random, count: int) -> None:
    for number in range(count):
        app_id, name = guid(rng), f"Client {number}"
        body = graph_app(
            object_id=guid(rng),
            app_id=app_id,
            name=name,
            version=rng.choice((None, None, 2)),
            spa=["https://client.tenant.example"] if rng.random() < 0.3 else [],
            wants=_wants(world, rng),
        )
        world.clients.append(body)
        world.client_principals.append(principal(object_id=guid(rng), app_id=app_id, name=name, owner=world.tenant_id))
    world.console_client = world.clients[0]["appId"] if world.clients else ""


def _wants(world: World, rng: random.Random) -> list[Json]:
    app = rng.choice(world.apps)
    return [{"resourceAppId": app.app_id, "resourceAccess": [{"id": app.scope_id, "type": "Scope"}]}]


def _stranger(rng: random.Random, number: int) -> Json:
    return principal(object_id=guid(rng), app_id=guid(rng), name=f"Gallery app {number}", owner=guid(rng))


def healthy_check(world: World, rng: random.Random, app: AppPlan) -> CheckPlan:
    """A check that accepts exactly what the app registration's tokens carry, in one of the forms people write."""
    version, other = app.token_version, 3 - app.token_version
    tenant = rng.choice(("{{tenant}}", world.tenant_id))
    check = CheckPlan(tenant=tenant, audiences=_audiences(world, rng, app))
    if rng.random() < 0.2:
        check.element = "validate-azure-ad-token"
        if rng.random() < 0.4 and world.clients:
            check.clients = [rng.choice(world.clients)["appId"]]
    else:
        own, foreign = world.issuer(version), world.issuer(other)
        check.metadata, check.issuers = rng.choice(
            (
                ([world.metadata(version, tenant)], []),
                ([world.metadata(version, tenant)], [own]),
                ([world.metadata(other, tenant)], [own]),
                ([world.metadata(other, tenant)], [own, foreign]),
                ([world.metadata(1, tenant), world.metadata(2, tenant)], []),
            )
        )
        if rng.random() < 0.15:
            values, check.audiences = check.audiences, []
            check.claims.append(claim("aud", values))
    check.claims += rng.choice(
        (
            [claim("scp", [app.scope], separator=" ")],
            [claim("roles", [app.role])],
            [],
            [claim("azp" if version == 2 else "appid", [rng.choice(world.clients)["appId"]])] if world.clients else [],
        )
    )
    return check


def _audiences(world: World, rng: random.Random, app: AppPlan) -> list[str]:
    own = app.app_id
    if rng.random() < 0.3:
        name = f"audience-{app.name.lower().replace(' ', '-')}"
        world.named_values[name] = app.app_id
        own = f"{{{{{name}}}}}"
    if app.token_version == 1 or rng.random() < 0.2:
        return [own, app.uri]
    return [own]


def _api(world: World, rng: random.Random, number: int) -> ApiPlan:
    app = world.apps[number % len(world.apps)]
    placement: Placement = rng.choices(
        ("api", "fragment", "branches", "operations", "product", "none"), (55, 12, 10, 10, 6, 7)
    )[0]
    api = ApiPlan(
        name=f"{rng.choice(_NOUNS)}-{number}",
        app=app,
        check=healthy_check(world, rng, app),
        placement=placement,
        key=placement in ("product", "none") or rng.random() < 0.7,
        products=[rng.choice([name for name in world.products if not world.products[name]])],
        revision=placement == "api" and rng.random() < 0.1,
    )
    if placement in ("api", "fragment") and rng.random() < 0.12:
        api.workspace = "yard"
    if placement == "product":
        product = f"checked-{number}"
        world.products[product] = document("<base />\n" + api.check.xml())
        world.subscriptions[f"{product}-users"] = f"/products/{product}"
        api.products = [product]
    if placement in ("api", "fragment", "branches"):
        api.before = _before(rng)
        api.after = _after(rng)
        api.console = f"{app.app_id}/{app.scope}" if not api.workspace and rng.random() < 0.1 else ""
    return api


def _before(rng: random.Random) -> list[str]:
    """What may stand above a check without harm."""
    looks_guilty = (
        '<authentication-managed-identity resource="https://storage.azure.com/" output-token-variable-name="store" />',
        _SETTINGS_CALL,
        '<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" />',
        '<rate-limit-by-key calls="100" renewal-period="60" counter-key="@(context.Request.IpAddress)" />',
        '<set-variable name="started" value="@(DateTime.UtcNow.ToString("o"))" />',
    )
    return [rng.choice(looks_guilty)] if rng.random() < 0.5 else []


def _after(rng: random.Random) -> list[str]:
    """What may stand below a check: the gateway signs in to the back end itself."""
    if rng.random() < 0.25:
        return ['<authentication-managed-identity resource="https://storage.azure.com/" />']
    return []


def _add_operations(world: World, rng: random.Random, size: Size) -> None:
    """Operations in turn over all APIs; the first of them carry policies of their own."""
    left = size.operation_policies
    for number in range(size.operations):
        api = world.apis[number % len(world.apis)]
        method = rng.choice(("GET", "GET", "POST", "PUT", "DELETE"))
        op = OpPlan(name=f"op-{number // len(world.apis)}", method=method, template=f"/{rng.choice(_NOUNS)}/{number}")
        if left > 0:
            left -= 1
            op.filler = inbound_filler(rng, (size.lines - _FRAME) * 3 // 4)
            op.outbound = outbound_filler(rng, (size.lines - _FRAME) // 4)
        api.operations.append(op)
    for api in world.apis:
        if api.placement in ("api", "fragment") and rng.random() < 0.1:
            api.operations.append(_health())


def _health() -> OpPlan:
    answer = '<return-response>\n    <set-status code="200" reason="OK" />\n</return-response>'
    return OpPlan(name="health", method="GET", template="/health", policy=document(answer))


def write(files: dict[str, bytes], folder: Path) -> None:
    """Put the files of a tree into a folder."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def main() -> None:
    """Write a generated tenant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=sorted(SIZES), default="S")
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    files = generate(SIZES[options.size], options.seed).files()
    write(files, options.folder)
    policies = sum(path.endswith("policy.xml") for path in files)
    print(f"{len(files)} files, {policies} policies, {sum(map(len, files.values())) / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
