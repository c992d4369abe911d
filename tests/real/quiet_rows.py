"""The false-positive traps of the judged public configurations: nothing in them is an error."""

from __future__ import annotations

from judged_house import APP_ID, TENANT, Row, guid, tenant, with_api, with_app

from tools.entra_objects import (
    graph_app,
    scope_entry,
)
from tools.tenant_tree import (
    V1_ISSUER,
    V2_METADATA,
    claim,
    document,
    validate_jwt,
)

M2 = V2_METADATA.format(tenant=TENANT)
I1 = V1_ISSUER.format(tenant=TENANT)
SCP = claim("scp", ["Ledger.Read"], separator=" ")
CHECK = validate_jwt(metadata=[M2], audiences=[APP_ID], claims=SCP)


def _v1_behind_v2_metadata(before: str = "") -> str:
    check = validate_jwt(metadata=[M2], audiences=[f"api://{APP_ID}"], issuers=[I1], claims=SCP)
    return document("\n".join(filter(None, ["<base />", before, check])))


def version_one_written_out() -> dict[str, bytes]:
    return with_api(with_app(tenant(), version=1), _v1_behind_v2_metadata())


def useless_cache_before_the_check() -> dict[str, bytes]:
    cache = '<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" />'
    return with_api(with_app(tenant(), version=1), _v1_behind_v2_metadata(cache))


def other_registrations_have_version_two() -> dict[str, bytes]:
    """The right registration has no version; its neighbours of a similar name have version 2."""
    tree = with_app(tenant(), version=None)
    for name in ("Ledger Client", "Ledger Tools"):
        other = guid(name)
        scopes = [scope_entry(guid(name + " scope"), "Tools.Use")]
        body = graph_app(
            object_id=guid(name + " object"), app_id=other, name=name, version=2, uris=[f"api://{other}"], scopes=scopes
        )
        tree.app(name.replace(" ", "-").lower(), body)
    tree.named_value("OAUTH_APP_ID", APP_ID)
    check = validate_jwt(
        metadata=[M2], audiences=["api://{{OAUTH_APP_ID}}", "{{OAUTH_APP_ID}}"], issuers=[I1], claims=SCP
    )
    return with_api(tree, document(f"<base />\n{check}"))


def identity_of_a_request_of_its_own() -> dict[str, bytes]:
    inbound = f"""<base />
<send-request mode="new" response-variable-name="pass" timeout="15" ignore-error="false">
    <set-url>https://brightwater-keys.vault.azure.net/secrets/ledger?api-version=7.4</set-url>
    <set-method>GET</set-method>
    <authentication-managed-identity resource="https://vault.azure.net" />
</send-request>
{CHECK}
<set-header name="X-Ledger-Pass" exists-action="override">
    <value>@(((IResponse)context.Variables["pass"]).Body.As<JObject>()["value"].ToString())</value>
</set-header>"""
    return with_api(with_app(tenant(identity=True)), document(inbound))


def identity_kept_in_a_variable() -> dict[str, bytes]:
    inbound = f"""<base />
{CHECK}
<authentication-managed-identity resource="https://cognitiveservices.azure.com" output-token-variable-name="model-token" />
<set-header name="Authorization" exists-action="override">
    <value>@("Bearer " + (string)context.Variables["model-token"])</value>
</set-header>
<send-request mode="new" response-variable-name="models" timeout="15" ignore-error="true">
    <set-url>https://brightwater-models.openai.azure.com/openai/models?api-version=2024-10-21</set-url>
    <set-method>GET</set-method>
    <set-header name="Authorization" exists-action="override">
        <value>@("Bearer " + (string)context.Variables["model-token"])</value>
    </set-header>
</send-request>"""
    return with_api(with_app(tenant(identity=True)), document(inbound))


def audience_as_a_required_claim() -> dict[str, bytes]:
    check = validate_jwt(metadata=[M2], claims=claim("aud", [APP_ID]) + "\n" + SCP)
    return with_api(with_app(tenant()), document(f"<base />\n{check}"))


def keys_of_another_provider() -> dict[str, bytes]:
    tree = tenant()
    tree.named_value("wallet-session-key", None)
    check = validate_jwt(
        keys="<key>{{wallet-session-key}}</key>",
        audiences=["wallet"],
        issuers=["https://sessions.brightwater.example"],
    )
    return with_api(tree, document(f"<base />\n{check}"))


def keys_without_audience_or_issuer() -> dict[str, bytes]:
    """Issued by the service's owner for itself: the key alone says who made the token."""
    tree = tenant()
    tree.named_value("people-signing-key", None)
    check = validate_jwt(keys="<key>{{people-signing-key}}</key>", claims=claim("roles", ["HR.Reader", "HR.Admin"]))
    return with_api(tree, document(f"<base />\n{check}"))


def two_providers() -> dict[str, bytes]:
    metadata = [f"https://{host}.wallet.example/.well-known/openid-configuration" for host in ("citizens", "firms")]
    check = validate_jwt(metadata=metadata, audiences=["web-wallet"], claims=claim("fiscal_code", []))
    return with_api(tenant(), document(f"<base />\n{check}"))


def global_policy_without_base() -> dict[str, bytes]:
    tree = with_app(tenant())
    tree.global_policy(
        document(
            CHECK,
            backend="<forward-request />",
            outbound='<set-header name="X-Powered-By" exists-action="delete" />',
            on_error="<!-- nothing -->",
        )
    )
    return with_api(tree, document("<base />"))


def markers_of_a_deployment() -> dict[str, bytes]:
    """Text that the deployment replaces is not XML; nothing may be said of what it hides."""
    inbound = """<base />
<check-header name="X-Azure-FDID" failed-check-httpcode="403" failed-check-error-message="Invalid request." ignore-case="false">
    <value><FRONTDOORID></value>
</check-header>
<set-header name="X-Scope" exists-action="override">
    <value>{{${scope_name}}}</value>
</set-header>"""
    return with_api(with_app(tenant()), document(f"{inbound}\n{CHECK}"), key=False)


ROWS = (
    Row("B1", "version 2 metadata beside a version 1 issuer, and version 1 written out", version_one_written_out),
    Row("B3", "a cache before the check that serves no request with a token", useless_cache_before_the_check),
    Row("B5", "only the neighbours of the right registration have version 2", other_registrations_have_version_two),
    Row("B7", "a managed identity inside a request of its own", identity_of_a_request_of_its_own),
    Row("B9", "a managed identity kept in a variable", identity_kept_in_a_variable),
    Row("B11", "the audience stands in a required claim", audience_as_a_required_claim),
    Row("B13", "another provider's key, without metadata", keys_of_another_provider),
    Row("B13b", "a shared key of its own, neither audience nor issuer", keys_without_audience_or_issuer),
    Row("B15", "two providers, a claim that only has to exist", two_providers),
    Row("B17", "a global policy has no parent and needs no base", global_policy_without_base),
    Row("B19", "markers that a deployment replaces", markers_of_a_deployment),
)
