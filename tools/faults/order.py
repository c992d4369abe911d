"""Planted faults of the order of steps around the token check."""

from __future__ import annotations

from tools.faults.planting import Patient, fault
from tools.tenant_plan import CheckPlan
from tools.tenant_tree import document

_OWN_HEADER = """<set-header name="Authorization" exists-action="override">
    <value>Bearer {{outside-key}}</value>
</set-header>"""
_FORWARDED = """<return-response>
    <set-status code="200" reason="OK" />
    <set-body>@(((IResponse)context.Variables["found"]).Body.As<string>())</set-body>
</return-response>"""


@fault("caller-token-overwritten-before-check")
def _overwritten(at: Patient) -> None:
    at.api.before = [
        at.rng.choice(
            (
                '<authentication-managed-identity resource="https://storage.azure.com/" />',
                '<authentication-basic username="gate" password="{{outside-key}}" />',
                _OWN_HEADER,
            )
        )
    ]
    at.anywhere()


@fault("gateway-token-accepted")
def _gateway_token(at: Patient) -> None:
    at.api.before = [f'<authentication-managed-identity resource="{at.app.uri}" />']
    at.check.metadata, at.check.issuers = [at.world.metadata(1), at.world.metadata(2)], []
    at.check.audiences = [at.app.app_id, at.app.uri]
    at.check.claims = []


def _own_call(at: Patient) -> str:
    """A call of the gateway's own to a service of the tenant."""
    return (
        '<send-request mode="new" response-variable-name="found" timeout="20" ignore-error="false">\n'
        f"    <set-url>https://{at.api.name}.internal.example/list</set-url>\n    <set-method>GET</set-method>\n"
        "</send-request>"
    )


@fault("response-before-check", or_else=("operation-unprotected",))
def _response_before(at: Patient) -> None:
    at.api.operations[-1].policy = document(f"{_own_call(at)}\n{_FORWARDED}\n<base />")


@fault("local-steps-before-base", severity="warning")
def _call_before_base(at: Patient) -> None:
    at.api.operations[-1].policy = document(f"{_own_call(at)}\n<base />")


@fault("cached-response-before-check")
def _cached_before(at: Patient) -> None:
    if at.rng.random() < 0.5:
        at.api.before = [_cache('allow-private-response-caching="true"')]
    else:
        at.check.attributes = at.one_of('query-parameter-name="access_token"', 'header-name="X-Caller-Token"')
        at.api.before = [_cache("")]
    at.api.outbound = ['<cache-store duration="60" />']


@fault("private-responses-cached-without-vary", severity="warning")
def _cached_for_all(at: Patient) -> None:
    at.api.after = [_cache('allow-private-response-caching="true"')]
    at.api.outbound = ['<cache-store duration="300" />']


def _cache(more: str) -> str:
    return f'<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" {more} />'


@fault("check-precedes-other-credential", severity="warning")
def _check_before_certificate(at: Patient) -> None:
    at.api.operations[-1].policy = document(
        "<base />\n"
        + at.one_of(
            '<validate-client-certificate validate-revocation="true" validate-trust="true" validate-not-before="true" '
            'validate-not-after="true" ignore-error="false" />',
            "<choose>\n"
            '    <when condition="@(context.Request.Certificate == null || !context.Request.Certificate.Verify())">\n'
            '        <return-response>\n            <set-status code="403" reason="Forbidden" />\n'
            "        </return-response>\n    </when>\n</choose>",
        )
    )


@fault("checks-exclude-each-other")
def _two_audiences(at: Patient) -> None:
    at.version(2)
    other = at.world.apps[0] if at.world.apps[0] is not at.app else at.world.apps[1]
    second = CheckPlan(
        element="validate-azure-ad-token", tenant=at.world.tenant_id, audiences=[other.app_id, other.uri]
    )
    _second_check(at, second)


@fault("checks-of-different-issuers")
def _two_issuers(at: Patient) -> None:
    at.version(2)
    audiences = [at.app.app_id]
    _second_check(at, CheckPlan(metadata=[at.world.metadata(1)], audiences=audiences))


def _second_check(at: Patient, second: CheckPlan) -> None:
    """A second check on the same way: in the API's policy, or in an operation's."""
    if at.rng.random() < 0.5:
        at.api.after = [second.xml()]
    else:
        at.api.operations[-1].policy = document(f"<base />\n{second.xml()}")


@fault("counter-key-from-unchecked-token", severity="warning")
def _counter_before(at: Patient) -> None:
    key = at.one_of(
        '@(context.Request.Headers.GetValueOrDefault("Authorization","").AsJwt()?.Subject)',
        '@(context.Request.Headers.GetValueOrDefault("X-Customer", "none"))',
    )
    name = at.one_of("rate-limit-by-key", "quota-by-key")
    at.api.before = [f'<{name} calls="50" renewal-period="300" counter-key=\'{key}\' />']


@fault("backend-from-request-before-check", severity="warning")
def _host_from_caller(at: Patient) -> None:
    place = at.one_of("Headers.GetValueOrDefault", "Url.Query.GetValueOrDefault")
    at.api.before = [f'<set-backend-service base-url=\'@("https://" + context.Request.{place}("X-Node", ""))\' />']


@fault("claims-read-before-check", severity="warning", or_else=("operation-unprotected", "operation-with-key-only"))
def _claims_of_unchecked(at: Patient) -> None:
    at.api.placement = "none"
    at.api.after = [
        (
            "<choose>\n"
            '    <when condition="@(context.Request.Headers.GetValueOrDefault("Authorization","").AsJwt()?.Claims'
            '["scp"].Contains("Planted.Read") != true)">\n'
            '        <return-response>\n            <set-status code="403" reason="Forbidden" />\n        </return-response>\n'
            "    </when>\n</choose>"
        )
    ]


_CORS = """<cors{attributes}>
    <allowed-origins>
        <origin>{origin}</origin>
    </allowed-origins>
    <allowed-methods>
        <method>*</method>
    </allowed-methods>
    <allowed-headers>
        <header>{header}</header>
    </allowed-headers>
</cors>"""


def _cors(origin: str, header: str = "*", attributes: str = "") -> str:
    return _CORS.format(origin=origin, header=header, attributes=attributes)


@fault("cors-any-origin-with-credentials", severity="warning")
def _cors_any_origin(at: Patient) -> None:
    at.api.before = [_cors("*", attributes=' allow-credentials="true"')]


@fault("cors-misses-token-headers", severity="warning")
def _cors_without_header(at: Patient) -> None:
    at.client["spa"] = {"redirectUris": ["https://desk.tenant.example/signed-in"]}
    wants = [{"resourceAppId": at.app.app_id, "resourceAccess": [{"id": at.app.scope_id, "type": "Scope"}]}]
    at.client["requiredResourceAccess"] = wants
    at.api.before = [_cors("https://desk.tenant.example", "Content-Type")]


@fault("cors-only-in-product", severity="warning")
def _cors_in_product(at: Patient) -> None:
    at.api.products, at.api.key = ["planted"], True
    at.world.products["planted"] = document("<base />\n" + _cors("https://desk.tenant.example"))
    at.world.subscriptions["planted-users"] = "/products/planted"


@fault("cors-twice", severity="warning")
def _cors_twice(at: Patient) -> None:
    at.world.global_inbound.append(_cors("https://portal.tenant.example"))
    at.api.before = [_cors("https://desk.tenant.example")]
