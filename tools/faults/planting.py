"""How one API of a healthy generated tenant is made sick: the API to change, what counts as found, and the list of faults.

A planter changes the plan in one way, as the rule's documentation describes the fault and not as its condition asks for
it. The variety around it (token version, audience form, where the check stands) is drawn from `rng` as far as it allows.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tools.entra_objects import Json
from tools.tenant_generator import healthy_check
from tools.tenant_plan import ApiPlan, AppPlan, CheckPlan, OpPlan, guid
from tools.tenant_tree import TenantTree, claim
from tools.tenant_world import World

_LEVELS = {"error": ("error",), "warning": ("error", "warning"), "info": ("error", "warning", "info")}


@dataclass(frozen=True, kw_only=True)
class Planted:
    """Where the one fault of a tenant stands and how it is known: one of `rules`, at least at `severity`.

    `api` is empty where the fault is the service's and no API's.
    """

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

    @property
    def app(self) -> AppPlan:
        """The app registration whose tokens the API takes; no other API does."""
        return self.api.app

    @property
    def check(self) -> CheckPlan:
        """The token check of the API."""
        return self.api.check

    @property
    def client(self) -> Json:
        """The app registration of a client that was granted the API's scope."""
        return self.world.clients[self.world.apps.index(self.app) % len(self.world.clients)]

    @property
    def client_principal(self) -> Json:
        """Its service principal."""
        return self.world.client_principals[self.world.apps.index(self.app) % len(self.world.client_principals)]

    def one_of(self, *choices: str) -> str:
        """One of several spellings."""
        return self.rng.choice(choices)

    def version(self, version: int) -> None:
        """Tokens of this version for the API, and a check that accepts them."""
        self.app.version = 2 if version == 2 else None
        self.check.metadata = [self.world.metadata(version)]
        self.check.issuers = []
        self.check.audiences = [self.app.app_id] if version == 2 else [self.app.app_id, self.app.uri]

    def anywhere(self) -> None:
        """The check of the API stands in its policy or in a fragment."""
        self.api.placement = self.rng.choice(("api", "api", "fragment"))

    def file(self, write: Callable[[TenantTree], None]) -> None:
        """Write something down after all the rest."""
        self.world.further.append(write)


Planter = Callable[[Patient], None]


@dataclass(frozen=True)
class Fault:
    """How to plant a fault and how it is known."""

    change: Planter
    rules: tuple[str, ...]
    severity: str
    of_service: bool = False


FAULTS: dict[str, Fault] = {}


def fault(
    name: str, *, or_else: tuple[str, ...] = (), severity: str = "error", of_service: bool = False
) -> Callable[[Planter], Planter]:
    """Note a planter under the rule that must find it; `or_else` name the same fault as well."""

    def keep(change: Planter) -> Planter:
        FAULTS[name] = Fault(change, (name, *or_else), severity, of_service)
        return change

    return keep


def plant(name: str, world: World, rng: random.Random) -> Planted:
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
    world.grant(len(world.apps) - 1, api.app)
    api.operations.append(OpPlan(name="entry", method="GET", template="/entry"))
    api.check = _plain_check(world, rng, api.app)
    world.apis[number] = api
    chosen = FAULTS[name]
    chosen.change(Patient(world, rng, api))
    return Planted(fault=name, api="" if chosen.of_service else api.name, rules=chosen.rules, severity=chosen.severity)


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
