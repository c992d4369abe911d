"""Planted faults of tokens and secrets that leave the gateway where they should not."""

from __future__ import annotations

from tools.faults.planting import Patient, fault
from tools.tenant_plan import guid


@fault("token-logged", severity="warning")
def _token_logged(at: Patient) -> None:
    text = '@(context.Request.Headers.GetValueOrDefault("Authorization", ""))'
    at.api.after = [
        at.one_of(
            f'<trace source="calls" severity="information">\n    <message>{text}</message>\n</trace>',
            f'<log-to-eventhub logger-id="audit">{text}</log-to-eventhub>',
            f'<trace source="calls">\n    <message>call</message>\n    <metadata name="token" value="{text}" />\n</trace>',
        )
    ]


@fault("token-in-diagnostics", severity="warning", of_service=True)
def _token_in_diagnostics(at: Patient) -> None:
    side = at.one_of("frontend", "backend")
    body = {side: {"request": {"headers": [at.one_of("Authorization", "authorization"), "X-Request-Id"]}}}
    path = "apim/diagnostics/applicationinsights/diagnosticInformation.json"
    at.file(lambda tree: tree.json(path, {"properties": body}))


@fault("token-sent-to-foreign-host", severity="warning")
def _token_to_foreign_host(at: Patient) -> None:
    header = (
        '    <set-header name="Authorization" exists-action="override">\n'
        '        <value>@(context.Request.Headers.GetValueOrDefault("Authorization",""))</value>\n    </set-header>\n'
    )
    mode, sets = at.rng.choice((("copy", ""), ("new", header)))
    at.api.after = [
        (
            f'<send-request mode="{mode}" response-variable-name="score" timeout="10">\n'
            "    <set-url>https://score.risk-partner.example/v2/ask</set-url>\n    <set-method>GET</set-method>\n"
            f"{sets}</send-request>"
        )
    ]


@fault("token-over-http", severity="warning")
def _token_over_http(at: Patient) -> None:
    at.api.properties["protocols"] = ["http", "https"]


@fault("secret-in-policy", severity="warning")
def _secret_in_policy(at: Patient) -> None:
    value = f"{at.rng.getrandbits(200):050x}"
    at.api.after = [
        at.one_of(
            f'<set-header name="X-Functions-Key" exists-action="override">\n    <value>{value}</value>\n</set-header>',
            f'<authentication-basic username="gate" password="{value[:20]}" />',
        )
    ]


@fault("secret-in-plain-named-value", severity="warning", of_service=True)
def _plain_secret(at: Patient) -> None:
    at.world.named_values["carrier-password"] = f"{at.rng.getrandbits(160):040x}".replace("0", "Q") + "7!"


@fault("static-header-as-only-check", severity="warning", or_else=("operation-unprotected",))
def _static_header(at: Patient) -> None:
    at.api.placement, at.api.key = "none", False
    at.api.after = [
        (
            '<check-header name="X-Gate" failed-check-httpcode="401" failed-check-error-message="no" ignore-case="false">\n'
            f"    <value>{at.one_of('{{outside-key}}', guid(at.rng))}</value>\n</check-header>"
        )
    ]
