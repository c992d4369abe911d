"""APIs, operations, resolvers and policy texts from Azure Resource Manager bodies."""

import re
from collections.abc import Iterable, Mapping

from apimdoctor.collect.arm.ids import last_name, properties
from apimdoctor.collect.fields import Json, MalformedError, flag, table, tables, text, texts
from apimdoctor.snapshot import Api, ApiAuthentication, Operation, Origin, PolicyText, Resolver
from apimdoctor.snapshot.redact import Redactor

_NOWHERE = Origin()
_REVISION = ";rev="
_SYMBOL = re.compile(r"\$\{[^{}]*\}")


def api(
    json: Json,
    name: str = "",
    *,
    policy: PolicyText | None = None,
    operations: Iterable[Operation] = (),
    resolvers: Iterable[Resolver] = (),
    version_schemes: Mapping[str, str] | None = None,
    unread: Iterable[str] = (),
    origin: Origin = _NOWHERE,
) -> Api:
    """One revision of an API (learn.microsoft.com/rest/api/apimanagement/apis/get); absent isOnline means online.

    `version_schemes` tells the versioning scheme of each version set by its name.
    """
    own = properties(json)
    full = name or last_name(json)
    plain, _, revision = full.partition(_REVISION)
    current = flag(own, "isCurrent")
    keys = table(own, "subscriptionKeyParameterNames")
    version_set = text(own, "apiVersionSetId").rpartition("/")[2]
    scheme = text(table(own, "apiVersionSet"), "versioningScheme")
    return Api(
        name=plain,
        display_name=text(own, "displayName"),
        path=text(own, "path"),
        protocols=texts(own, "protocols"),
        kind=(text(own, "type") if own is not json else "") or text(own, "apiType") or "http",
        revision=text(own, "apiRevision") or revision or "1",
        is_current=current if current is not None else not revision,
        is_online=flag(own, "isOnline") is not False,
        version=text(own, "apiVersion"),
        version_set=version_set,
        version_scheme=scheme or (version_schemes or {}).get(version_set, ""),
        subscription_required=flag(own, "subscriptionRequired"),
        key_header=text(keys, "header"),
        key_query=text(keys, "query"),
        authentication=_authentication(table(own, "authenticationSettings")),
        service_url=text(own, "serviceUrl"),
        mcp_backend_api=_mcp_backend(own),
        policy=policy,
        operations=tuple(sorted(operations, key=lambda operation: operation.name)),
        resolvers=tuple(sorted(resolvers, key=lambda resolver: resolver.name)),
        origin=origin,
        unread=tuple(sorted(set(unread))),
    )


def operation(
    json: Json,
    name: str = "",
    *,
    policy: PolicyText | None = None,
    unread: Iterable[str] = (),
    origin: Origin = _NOWHERE,
) -> Operation:
    """One operation of an API (learn.microsoft.com/rest/api/apimanagement/api-operation/get)."""
    own = properties(json)
    return Operation(
        name=name or last_name(json),
        display_name=text(own, "displayName"),
        method=text(own, "method"),
        url_template=text(own, "urlTemplate"),
        policy=policy,
        origin=origin,
        unread=tuple(sorted(set(unread))),
    )


def resolver(json: Json, name: str = "", *, policy: PolicyText | None = None, origin: Origin = _NOWHERE) -> Resolver:
    """One GraphQL resolver of an API (learn.microsoft.com/rest/api/apimanagement/graph-ql-api-resolver/get)."""
    return Resolver(name=name or last_name(json), path=text(properties(json), "path"), policy=policy, origin=origin)


def policy_text(json: Json, redactor: Redactor, origin: Origin = _NOWHERE) -> PolicyText:
    """The text of a policy or fragment resource; a link or a template expression in its place is unread, with the reason.

    Source: learn.microsoft.com/rest/api/apimanagement/policy/get (value, format; policyContent and contentFormat until 2018).
    """
    own = properties(json)
    written = own.get("value", own.get("policyContent"))
    form = text(own, "format") or text(own, "contentFormat")
    if not isinstance(written, str):
        raise MalformedError('"value" is no text')
    if form.endswith("-link"):
        return PolicyText(format="", origin=origin, unread="the policy is behind a link, not in the file")
    if written.lstrip().startswith("[") and written.rstrip().endswith("]"):
        return PolicyText(format="", origin=origin, unread="the policy is a template expression, not a text")
    if _SYMBOL.fullmatch(written.strip()):
        return PolicyText(format="", origin=origin, unread=f"its text is {written.strip()}, which no file tells")
    # Fragments come back escaped and without a format, so nothing may be presumed (policy-text: azure-rest-api-specs 25306).
    return PolicyText(text=redactor.policy(written), format=form if form in {"xml", "rawxml"} else "", origin=origin)


def _authentication(settings: Json) -> tuple[ApiAuthentication, ...]:
    found = []
    for kind, single, several, server in (
        ("oauth2", "oAuth2", "oAuth2AuthenticationSettings", "authorizationServerId"),
        ("openid", "openid", "openidAuthenticationSettings", "openidProviderId"),
    ):
        for entry in (table(settings, single), *tables(settings, several)):
            name = text(entry, server).rpartition("/")[2]
            if name:
                found.append(ApiAuthentication(kind=kind, server=name, scope=text(entry, "scope")))
    return tuple(dict.fromkeys(found))


def _mcp_backend(own: Json) -> str:
    """The API whose operations an MCP server offers as tools; its tools name them by operation id."""
    for tool in tables(own, "mcpTools"):
        _, found, rest = text(tool, "operationId").partition("/apis/")
        if found:
            return rest.partition("/")[0].partition(_REVISION)[0]
    return ""
