"""Back ends: entities and bare addresses that requests go to, with the Easy Auth of the sites behind them."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from apimdoctor import snapshot
from apimdoctor.facts import places, written
from apimdoctor.facts.documents import Surroundings
from apimdoctor.facts.easy_auth import Sites
from apimdoctor.facts.hosts import Hosts, is_private
from apimdoctor.facts.steps import host_of, scheme_of
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Backend, Place, SiteAuth
from apimdoctor.policy.value import Literal, Value
from apimdoctor.policy.value_text import value_of
from apimdoctor.policy.way import Call

# App Service gives every site one of these host names (docs: app-service overview; sovereign clouds have their own).
_SITE_HOSTS = (".azurewebsites.net", ".azurewebsites.us", ".chinacloudsites.cn", ".azurecontainerapps.io")


class Backends(Struct, eq=False):
    """Makes back ends, each once."""

    sites: Sequence[snapshot.SiteAuth]
    easy_auth: Sites
    hosts: Hosts
    _made: dict[object, Backend] = field(default_factory=dict)
    _entities: dict[int, dict[str, snapshot.Backend]] = field(default_factory=dict)
    _serving: dict[str, snapshot.SiteAuth] = field(default_factory=dict)

    def of_call(self, around: Surroundings, api: snapshot.Api, call: Call) -> Backend:
        """Where a call goes: the entity or address last set, else the API's own (docs: set-backend-service)."""
        if call.backend_id is not None:
            name = written.told(call.backend_id, around.named)
            return self._named(around, name)
        if call.url is not None:
            return self._address(around.place, written.settled(call.url, around.named))
        if "service_url" in api.unread:
            because = Unknown(f"the address of API {api.name} was not read")
            return Backend(
                place=places.of_api(around.place, api),
                name="",
                host=because,
                scheme=because,
                stands=because,
                private_host=because,
            )
        return self._address(places.of_api(around.place, api), written.settled(value_of(api.service_url), around.named))

    def entity(self, around: Surroundings, entity: snapshot.Backend) -> Backend:
        """A back end entity."""
        made = self._made.get(id(entity))
        if made is None:
            place = places.of_part(around.place, "backends", entity.name, entity.origin)
            pool = Unknown(f"back end {entity.name} is a pool of several") if entity.pool else None
            address = written.settled(value_of(entity.url), around.named)
            host = pool or host_of(address)
            made = self._made[id(entity)] = Backend(
                place=place,
                name=entity.name,
                host=host,
                scheme=pool or scheme_of(address),
                credentials=entity.credential_kinds,
                stands=self.hosts.stands(host),
                private_host=_private(host),
                sites=tuple(self._sites_of(host)),
            )
        return made

    def all_sites(self) -> tuple[SiteAuth, ...]:
        """Every site whose Easy Auth was read."""
        return tuple(self.site(site) for site in self.sites)

    def site(self, site: snapshot.SiteAuth) -> SiteAuth:
        """The Easy Auth of a site."""
        return self.easy_auth.of(site)

    def _named(self, around: Surroundings, name: str | Unknown) -> Backend:
        if isinstance(name, Unknown):
            return self._once(
                (around.place.resource, name.because),
                Backend(
                    place=around.place,
                    name="",
                    host=name,
                    scheme=name,
                    credentials=name,
                    stands=name,
                    private_host=name,
                    sites=(name,),
                ),
            )
        for one in (around, *around.shared):
            found = self._entities_of(one.contents).get(name)
            if found is not None:
                return self.entity(one, found)
        because = Unknown(f"back end {name} was not found")
        return self._once(
            (around.place.resource, name),
            Backend(
                place=around.place,
                name=name,
                host=because,
                scheme=because,
                credentials=because,
                stands=because,
                private_host=because,
                sites=(because,),
            ),
        )

    def _entities_of(self, contents: snapshot.Contents) -> Mapping[str, snapshot.Backend]:
        """The back ends of a service or workspace by name, gathered once for all calls."""
        found = self._entities.get(id(contents))
        if found is None:
            found = self._entities[id(contents)] = {entity.name: entity for entity in reversed(contents.backends)}
        return found

    def _address(self, place: Place, value: Value) -> Backend:
        text = value.text if isinstance(value, Literal) else written.why(value)
        key = (place.resource, "address", text)
        made = self._made.get(key)
        if made is None:
            host = host_of(value)
            made = self._made[key] = Backend(
                place=place,
                name="",
                host=host,
                scheme=scheme_of(value),
                stands=self.hosts.stands(host),
                private_host=_private(host),
                sites=tuple(self._sites_of(host)),
            )
        return made

    def _site_by_host(self) -> Mapping[str, snapshot.SiteAuth]:
        """The first site that serves each host; gathered once, since every address of a back end asks for its own."""
        if not self._serving:
            for site in self.sites:
                for host in (*site.hosts, *(f"{site.site}{suffix}" for suffix in _SITE_HOSTS)):
                    self._serving.setdefault(host.lower(), site)
        return self._serving

    def _once(self, key: object, made: Backend) -> Backend:
        return self._made.setdefault(key, made)

    def _sites_of(self, host: str | Unknown) -> Iterator[SiteAuth | Unknown]:
        if isinstance(host, Unknown):
            yield host
            return
        found = self._site_by_host().get(host)
        if found:
            yield self.site(found)
        elif host.endswith(_SITE_HOSTS):
            yield Unknown(f"the Easy Auth settings of {host} were not read")


def _private(host: str | Unknown) -> bool | Unknown:
    """Whether a host is one of a private network."""
    return host if isinstance(host, Unknown) else is_private(host)
