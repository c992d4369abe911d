"""The bodies in which Azure Resource Manager tells the resources of a snapshot: the inverse of `collect.arm`."""

from typing import Any

from apimdoctor.demo.server.policy_xml import as_xml
from apimdoctor.snapshot import (
    Api,
    Backend,
    ConsoleServer,
    Diagnostic,
    Gateway,
    NamedValue,
    Operation,
    PolicyText,
    Product,
    Resolver,
    Service,
    SiteAuth,
    Subscription,
    Workspace,
)

Json = dict[str, Any]

PROVIDER = "Microsoft.ApiManagement/service"
CREDENTIAL = "not-a-real-credential"
"""What stands where Azure tells the value of a back end's credential; a snapshot has none to tell."""


def resource(identifier: str, properties: Json, **more: Any) -> Json:
    """A resource envelope: id, type and name follow from the id."""
    below = identifier.partition(f"/{PROVIDER}/")[2].split("/")[1::2]
    kind = "/".join((PROVIDER, *below))
    name = identifier.rpartition("/")[2]
    return {"id": identifier, "type": kind, "name": name, "properties": properties, **more}


def told(**properties: Any) -> Json:
    """Properties without those that are not set: None and ""."""
    return {name: value for name, value in properties.items() if value is not None and value != ""}


def service(one: Service, identifier: str) -> Json:
    """A service (learn.microsoft.com/rest/api/apimanagement/api-management-service/get)."""
    properties = told(provisioningState="Succeeded", gatewayUrl=one.gateway_url)
    body = resource(identifier, properties, location=one.location, sku={"name": one.sku, "capacity": 1})
    identity = _identity(one)
    return {**body, "identity": identity} if identity else body


def workspace(one: Workspace, identifier: str) -> Json:
    """A workspace (learn.microsoft.com/rest/api/apimanagement/workspace/get)."""
    return resource(identifier, told(displayName=one.display_name))


def api(one: Api, identifier: str, scope: str) -> Json:
    """One revision of an API; `scope` is the id of its service or workspace.

    Source: learn.microsoft.com/rest/api/apimanagement/apis/get.
    """
    keys = told(header=one.key_header, query=one.key_query)
    properties = told(
        displayName=one.display_name,
        apiRevision=one.revision,
        serviceUrl=one.service_url or None,
        protocols=list(one.protocols),
        isCurrent=one.is_current,
        isOnline=None if one.is_online else False,
        apiVersion=one.version,
        apiVersionSetId=f"{scope}/apiVersionSets/{one.version_set}" if one.version_set else None,
        subscriptionRequired=one.subscription_required,
        subscriptionKeyParameterNames=keys or None,
        type=one.kind,
        authenticationSettings=_authentication(one),
    )
    # A path may be empty: the one API at the root of the gateway.
    return resource(identifier, {**properties, "path": one.path})


def tool(one: Api, identifier: str, scope: str) -> Json:
    """A tool of an MCP server (learn.microsoft.com/azure/api-management/manage-mcp-servers-rest-api)."""
    operation = f"{scope}/apis/{one.mcp_backend_api}/operations/tool"
    return resource(identifier, {"displayName": "tool", "operationId": operation})


def api_name(one: Api) -> str:
    """The resource name of a revision: a current one has the name of its API."""
    return one.name if one.is_current else f"{one.name};rev={one.revision}"


def version_set(one: Api, identifier: str) -> Json:
    """The version set that an API belongs to, as far as a snapshot knows it."""
    return resource(identifier, told(displayName=one.version_set, versioningScheme=one.version_scheme))


def operation(one: Operation, identifier: str) -> Json:
    """An operation (learn.microsoft.com/rest/api/apimanagement/api-operation/get)."""
    properties = told(displayName=one.display_name, method=one.method, urlTemplate=one.url_template)
    return resource(identifier, {**properties, "templateParameters": [], "responses": [], "policies": None})


def resolver(one: Resolver, identifier: str) -> Json:
    """A GraphQL resolver (learn.microsoft.com/rest/api/apimanagement/graph-ql-api-resolver/get)."""
    return resource(identifier, told(displayName=one.name, path=one.path))


def policy(one: PolicyText, identifier: str) -> Json:
    """A policy as `format=xml` tells it; a text that cannot be told so is told as it was typed."""
    written, form = (one.text, one.format) if one.format != "rawxml" else as_xml(one.text)
    return resource(identifier, told(format=form) | {"value": written})


def product(one: Product, identifier: str) -> Json:
    """A product (learn.microsoft.com/rest/api/apimanagement/product/get)."""
    properties = told(
        displayName=one.display_name,
        subscriptionRequired=one.subscription_required,
        approvalRequired=one.approval_required,
        state=one.state,
    )
    return resource(identifier, properties)


def api_link(identifier: str, name: str, scope: str) -> Json:
    """The link by which a product of a workspace holds an API."""
    return resource(identifier, {"apiId": f"{scope}/apis/{name}"})


def named_value(one: NamedValue, identifier: str) -> Json:
    """A named value: the text of a secret is never told (learn.microsoft.com/rest/api/apimanagement/named-value/get)."""
    vault = {"secretIdentifier": one.key_vault} if one.key_vault else None
    properties = told(displayName=one.display_name, secret=one.secret, keyVault=vault, tags=[])
    hidden = one.value is None or one.secret
    return resource(identifier, properties if hidden else {**properties, "value": one.value})


