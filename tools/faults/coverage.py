"""Planted faults of what a token check covers: contexts, bases, conditions, revisions, sections."""

from __future__ import annotations

from tools.entra_objects import Json
from tools.faults.planting import Patient, fault
from tools.tenant_plan import ApiPlan
from tools.tenant_tree import Op, document, indented


@fault("operation-unprotected")
def _unprotected(at: Patient) -> None:
    at.api.placement, at.api.key = "none", False
    at.api.after = ['<authentication-managed-identity resource="https://storage.azure.com/" />']


@fault("check-only-in-product")
def _only_in_product(at: Patient) -> None:
    at.api.placement, at.api.key, at.api.products = "product", True, ["planted"]
    at.world.products["planted"] = document("<base />\n" + at.check.xml())
    at.world.subscriptions["planted-users"] = "/products/planted"
    at.world.subscriptions["planted-direct"] = f"/apis/{at.api.name}"


@fault("base-missing-drops-check")
def _base_missing(at: Patient) -> None:
    inbound = '<set-header name="X-Zone" exists-action="override">\n    <value>{{region}}</value>\n</set-header>'
    at.api.operations[-1].policy = document(inbound)
    at.anywhere()


@fault("check-behind-condition")
def _behind_condition(at: Patient) -> None:
    condition = at.rng.choice(
        (
            '@(context.Request.Headers.ContainsKey("Authorization"))',
            '@(context.Request.Headers.GetValueOrDefault("X-Internal", "") != "yes")',
            '@(context.Request.Url.Query.GetValueOrDefault("trusted", "no") != "yes")',
        )
    )
    _guard(at.api, condition)


@fault("check-guard-never-true")
def _guard_never_true(at: Patient) -> None:
    condition = at.rng.choice(
        (
            "@(false)",
            '@(context.Variables.GetValueOrDefault<string>("check-token", "no") == "yes")',
            '@(context.Variables.ContainsKey("must-sign-in"))',
        )
    )
    _guard(at.api, condition)


def _guard(api: ApiPlan, condition: str) -> None:
    inner = indented(api.check.xml(), 8)
    guarded = f'<choose>\n    <when condition="{condition}">\n{inner}\n    </when>\n</choose>'
    api.policy = document(f"<base />\n{guarded}")


@fault("console-server-without-check", or_else=("operation-unprotected",), severity="warning")
def _console(at: Patient) -> None:
    at.api.placement = "none"
    at.api.console = f"{at.app.app_id}/{at.app.scope}"


@fault("base-missing-drops-control", severity="warning")
def _base_drops_control(at: Patient) -> None:
    control = at.one_of(
        '<ip-filter action="allow">\n    <address>203.0.113.9</address>\n</ip-filter>',
        '<rate-limit calls="40" renewal-period="60" />',
        '<rate-limit-by-key calls="40" renewal-period="60" counter-key="@(context.Subscription.Id)" />',
    )
    at.api.before = [control]
    at.api.operations[-1].policy = document(at.check.xml())


@fault("base-missing-in-backend")
def _base_missing_in_back_end(at: Patient) -> None:
    empty = at.one_of("", "<!-- <base /> -->", '<set-variable name="attempt" value="1" />')
    if at.rng.random() < 0.5:
        at.api.backend = empty
    else:
        at.api.operations[-1].policy = document("<base />", backend=empty)


@fault("refusal-turned-into-success")
def _refusal_hidden(at: Patient) -> None:
    code = at.one_of("200", "204", "202")
    at.api.on_error = (
        f'<base />\n<return-response>\n    <set-status code="{code}" reason="OK" />\n</return-response>'
        if at.rng.random() < 0.5
        else f'<set-status code="{code}" reason="OK" />\n<base />'
    )


@fault("product-open", severity="warning")
def _open_product(at: Patient) -> None:
    at.api.placement, at.api.key, at.api.products = "none", True, ["planted"]
    at.file(lambda tree: tree.product("planted", key=False))


@fault("revision-unprotected", severity="warning")
def _weaker_revision(at: Patient) -> None:
    properties: Json = {"serviceUrl": f"https://{at.api.name}.internal.example", "apiRevision": "2", "isOnline": True}
    old = document(at.one_of("<base />", '<base />\n<set-variable name="region" value="{{region}}" />'))
    ops = [Op(name=o.name, method=o.method, template=o.template) for o in at.api.operations]
    at.file(
        lambda tree: tree.api(
            f"{at.api.name};rev=2", old, path=at.api.name, key=at.api.key, operations=ops, properties=properties
        )
    )


@fault("check-in-wrong-section")
def _check_in_wrong_section(at: Patient) -> None:
    at.api.placement = "none"
    if at.rng.random() < 0.5:
        at.api.outbound = [at.check.xml()]
    else:
        at.api.backend = f"{at.check.xml()}\n<base />"


@fault("policy-in-wrong-scope")
def _policy_in_wrong_scope(at: Patient) -> None:
    at.api.operations[-1].policy = document(
        "<base />\n<cross-domain>\n    <cross-domain-policy>\n"
        '        <allow-http-request-headers-from domain="*" headers="*" />\n    </cross-domain-policy>\n</cross-domain>'
    )


@fault("policy-unreadable", severity="warning")
def _unreadable(at: Patient) -> None:
    text = at.api.text()
    at.api.policy = (
        text.replace("</inbound>", "", 1)
        if at.rng.random() < 0.5
        else text.replace("<base />", '<set-header name="X-Zone exists-action="override">', 1)
    )


@fault("mcp-authorization-not-forwarded", severity="warning", of_service=True)
def _mcp(at: Patient) -> None:
    tool, behind = at.api.operations[-1].name, at.api.name
    tools: Json = {"type": "mcp", "mcpTools": [{"name": tool, "operationId": f"/apis/{behind}/operations/{tool}"}]}
    ops = [Op(name="call", method="POST", template="/")]
    text, products = at.api.text(), list(at.api.products)
    at.file(lambda tree: tree.api(f"{behind}-tools", text, operations=ops, products=products, properties=tools))


@fault("protected-resource-metadata-wrong", severity="warning")
def _resource_metadata(at: Patient) -> None:
    own, scope = at.world.tenant_id, at.app.scope
    tenant, asked = at.rng.choice(((own, f"{scope}.Write"), ("9b7d1c42-6e0f-4a85-b3d8-27c5f1e09a64", scope)))
    body = (
        f'{{"resource": "https://{at.world.service}.azure-api.net/{at.api.name}", "authorization_servers": '
        f'["https://login.microsoftonline.com/{tenant}/v2.0"], "scopes_supported": ["{at.app.uri}/{asked}"]}}'
    )
    entry = at.api.operations[-1]
    entry.template = "/.well-known/oauth-protected-resource"
    answer = (
        '<return-response>\n    <set-status code="200" reason="OK" />\n'
        '    <set-header name="Content-Type" exists-action="override">\n        <value>application/json</value>\n'
        f"    </set-header>\n    <set-body>{body}</set-body>\n</return-response>"
    )
    entry.policy = document(indented(answer, 0))
