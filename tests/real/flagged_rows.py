"""The true defects of the judged public configurations, each mechanism rebuilt in a tenant of our own."""

from __future__ import annotations

from judged_house import APP_ID, OBJECT_ID, TENANT, Row, tenant, with_api, with_app

from tools.entra_objects import (
    legacy_app,
)
from tools.tenant_tree import (
    V1_METADATA,
    V2_METADATA,
    claim,
    document,
    validate_jwt,
)

M1 = V1_METADATA.format(tenant=TENANT)
M2 = V2_METADATA.format(tenant=TENANT)
SCP = claim("scp", ["Ledger.Read"], separator=" ")
GUARDED = '<choose>\n    <when condition="{condition}">\n{check}\n    </when>\n</choose>'


def _guarded(condition: str, check: str) -> str:
    return GUARDED.format(condition=condition, check="\n".join("        " + line for line in check.split("\n")))


def product_guard_with_a_blank() -> dict[str, bytes]:
    """A formatter broke the literal: no product id begins with a blank, so the check never runs."""
    tree = with_app(tenant())
    tree.product("live-basic")
    tree.product("live-extended")
    check = validate_jwt(metadata=[M2], audiences=[APP_ID], claims=SCP)
    inbound = "<base />\n" + _guarded('@(context.Product.Id.Contains(" live-"))', check)
    return with_api(tree, document(inbound), products=["live-basic", "live-extended"])


def expiry_switched_off() -> dict[str, bytes]:
    tree = with_app(tenant())
    attributes = 'header-name="Authorization" require-expiration-time="false"'
    check = validate_jwt(metadata=[M2], audiences=[APP_ID], claims=SCP, attributes=attributes)
    return with_api(tree, document(f"<base />\n{check}"))


def fragment_guard_reads_what_nobody_sets() -> dict[str, bytes]:
    """The named value says "true", the condition asks a variable of the same name that nothing sets."""
    tree = with_app(tenant())
    tree.named_value("sign-in-required", "true")
    check = validate_jwt(metadata=[M2], audiences=[APP_ID], claims=SCP)
    guard = '@(context.Variables.GetValueOrDefault<string>("sign-in-required", "false") == "true")'
    tree.fragment("sign-in", _guarded(guard, check))
    return with_api(tree, document('<base />\n<include-fragment fragment-id="sign-in" />'))


def only_the_uri_for_version_two() -> dict[str, bytes]:
    """The manifest asks for version 2 in both spellings, the policy accepts the identifier URI alone."""
    tree = tenant()
    manifest = legacy_app(object_id=OBJECT_ID, app_id=APP_ID, name="Ledger", version=2, uris=[f"api://{APP_ID}"])
    manifest["api"] = {"requestedAccessTokenVersion": 2}
    tree.app("ledger", manifest)
    tree.named_value("LEDGER_CLIENT_ID", APP_ID)
    check = validate_jwt(metadata=[M2], audiences=["api://{{LEDGER_CLIENT_ID}}"])
    return with_api(tree, document(f"<base />\n{check}"))


def legacy_name_at_top_level() -> dict[str, bytes]:
    """A script set the manifest's old property name on a Graph object, where nothing reads it."""
    tree = with_app(tenant(), version=None)
    name = "entra/applications/ledger.json"
    text = tree.files[name].decode().replace('"tags": [],', '"accessTokenAcceptedVersion": 2,\n  "tags": [],')
    tree.text(name, text)
    check = validate_jwt(metadata=[M1], audiences=[f"api://{APP_ID}", APP_ID], claims=SCP)
    return with_api(tree, document(f"<base />\n{check}"))


def management_audience_and_a_header_for_the_user() -> dict[str, bytes]:
    check = validate_jwt(
        metadata=[M2],
        audiences=["https://management.azure.com/"],
        attributes='header-name="Authorization" output-token-variable-name="jwt"',
    )
    inbound = f"""<base />
{check}
<set-variable name="user" value="@(context.Request.Headers.GetValueOrDefault("x-user-id", ""))" />
<choose>
    <when condition="@((string)context.Variables["user"] == "")">
        <return-response>
            <set-status code="403" reason="Forbidden" />
        </return-response>
    </when>
</choose>"""
    return with_api(with_app(tenant()), document(inbound))


def graph_audience() -> dict[str, bytes]:
    check = validate_jwt(
        metadata=[M2],
        audiences=[APP_ID, "00000003-0000-0000-c000-000000000000"],
        issuers=[f"https://sts.windows.net/{TENANT}"],
        claims=SCP,
    )
    return with_api(with_app(tenant()), document(f"<base />\n{check}"))


