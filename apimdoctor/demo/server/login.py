"""The login: tokens for whoever has the client secret, and the OpenID metadata and keys of the tenants."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct, field

from apimdoctor.snapshot import OpenIdMetadata

Json = dict[str, Any]

_TOKEN = "/oauth2/v2.0/token"  # noqa: S105 - a path
_METADATA = "/.well-known/openid-configuration"
_MANY = frozenset({"common", "organizations", "consumers"})


class Login(Struct):
    """Gives tokens, each good for one tenant and one service, and knows those that are still good."""

    tenants: frozenset[str]
    secret: str
    services: dict[str, str] = field(default_factory=dict)
    """Audience and the service that it is."""
    documents: dict[str, Json] = field(default_factory=dict)
    """OpenID metadata and key sets by path and query."""
    issued: int = 0
    _good: dict[str, tuple[str, str]] = field(default_factory=dict)

    def tenant_of(self, token: str, service: str) -> str | None:
        """The tenant whose token this is; None when it is no good token of the service."""
        tenant, audience = self._good.get(token, ("", ""))
        return tenant if tenant and audience == service else None

    def forget(self) -> None:
        """Refuse every token that was given so far."""
        self._good.clear()

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes, base: str) -> tuple[int, Json]:
        """Status and body for a request to the login."""
        tenant = path.strip("/").partition("/")[0].lower()
        if method == "POST" and path.endswith(_TOKEN):
            return self._token(tenant, body)
        if method != "GET":
            return 405, _error("invalid_request", "AADSTS900561: the endpoint only accepts GET requests.")
        asked = path + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")
        document = self.documents.get(asked.lower())
        if document is not None:
            return 200, document
        if tenant in self.tenants | _MANY and path.endswith(_METADATA):
            return 200, {**metadata(tenant, v2="/v2.0/" in path), "token_endpoint": f"{base}/{tenant}{_TOKEN}"}
        if tenant in self.tenants | _MANY and path.endswith("/discovery/v2.0/keys"):
            return 200, key_set(tenant)
        return 400, _error("invalid_tenant", f"AADSTS90002: Tenant '{tenant}' not found.")

    def _token(self, tenant: str, body: bytes) -> tuple[int, Json]:
        form = {name: values[-1] for name, values in parse_qs(body.decode("ascii", "replace")).items()}
        if tenant not in self.tenants:
            return 400, _error("invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            return 400, _error("unsupported_grant_type", "AADSTS70003: The grant type is not supported.")
        if form.get("client_secret") != self.secret:
            return 401, _error("invalid_client", "AADSTS7000215: Invalid client secret provided.")
        audience = form.get("scope", "").split(" ")[0].removesuffix("/.default")
        service = self.services.get(audience)
        if service is None:
            return 400, _error("invalid_resource", "AADSTS500011: The resource principal was not found in the tenant.")
        # No JWT: to its clients an access token is opaque.
        token = f"token-of-the-embedded-azure.{token_urlsafe(24)}"
        self._good[token] = (tenant, service)
        self.issued += 1
        return 200, {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}


def metadata(tenant: str, *, v2: bool) -> Json:
    """The OpenID metadata of a tenant of the public cloud (learn.microsoft.com/entra/identity-platform/v2-protocols-oidc)."""
    named = "{tenantid}" if tenant in _MANY else tenant
    issuer = f"https://login.microsoftonline.com/{named}/v2.0" if v2 else f"https://sts.windows.net/{named}/"
    host = f"https://login.microsoftonline.com/{tenant}"
    return {
        "issuer": issuer,
        "jwks_uri": f"{host}/discovery/v2.0/keys",
        "authorization_endpoint": f"{host}/oauth2/v2.0/authorize",
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def key_set(tenant: str) -> Json:
    """A key set of one fictional key; nobody has its private half."""
    modulus = b"".join(hashlib.sha256(f"{tenant} {part}".encode()).digest() for part in range(8))
    kid = hashlib.sha256(tenant.encode()).hexdigest()[:27]
    return {"keys": [{"kty": "RSA", "use": "sig", "kid": kid, "n": _base64(modulus), "e": "AQAB"}]}


def documents(found: Iterable[OpenIdMetadata]) -> dict[str, Json]:
    """The metadata documents of a snapshot, and their key sets, by path and query in lower case."""
    told: dict[str, Json] = {}
    for one in found:
        told[_place(one.url)] = {"issuer": one.issuer, "jwks_uri": one.jwks_uri}
        if one.jwks_uri:
            rsa = [{"kty": "RSA", "use": "sig", "kid": kid, "n": n, "e": e} for kid, n, e in one.keys]
            others = sorted(set(one.key_ids) - {kid for kid, _, _ in one.keys})
            told[_place(one.jwks_uri)] = {"keys": rsa + [{"kty": "EC", "kid": kid} for kid in others]}
    return told


def _place(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path + (f"?{parts.query}" if parts.query else "")).lower()


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _error(code: str, description: str) -> Json:
    return {"error": code, "error_description": description, "error_codes": [], "correlation_id": ""}
