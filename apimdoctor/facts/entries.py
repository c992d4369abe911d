"""What stands written in a token check, piece by piece: issuers, audiences, client ids, claims, metadata and keys."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from apimdoctor.entra.claims import Written, how_written
from apimdoctor.entra.known import is_guid
from apimdoctor.entra.lookalikes import resembles
from apimdoctor.entra.metadata import Metadata as Address
from apimdoctor.entra.microsoft import MicrosoftApi
from apimdoctor.facts import places, written
from apimdoctor.facts.apps import Apps
from apimdoctor.facts.registrations import values_of as values_known
from apimdoctor.facts.spelling import differs_in, key_content
from apimdoctor.facts.values import NONE, Unknown, Values, known, unread
from apimdoctor.facts.vocabulary import Entry, KeySource, Metadata, Place, RequiredClaim
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import Literal, Mixed, NamedValues, Value, symbol

# Stands in for the one part of a metadata address that is not known, so that the rest of its form can be read.
_STAND_IN = "0f6f3c1e-8a42-4d0b-9a57-2f1c6b9d7e35"

Serves = Callable[[MicrosoftApi], "bool | Unknown"]


class Reader(Struct, frozen=True, eq=False):
    """Reads the pieces of one token check."""

    apps: Apps
    named: NamedValues
    text_place: Place
    section: str

    def place(self, element: Element) -> Place:
        """Where a piece stands."""
        return places.of_element(self.text_place, element, self.section)

    def metadata(self, config: Element) -> Metadata:
        """An openid-config element."""
        value = written.settled(config.get("url") or Literal(""), self.named)
        if isinstance(value, Literal):
            return self._address(config, self.apps.read_metadata(value.text))
        because = Unknown(written.why(value))
        address = self._partly_known(value)
        issuers: tuple[str, ...] = ()
        if address and address.tenant == _STAND_IN:
            hole = (
                next(symbol(p) for p in value.parts if not isinstance(p, Literal)) if isinstance(value, Mixed) else ""
            )
            issuers = tuple(issuer.replace(_STAND_IN, hole) for issuer in address.issuers.sure)
        # The part that is not known may be `common` as well as a tenant id.
        whole_host = bool(address and address.host and _STAND_IN not in address.host)
        return Metadata(
            place=self.place(config),
            url=because,
            host=address.host if address and whole_host else because,
            form=because,
            clouds=_clouds((address.cloud,)) if address and whole_host else unread(because.because),
            tenant=because,
            host_deprecated=address.host_deprecated if address and whole_host else because,
            scheme=address.url.partition("://")[0].lower() if address and whole_host else because,
            resembles=resembles(address.host) if address and whole_host else because,
            tenant_kind=because,
            issuers=Values(symbols=issuers, rest=because.because),
        )

    def _partly_known(self, value: Value) -> Address | None:
        if not isinstance(value, Mixed) or sum(not isinstance(part, Literal) for part in value.parts) != 1:
            return None
        text = "".join(part.text if isinstance(part, Literal) else _STAND_IN for part in value.parts)
        return self.apps.read_metadata(text)

    def _address(self, config: Element, read: Address) -> Metadata:
        return Metadata(
            place=self.place(config),
            url=read.url,
            host=read.host,
            form=read.form,
            clouds=_clouds((read.cloud,)),
            tenant=read.tenant,
            host_deprecated=read.host_deprecated,
            issuers=values_known(read.issuers),
            scheme=read.url.strip().partition("://")[0].lower() if "://" in read.url else "",
            resembles=resembles(read.host),
            tenant_kind=self.apps.kind_of(read.tenant),
        )

    def issuer(self, element: Element, *, only_one: bool) -> Entry:
        """An <issuer>."""
        text = written.told(element.text, self.named)
        if isinstance(text, Unknown):
            return self._undecided(element, text, only_one)
        read = self.apps.read_issuer(text)
        told = read.entra and read.form != "template"
        return Entry(
            place=self.place(element),
            text=text,
            only_one=only_one,
            tenant=self._issuer_tenant(read.tenant),
            clouds=_clouds(read.clouds),
            issued=read.issued if told else Unknown(f"{text} is no issuer of one Entra tenant"),
            meant=read.meant,
            served_here=False,
            unverifiable=False,
            form=read.form,
            found_as="nothing" if not read.entra else Unknown("an issuer names a tenant, no app registration"),
            names="",
            differs_in=Unknown("only audiences are compared with what they stand for"),
        )

    def _issuer_tenant(self, tenant: str) -> str | Unknown:
        if not tenant or is_guid(tenant):
            return tenant
        return self.apps.tenant_of(tenant) if "." in tenant else ""

    def audience(self, element: Element, tenants: Sequence[str], serves: Serves, *, only_one: bool) -> Entry:
        """An <audience>, a backend application id, or a value of the claim aud."""
        text = written.told(element.text, self.named)
        if isinstance(text, Unknown):
            return self._undecided(element, text, only_one)
        found = self.apps.entry_audience(text, tenants)
        microsoft = self.apps.microsoft_api(text)
        return Entry(
            place=self.place(element),
            text=text,
            only_one=only_one,
            tenant="",
            clouds=NONE,
            issued=Unknown("only issuers are told by their form"),
            meant="",
            served_here=serves(microsoft) if microsoft else False,
            unverifiable=bool(microsoft and microsoft.unverifiable),
            form=found.form,
            found_as=found.found_as,
            names=found.names,
            differs_in=differs_in(text, self.apps.directory, tenants),
        )

    def client(self, element: Element, tenants: Sequence[str], *, only_one: bool) -> Entry:
        """A client application id, or a value of the claim azp or appid."""
        text = written.told(element.text, self.named)
        if isinstance(text, Unknown):
            return self._undecided(element, text, only_one)
        found = self.apps.entry_client(text, tenants)
        return Entry(
            place=self.place(element),
            text=text,
            only_one=only_one,
            tenant="",
            clouds=NONE,
            issued=Unknown("only issuers are told by their form"),
            meant="",
            served_here=False,
            unverifiable=False,
            form=found.form,
            found_as=found.found_as,
            names=found.names,
            differs_in=Unknown("only audiences are compared with what they stand for"),
        )

    def _undecided(self, element: Element, because: Unknown, only_one: bool) -> Entry:
        return Entry(
            place=self.place(element),
            text=because,
            only_one=only_one,
            tenant=because,
            clouds=unread(because.because),
            issued=because,
            meant=because,
            served_here=because,
            unverifiable=because,
            form=because,
            found_as=because,
            names=because,
            differs_in=because,
        )

    def claim(self, element: Element, provider: "str | Unknown") -> RequiredClaim:
        """A <claim> of required-claims. `match` is `all` unless written (docs: validate-jwt)."""
        name = written.told(element.get("name"), self.named)
        asked = written.told(element.get("match"), self.named, "all")
        asks: str | Unknown = asked
        if isinstance(asked, str) and asked.strip().lower() not in ("all", "any"):
            asks = Unknown(f"match={asked!r} is neither all nor any")
        texts = written.texts(element, "value")
        values = written.values_of(texts, self.named)
        separator = written.told(element.get("separator"), self.named)
        return RequiredClaim(
            place=self.place(element),
            name=name,
            values=values,
            count=len(texts),
            asks_for=asks.strip().lower() if isinstance(asks, str) else asks,  # type: ignore[arg-type]
            separator=separator,
            in_token=_in_token(name, provider),
            several=_several(values),
            values_with_separator=_holding(values, separator),
        )

    def keys(self, element: Element) -> Iterator[KeySource]:
        """Where the keys come from. The text of a key itself is never shown."""
        for config in element.each("openid-config"):
            url = written.told(config.get("url"), self.named)
            yield KeySource(place=self.place(config), kind="metadata", content="", text=url)
        own = element.child("issuer-signing-keys")
        for key in own.each("key") if own else ():
            yield self._key(key)

    def _key(self, key: Element) -> KeySource:
        place = self.place(key)
        certificate = key.get("certificate-id")
        if certificate is not None:
            told = written.told(certificate, self.named)
            return KeySource(place=place, kind="certificate", content="", text=told)
        if key.get("n") is not None:
            return KeySource(place=place, kind="rsa", content="", text="")
        content = key_content(written.settled(key.text, self.named))
        address = content == "address"
        return KeySource(
            place=place,
            kind="symmetric",
            content=content,
            text=written.told(key.text, self.named) if address else content if isinstance(content, Unknown) else "",
        )


def _several(values: Values) -> bool | Unknown:
    if len(values.known) > 1:
        return True
    if len(values.known) + len(values.symbols) < 2:
        return False
    return Unknown(f"whether the value of {values.symbols[0]} differs from the others is not known")


def _holding(values: Values, separator: "str | Unknown") -> Values:
    """The values that hold the separator; those whose text is not known may."""
    if isinstance(separator, Unknown):
        return unread(separator.because)
    if not separator:
        return NONE
    rest = f"the value of {values.symbols[0]} is not known" if values.symbols else ""
    return Values(known=tuple(text for text in values.known if separator in text), rest=rest)


def _in_token(name: "str | Unknown", provider: "str | Unknown") -> "Written | Unknown":
    if isinstance(name, Unknown):
        return name
    if isinstance(provider, Unknown):
        return provider
    if provider != "Entra ID":
        return Unknown("how another provider writes its claims is not known")
    return how_written(name) or Unknown(f"how Entra ID writes the claim {name} is not documented")


def _clouds(names: Sequence[str]) -> Values:
    return known(*(name for name in names if name))