def last_index_without_a_guard() -> dict[str, bytes]:
    check = validate_jwt(
        metadata=[M2],
        audiences=[APP_ID],
        claims=SCP,
        attributes='header-name="Authorization" output-token-variable-name="caller"',
    )
    inbound = f"""<base />
{check}
<set-variable name="short-name" value="@{{
    var name = ((Jwt)context.Variables["caller"]).Claims.GetValueOrDefault("preferred_username", "unknown");
    return name.Substring(0, name.LastIndexOf("@"));
}}" />"""
    return with_api(with_app(tenant()), document(inbound))


def no_key_source() -> dict[str, bytes]:
    tree = with_app(tenant())
    tree.named_value("banner", "Welcome to the ledger")
    check = validate_jwt(audiences=["{{banner}}"])
    return with_api(tree, document(f"<base />\n{check}"))


def formatter_damage() -> dict[str, bytes]:
    check = validate_jwt(metadata=[M2], audiences=[APP_ID], claims=SCP)
    condition = '@(context.Request.Method.Equals("patch=""", StringComparison.OrdinalIgnoreCase))'
    inbound = f"""<base />
{check}
<choose>
    <when condition="{condition}">
        <return-response>
            <set-status code="403" reason="Forbidden" />
        </return-response>
    </when>
</choose>"""
    return with_api(with_app(tenant()), document(inbound))


def cut_off_close_tag() -> dict[str, bytes]:
    tree = with_app(tenant())
    check = validate_jwt(metadata=[M2], audiences=[APP_ID], claims=SCP)
    whole = document(
        f'<base />\n{check}\n<set-header name="X-A" exists-action="override">\n    <value>a</value>\n</set-header>'
    )
    return with_api(tree, whole[: whole.index("</set-header") + len("</set-header")])


def common_metadata() -> dict[str, bytes]:
    everyone = V2_METADATA.format(tenant="common")
    check = validate_jwt(metadata=[everyone], audiences=[APP_ID], claims=SCP)
    return with_api(with_app(tenant()), document(f"<base />\n{check}"))


def counter_on_an_unchecked_subject() -> dict[str, bytes]:
    check = validate_jwt(metadata=[M2], audiences=[APP_ID], claims=SCP)
    key = '@(context.Request.Headers.GetValueOrDefault("Authorization","").AsJwt()?.Subject ?? "none")'
    inbound = f'<base />\n<rate-limit-by-key calls="20" renewal-period="60" counter-key="{key}" />\n{check}'
    return with_api(with_app(tenant()), document(inbound))


ROWS = (
    Row(
        "A1",
        "a guard asks for a product id that cannot exist",
        product_guard_with_a_blank,
        ("check-guard-never-true", "check-behind-condition"),
    ),
    Row(
        "A3",
        "tokens without an expiry are accepted",
        expiry_switched_off,
        ("expiry-not-required",),
    ),
    Row(
        "A5",
        "a shared fragment is guarded by a variable that nothing sets",
        fragment_guard_reads_what_nobody_sets,
        ("check-guard-never-true",),
    ),
    Row(
        "A7",
        "version 2 tokens, but only the identifier URI as audience",
        only_the_uri_for_version_two,
        ("audience-not-emitted",),
    ),
    Row(
        "A9",
        "the old property name at the top level of a Graph object",
        legacy_name_at_top_level,
        ("legacy-property-name",),
    ),
    Row(
        "A11",
        "tokens for Azure Resource Manager open the API",
        management_audience_and_a_header_for_the_user,
        ("audience-of-microsoft-api",),
    ),
    Row("A13a", "tokens for Microsoft Graph are listed", graph_audience, ("audience-of-microsoft-api",)),
    Row("A13b", "a version 1 issuer without its final slash", graph_audience, ("issuer-never-issued",)),
    Row(
        "A15",
        "an index of -1 ends the request for tokens of applications",
        last_index_without_a_guard,
        ("expression-fails-on-input",),
    ),
    Row("A19", "a check without any key source", no_key_source, ("key-source-missing",)),
    Row(
        "A21",
        "a formatter tore a literal apart",
        formatter_damage,
        ("expression-cannot-compile",),
    ),
    Row(
        "A25",
        "the document ends inside a close tag",
        cut_off_close_tag,
        ("policy-unreadable",),
    ),
    Row("A27", "metadata of common, neither issuer list nor tid claim", common_metadata, ("any-tenant-accepted",)),
    Row(
        "A29",
        "a counter keyed on an unchecked subject",
        counter_on_an_unchecked_subject,
        ("counter-key-from-unchecked-token",),
    ),
)
"""Left out: A17 (a template variable that its file never uses stands in Terraform, not in configuration) and A23 (two
dashes in a comment: our reader takes them, as the service's editor does)."""
