"""Cures of OpenID metadata addresses: the host, tenant and path under which the provider documents them."""

import re
from collections.abc import Iterator

from apimdoctor.engine.prescription import Prescription, TextEdit
from apimdoctor.entra import clouds
from apimdoctor.entra.known import is_guid
from apimdoctor.entra.metadata import SUFFIX, read_url
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import Literal
from apimdoctor.prescribe.case import Case, Prescribers
from apimdoctor.prescribe.lists import add_in_order
from apimdoctor.prescribe.registration_known import of_api, only_app
from apimdoctor.prescribe.text import CannotEditError, Script, literal

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TODAY = {"public": "login.microsoftonline.com", "usgov": "login.microsoftonline.us"}
_TODAY["china"] = "login.partner.microsoftonline.cn"
_INITIAL = ".onmicrosoft.com"
_WORKFORCE = ("workforce", "multi-tenant")
_KEYS = re.compile(r"https://(?P<host>[^/]+)/(?P<tenant>[^/]+)/discovery/(?P<version>v2\.0/)?keys/?")


def over_https(case: Case) -> Iterator[Prescription]:
    """The address is asked for over https."""
    url = _url(case)
    if not url.lower().startswith("http://"):
        raise CannotEditError("the address is not http")
    yield _with_url(case, "https://" + url[len("http://") :], "safe")


def todays_host(case: Case) -> Iterator[Prescription]:
    """The sign-in host by its name of today; keys and issuer are the same under both."""
    metadata = case.subject("metadata")
    url = _url(case)
    cloud = clouds.of_login_host(metadata.host)
    if cloud is None or cloud.name not in _TODAY:
        raise CannotEditError("the cloud of the host is not known")
    yield _with_url(case, _with_host(url, metadata.host, _TODAY[cloud.name]), "safe")


def resembled_host(case: Case) -> Iterator[Prescription]:
    """The host of Entra ID that the written one is but for a letter or two."""
    metadata = case.subject("metadata")
    yield _with_url(case, _with_host(_url(case), metadata.host, metadata.resembles), "safe")


def well_formed(case: Case) -> Iterator[Prescription]:
    """The address in the one form that Entra ID documents, of the version whose tokens the app registration gets."""
    check, url = case.subject("check"), _url(case)
    version = 2 if "v2.0" in url.lower() else 1
    tenant = next(iter(_GUID.findall(url)), "")
    try:
        app = only_app(check)
    except CannotEditError:
        pass
    else:
        version = app.token_version if isinstance(app.token_version, int) else version
        tenant = tenant or app.tenant_id
    if not is_guid(tenant):
        raise CannotEditError("the tenant is not known")
    host = read_url(url).host or _TODAY["public"]
    if clouds.of_login_host(host) is None:
        raise CannotEditError("the host is not one of Entra ID")
    yield _with_url(case, address(tenant, version, host), "safe")


def tenant_of_registration(case: Case) -> Iterator[Prescription]:
    """The tenant in which the app registration stands."""
    check = case.subject("check")
    app, url = only_app(check), _url(case)
    written = case.subject("metadata").tenant
    found = _GUID.search(url)
    segment = found.group() if found else written
    if not isinstance(segment, str) or segment not in url or not is_guid(app.tenant_id):
        raise CannotEditError("the tenant in the address is not known")
    yield _with_url(case, url.replace(segment, app.tenant_id, 1), "review")


def tenant_of_tokens(case: Case) -> Iterator[Prescription]:
    """Metadata of a tenant that issues none of the tokens becomes that of the tenant which does."""
    check, app = case.subject("check"), case.subject("match").app
    script = case.script(check.place)
    edits = []
    for config in script.at(check.place).each("openid-config"):
        url = config.get("url")
        found = _GUID.search(url.text) if isinstance(url, Literal) else None
        if not isinstance(url, Literal) or found is None or found.group().lower() == app.tenant_id:
            raise CannotEditError("the tenant in the address is not another one")
        edits.append(script.set_attribute(config, "url", url.text.replace(found.group(), app.tenant_id, 1)))
    yield Prescription(
        title=f"Take the metadata of the tenant {app.tenant_id}, in which {app.display_name} is registered",
        safety="review",
        changes=(script.edit(*edits),),
        side_effects=("Tokens of the other tenant are refused, if there are any.",),
    )


