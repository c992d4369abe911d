"""From a snapshot to the facts: policies read and followed, joined with what Entra ID does, each subject made once."""

from collections.abc import Iterator

from msgspec import Struct

from apimdoctor.facts import documents, expressions, references, services, standing
from apimdoctor.facts.apps import Apps, build_apps
from apimdoctor.facts.backends import Backends
from apimdoctor.facts.checks import Checks
from apimdoctor.facts.conditions import Conditions
from apimdoctor.facts.documents import Policy, Surroundings
from apimdoctor.facts.drafts import Draft, Followed, effective_of
from apimdoctor.facts.easy_auth import Sites
from apimdoctor.facts.hosts import Hosts
from apimdoctor.facts.identities import Identities
from apimdoctor.facts.joining import afterwards
from apimdoctor.facts.locating import Texts
from apimdoctor.facts.routes import Routes
from apimdoctor.facts.services import Resources
from apimdoctor.facts.steps import Steps
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import (
    Api,
    Facts,
    Fragment,
    IdentityChange,
    NamedValue,
    Place,
    Reference,
    Route,
    TokenCheck,
)
from apimdoctor.facts.walking import Walk
from apimdoctor.facts.ways import Ways
from apimdoctor.policy.effective import Effective
from apimdoctor.policy.way import Doubt, Placed, Way, Writer
from apimdoctor.snapshot import Snapshot


def build(snapshot: Snapshot, *, all_apps: bool = False) -> Facts:
    """The facts of a snapshot. `all_apps`: app registrations that no policy and no console server names as well."""
    return _Builder(snapshot, all_apps).facts()


def build_whole(snapshot: Snapshot, *, all_apps: bool = False) -> "Built":
    """The facts, and for each route the policy that runs on it: for following one call."""
    builder = _Builder(snapshot, all_apps)
    return Built(builder.facts(), builder)


class Built:
    """Facts with the way back to the policies they were made of. Everything in it was made by the build."""

    def __init__(self, facts: Facts, builder: "_Builder") -> None:
        self.facts = facts
        self._builder = builder

    def effective(self, route: Route) -> Effective:
        """The effective policy of a route."""
        return effective_of(self._builder.drafts[id(route)])

    def way(self, route: Route) -> Way:
        """Everything that may happen on a route."""
        return self._builder.drafts[id(route)].way

    def check(self, placed: Placed) -> TokenCheck | None:
        """The token check that stands at a step, None when the step is none."""
        if placed.element.name not in ("validate-jwt", "validate-azure-ad-token"):
            return None
        return self._builder.made.texts.check(placed)

    def identity(self, writer: Writer) -> IdentityChange:
        """The identity change that a step makes."""
        return self._builder.made.identities.of(writer)

    def place(self, placed: Placed) -> Place:
        """Where a step stands."""
        return self._builder.made.texts.place(placed)


class _Made(Struct, eq=False):
    """What makes subjects, wired together."""

    apps: Apps
    texts: Texts
    conditions: Conditions
    identities: Identities
    backends: Backends
    ways: Ways
    resources: Resources
    walk: Walk


