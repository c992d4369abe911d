"""Planted faults of the settings of a token check."""

from __future__ import annotations

from tools.faults.planting import Patient, fault
from tools.tenant_plan import CheckPlan


@fault("unsigned-tokens-accepted")
def _unsigned(at: Patient) -> None:
    at.check.attributes += f' require-signed-tokens="{at.one_of("false", "False")}"'
    at.anywhere()


@fault("expiry-not-required", severity="warning")
def _no_expiry(at: Patient) -> None:
    at.check.attributes += ' require-expiration-time="false"'


@fault("key-source-missing")
def _no_key(at: Patient) -> None:
    at.check.metadata = []
    at.check.issuers = [at.world.issuer(at.app.token_version)]


@fault("key-is-url")
def _key_is_address(at: Patient) -> None:
    at.check.issuers = [at.world.issuer(at.app.token_version)]
    keys = "https://login.microsoftonline.com/common/discovery/v2.0/keys"
    at.check.metadata, at.check.keys = [], f"<key>{at.one_of(keys, at.world.metadata(2))}</key>"


@fault("symmetric-key-for-asymmetric-tokens")
def _symmetric_key(at: Patient) -> None:
    at.check.issuers = [at.world.issuer(at.app.token_version)]
    at.check.metadata, at.check.keys = [], "<key>{{outside-key}}</key>"


@fault("check-without-source", severity="warning")
def _no_source(at: Patient) -> None:
    at.check.attributes = at.one_of(
        'failed-validation-httpcode="401"',
        'header-name="Authorization" query-parameter-name="token"',
        'header-name="Authorization" token-value="@(context.Request.Url.Query.GetValueOrDefault("t", ""))"',
    )


@fault("scheme-on-custom-header", severity="warning")
def _scheme_on_custom_header(at: Patient) -> None:
    at.check.attributes = 'header-name="X-Access-Token" require-scheme="Bearer" failed-validation-httpcode="401"'


@fault("token-variable-is-not-the-access-token", severity="warning")
def _refresh_token(at: Patient) -> None:
    kind = at.one_of("refresh_token", "id_token")
    at.api.before = [
        (
            '<send-request mode="new" response-variable-name="answer" timeout="20" ignore-error="false">\n'
            f"    <set-url>https://login.microsoftonline.com/{at.world.tenant_id}/oauth2/v2.0/token</set-url>\n"
            "    <set-method>POST</set-method>\n"
            "    <set-body>@(context.Request.Body.As<string>(preserveContent: true))</set-body>\n</send-request>"
        ),
    ]
    at.check.attributes = (
        f'token-value=\'@((string)((IResponse)context.Variables["answer"]).Body.As<JObject>()["{kind}"])\''
    )


@fault("expression-not-allowed-here")
def _expression_in_client_ids(at: Patient) -> None:
    at.api.check = CheckPlan(
        element="validate-azure-ad-token",
        tenant=at.world.tenant_id,
        audiences=[at.app.app_id, at.app.uri],
        clients=['@((string)context.Variables["client"])'],
    )
    at.api.before = ['<set-variable name="client" value="{{region}}" />']


@fault("child-order", severity="warning")
def _children_out_of_order(at: Patient) -> None:
    text = at.api.text()
    url = f'<openid-config url="{at.check.metadata[0]}" />'
    at.api.policy = text.replace(url, "", 1).replace("</audiences>", f"</audiences>\n{url}", 1)