def external_id_host(case: Case) -> Iterator[Prescription]:
    """An External ID tenant has its metadata under a host of its own."""
    tenant = case.subject("metadata").tenant
    for known in case.snapshot.tenants:
        names = [domain.removesuffix(_INITIAL) for domain in known.domains if domain.endswith(_INITIAL)]
        if known.id == tenant and names:
            yield _with_url(case, f"https://{names[0]}.ciamlogin.com/{tenant}/v2.0{SUFFIX}", "safe")
            return
    raise CannotEditError("the name of the tenant is not known")


def metadata_for_keys(case: Case) -> Iterator[Prescription]:
    """A key that is the address of Entra ID's key set gives way to the metadata, which brings keys and issuer."""
    key = case.subject("key")
    script = case.script(key.place)
    element = script.at(key.place)
    text = literal(element).strip()
    found = _KEYS.fullmatch(text)
    if text.endswith(SUFFIX) and text.startswith("https://"):
        url = text
    elif found and clouds.of_login_host(found["host"]) and is_guid(found["tenant"]):
        url = address(found["tenant"], 2 if found["version"] else 1, found["host"])
    else:
        yield from metadata_of_registration(case)
        return
    yield _instead_of_keys(script, script.parent(script.parent(element)), url)


def metadata_of_registration(case: Case) -> Iterator[Prescription]:
    """Keys come from the metadata of the tenant and version that issue the app registration's tokens."""
    check = case.subject("check")
    own = of_api(case, check.place, (*check.audiences.known, *check.aud_claim.known))
    if own.tokens.version is None or own.tokens.kind not in _WORKFORCE:
        raise CannotEditError("the metadata of the app registration is not known")
    script = case.script(check.place)
    yield _instead_of_keys(script, script.at(check.place), address(own.tenant, own.tokens.version))


def address(tenant: str, version: int, host: str = _TODAY["public"]) -> str:
    """The metadata address of a workforce tenant (access-tokens)."""
    return f"https://{host}/{tenant}{'/v2.0' if version == 2 else ''}{SUFFIX}"


def _instead_of_keys(script: Script, check: Element, url: str) -> Prescription:
    edits = [add_in_order(script, check, f'<openid-config url="{url}" />', "openid-config")]
    keys = check.child("issuer-signing-keys")
    if keys is not None:
        edits.append(script.remove(keys))
    return Prescription(
        title=f"Take the keys from {url}",
        safety="review",
        changes=(script.edit(*edits),),
        side_effects=("Tokens signed with another key are refused.",) if keys is not None else (),
    )


def _url(case: Case) -> str:
    url = case.element(case.subject("metadata").place).get("url")
    if not isinstance(url, Literal):
        raise CannotEditError("the address is not literal")
    return url.text.strip()


def _with_host(url: str, old: str, new: str) -> str:
    start = url.lower().find(f"//{old.lower()}")
    if start < 0:
        raise CannotEditError("the host is not written")
    return f"{url[: start + 2]}{new}{url[start + 2 + len(old) :]}"


def _with_url(case: Case, url: str, safety: str) -> Prescription:
    place = case.subject("metadata").place
    script = case.script(place)
    edit: TextEdit = script.set_attribute(script.at(place), "url", url)
    return Prescription(
        title=f"Take the metadata from {url}",
        safety="safe" if safety == "safe" else "review",
        changes=(script.edit(edit),),
    )


PRESCRIBERS: Prescribers = {
    "metadata-over-http": over_https,
    "metadata-host-deprecated": todays_host,
    "metadata-host-unknown": resembled_host,
    "metadata-url-malformed": well_formed,
    "metadata-of-other-tenant": tenant_of_registration,
    "issuer-not-accepted": tenant_of_tokens,
    "external-id-metadata-host": external_id_host,
    "key-is-url": metadata_for_keys,
    "key-source-missing": metadata_of_registration,
    "issuer-unchecked": metadata_of_registration,
    "symmetric-key-for-asymmetric-tokens": metadata_of_registration,
}