class _Builder:
    """One build."""

    def __init__(self, snapshot: Snapshot, all_apps: bool) -> None:
        self._snapshot = snapshot
        self._all_apps = all_apps
        self._everything = documents.surroundings(snapshot)
        followed = Followed()
        self._drafts = [list(followed.drafts(around)) for around in self._everything]
        self.drafts: dict[int, Draft] = {}
        self.made = self._wired()
        self._doubts = tuple(
            dict.fromkeys(
                Unknown(policy.read.reason)
                for around in self._everything
                for policy in around.each()
                if isinstance(policy.read, Doubt)
            )
        )

    def _wired(self) -> _Made:
        apps = build_apps(self._snapshot)
        walk = Walk()
        hosts = Hosts(self._snapshot.tenants)
        backends = Backends(self._snapshot.sites, Sites(apps), hosts)
        by_key = {policy.key: (around, policy) for around in self._everything for policy in around.each()}
        token_variables, gateway_variables = walk.output_variables(self._everything)
        texts = Texts(by_key, Checks(apps), Steps(token_variables, gateway_variables, hosts))
        drafts = [draft for found in self._drafts for draft in found if isinstance(draft, Draft)]
        texts.checks.afterwards = afterwards(drafts, texts, backends)
        conditions = Conditions(texts)
        identities = Identities(apps, texts, self._snapshot.tenants)
        ways = Ways(texts, conditions, identities, backends)
        return _Made(apps, texts, conditions, identities, backends, ways, Resources(apps), walk)

    def facts(self) -> Facts:
        """All of it. Routes come first: they know the scope at which fragments run."""
        made = self.made
        routes = tuple(self._routes())
        token_checks = tuple(self._token_checks())
        self._remaining_identities()
        self._remaining_steps()
        apis = tuple(self._apis())
        console_servers = tuple(
            made.resources.console_server(around, server)
            for around in self._everything
            for server in around.contents.console_servers
        )
        found_references = tuple(self._references())
        demanded = expressions.Demanded(token_checks)
        backends = tuple(
            made.backends.entity(around, entity) for around in self._everything for entity in around.contents.backends
        )
        return Facts(
            collected_at=self._snapshot.collected_at,
            tenants=made.apps.tenants,
            services=tuple(services.service(made.apps, service) for service in self._snapshot.services),
            apis=apis,
            routes=routes,
            token_checks=(*token_checks, *self._doubts),
            steps=(*made.texts.steps.all(), *self._doubts),
            conditions=(*made.conditions.all(), *self._doubts),
            identity_changes=(*made.identities.all(), *self._doubts),
            documents=tuple(
                documents.document(policy, made.texts.section_of)
                for around in self._everything
                for policy in around.each()
            ),
            elements=(
                *(
                    element
                    for _, policy in self._policies()
                    for element in standing.elements(policy, made.walk.contents(policy))
                ),
                *self._doubts,
            ),
            expressions=(
                *(
                    expression
                    for around, policy in self._policies()
                    for expression in expressions.expressions(around, policy, demanded)
                ),
                *self._doubts,
            ),
            references=(*found_references, *self._doubts),
            written_texts=(
                *(
                    text
                    for around in self._everything
                    for policy in around.each()
                    for text in references.written_texts(policy)
                ),
                *self._doubts,
            ),
            named_values=tuple(self._named_values(found_references)),
            fragments=tuple(self._fragments()),
            backends=backends,
            sites=made.backends.all_sites(),
            products=tuple(
                made.resources.product(around, product)
                for around in self._everything
                for product in around.contents.products
            ),
            subscriptions=tuple(
                services.subscription(around, subscription)
                for around in self._everything
                for subscription in around.contents.subscriptions
            ),
            console_servers=console_servers,
            diagnostics=tuple(
                services.diagnostic(around, one) for around in self._everything for one in around.contents.diagnostics
            ),
            waivers=tuple(
                waiver
                for around in self._everything
                for policy in around.each()
                for waiver in documents.waivers(policy)
            ),
            # Last: by now everything that names an app registration has been asked for it.
            apps=made.apps.all() if self._all_apps else made.apps.matched(),
            service_principals=made.apps.service_principals(),
            grants=made.apps.grants(),
        )

    def _routes(self) -> Iterator[Route | Unknown]:
        for found in self._drafts:
            yield from dict.fromkeys(draft for draft in found if isinstance(draft, Unknown))
            routes = Routes(self.made.ways, self.made.resources, self.drafts)
            yield from routes.of(d for d in found if isinstance(d, Draft))

    def _apis(self) -> Iterator[Api | Unknown]:
        for around in self._everything:
            if "apis" in around.service.unread:
                yield Unknown(f"the APIs of {around.place.service} were not read")
            for api in around.contents.apis:
                if api.is_online:
                    yield self.made.resources.api(around, api)

    def _token_checks(self) -> Iterator[TokenCheck]:
        """Those that routes meet, then those that stand where no route comes by."""
        texts = self.made.texts
        for around, policy in self._policies():
            for found in self.made.walk.contents(policy).checks:
                if (policy.key, id(found.element)) not in texts.met:
                    texts.checks.of(policy, found.element, around.named, found.section, policy.scope)
        return iter(texts.checks.all())

    def _remaining_identities(self) -> None:
        for around, policy in self._policies():
            for found in self.made.walk.contents(policy).identities:
                if not self.made.identities.knows(policy, found.element):
                    self.made.identities.managed(around, policy, found.element, policy.scope, found.section)

    def _remaining_steps(self) -> None:
        texts = self.made.texts
        for around, policy in self._policies():
            for found in self.made.walk.contents(policy).steps:
                if (policy.key, id(found.element)) not in texts.met:
                    texts.steps.of(policy, found.element, around.named, found.section, policy.scope)

    def _policies(self) -> Iterator[tuple[Surroundings, Policy]]:
        for around in self._everything:
            for policy in around.each():
                yield around, policy

    def _references(self) -> Iterator[Reference]:
        for around, policy in self._policies():
            yield from references.references(around, policy)

    def _named_values(self, found: tuple[Reference, ...]) -> Iterator[NamedValue | Unknown]:
        used = {(r.place.service, r.place.workspace, r.name) for r in found if r.kind == "named value"}
        for around in self._everything:
            if "named_values" not in around.contents.whole:
                yield Unknown(f"not all named values of {around.place.workspace or around.place.service} were read")
            for value in around.contents.named_values:
                here = (around.place.service, around.place.workspace, value.display_name) in used
                # Loggers, back ends and identity providers may use it too, and are not all read.
                because = Unknown(f"no policy uses {value.display_name}, other resources may")
                yield services.named_value(around, value, here or because)

    def _fragments(self) -> Iterator[Fragment]:
        for around in self._everything:
            included = {name for policy in around.each() for name in self.made.walk.contents(policy).fragments}
            for name, policy in around.fragments.items():
                checks = self.made.walk.contents(policy).checks
                unread = isinstance(policy.read, Doubt)
                yield Fragment(
                    place=policy.place,
                    name=name,
                    check_elements=Unknown(policy.read.reason)
                    if isinstance(policy.read, Doubt)
                    else tuple(found.element.name for found in checks),
                    used=True if name in included else self._doubts[0] if self._doubts and not unread else False,
                )