def backend(one: Backend, identifier: str, scope: str, credential: str = CREDENTIAL) -> Json:
    """A back end; Azure tells the values of its credentials, here `credential`.

    Source: learn.microsoft.com/rest/api/apimanagement/backend/get.
    """
    pool = {"services": [{"id": f"{scope}/backends/{name}"} for name in one.pool]} if one.pool else None
    properties = told(
        url=one.url,
        protocol=one.protocol,
        type=one.kind,
        resourceId=one.resource_id,
        credentials=_credentials(one, credential),
        pool=pool,
    )
    return resource(identifier, properties)


def console_server(one: ConsoleServer, identifier: str) -> Json:
    """An authorization server or OpenID Connect provider; its client secret is told by a POST only, which nobody sends."""
    parameters = [{"name": name, "value": value} for name, value in one.token_body_parameters]
    properties = told(
        displayName=one.display_name,
        authorizationEndpoint=one.authorization_endpoint,
        tokenEndpoint=one.token_endpoint,
        metadataEndpoint=one.metadata_endpoint,
        defaultScope=one.default_scope,
        clientId=one.client_id,
        grantTypes=list(one.grant_types),
        tokenBodyParameters=parameters or None,
        useInTestConsole=one.used_in_test_console,
    )
    return resource(identifier, properties)


def subscription(one: Subscription, identifier: str, scope: str) -> Json:
    """A subscription, whose keys Azure tells by a POST only."""
    kind, found, name = one.scope.partition("/")
    if kind == "product" and found:
        target = f"{scope}/products/{name}"
    elif kind == "api" and found:
        target = f"{scope}/apis/{name}"
    else:
        target = f"{scope}/apis" if one.scope == "all APIs" else one.scope
    return resource(identifier, told(displayName=one.display_name, scope=target, state=one.state))


def diagnostic(one: Diagnostic, identifier: str) -> Json:
    """The logging of a service or an API."""
    request = {"headers": list(one.headers_logged), "body": {"bytes": 0}}
    return resource(identifier, {"alwaysLog": "allErrors", "frontend": {"request": request, "response": None}})


def gateway(one: Gateway, identifier: str) -> Json:
    """A self-hosted gateway."""
    return resource(identifier, {"description": one.name, "locationData": None})


def site_auth(one: SiteAuth, identifier: str) -> Json:
    """The Easy Auth settings of a site.

    Source: learn.microsoft.com/rest/api/appservice/web-apps/get-auth-settings-v2-without-secrets.
    """
    principals = told(identities=list(one.allowed_identities) or None, groups=list(one.allowed_groups) or None)
    policy = told(allowedApplications=list(one.allowed_applications) or None, allowedPrincipals=principals or None)
    checks = told(
        allowedClientApplications=list(one.claim_check_applications) or None,
        allowedGroups=list(one.claim_check_groups) or None,
    )
    validation = told(
        allowedAudiences=list(one.allowed_audiences),
        defaultAuthorizationPolicy=policy or None,
        jwtClaimChecks=checks or None,
    )
    registration = told(openIdIssuer=one.issuer, clientId=one.client_id)
    entra = told(enabled=one.aad_enabled, registration=registration, validation=validation)
    parts = {
        "platform": told(enabled=one.enabled, configFilePath=one.config_file),
        "globalValidation": told(
            requireAuthentication=one.require_authentication,
            unauthenticatedClientAction=one.unauthenticated_action,
            excludedPaths=list(one.excluded_paths),
        ),
        "identityProviders": {"azureActiveDirectory": entra},
    }
    own = {name: part for name, part in parts.items() if name not in one.unread}
    site = identifier.partition("/config/")[0].rpartition("/")[2]
    return {"id": identifier, "name": site, "type": "Microsoft.Web/sites/config", "properties": own}


def error(code: str, message: str) -> Json:
    """The body of an error."""
    return {"error": {"code": code, "message": message}}


def _identity(one: Service) -> Json:
    if one.identities is None:
        return {}
    kinds = {"system": "SystemAssigned", "user": "UserAssigned"}
    has = [word for kind, word in kinds.items() if any(identity.kind == kind for identity in one.identities)]
    system = next((identity.principal_id for identity in one.identities if identity.kind == "system"), "")
    users = {
        identity.resource_id: told(principalId=identity.principal_id, clientId=identity.client_id)
        for identity in one.identities
        if identity.kind == "user"
    }
    return told(
        type=", ".join(has) or "None",
        tenantId=one.tenant_id,
        principalId=system,
        userAssignedIdentities=users or None,
    )


def _authentication(one: Api) -> Json | None:
    oauth2 = [
        told(authorizationServerId=entry.server, scope=entry.scope)
        for entry in one.authentication
        if entry.kind == "oauth2"
    ]
    openid = [
        told(openidProviderId=entry.server, scope=entry.scope) for entry in one.authentication if entry.kind == "openid"
    ]
    if not oauth2 and not openid:
        return None
    # Azure repeats the first of each list under its older name.
    return told(
        oAuth2=oauth2[0] if oauth2 else None,
        openid=openid[0] if openid else None,
        oAuth2AuthenticationSettings=oauth2,
        openidAuthenticationSettings=openid,
    )


def _credentials(one: Backend, credential: str) -> Json | None:
    found: dict[str, Any] = {}
    for kind in one.credential_kinds:
        where, named, name = kind.partition(":")
        if where in ("header", "query") and named:
            found.setdefault(where, {})[name] = [credential]
        elif where == "authorization":
            found["authorization"] = {"scheme": name, "parameter": credential}
        elif kind == "certificate":
            found["certificate"] = ["5A1F0D7C3E9B48A6D2C4E8F1B7A390526C4D8E1F"]
        elif kind == "managed identity":
            found["managedIdentity"] = {"resource": one.managed_identity_resource}
    return found or None
