"""A small run made by hand: one service, two APIs, an app registration, and findings that point into real policy text."""

from msgspec.structs import replace

from apimdoctor.engine.finding import Also, Finding, NotAssessed, Verdicts, Waived
from apimdoctor.engine.prescription import Admission, ObjectPatch, PolicyEdit, Prescription, TextEdit
from apimdoctor.facts.vocabulary import Facts, Place
from apimdoctor.prescribe.unified import unified
from apimdoctor.report.model import Report, RuleText, assemble
from apimdoctor.snapshot import (
    Api,
    AppRegistration,
    Contents,
    EntraTenant,
    Gap,
    Operation,
    Origin,
    PolicyText,
    Service,
    Snapshot,
    Source,
)

POLICY = """<policies>
  <inbound>
    <base />
    <validate-jwt header-name="Authorization" failed-validation-httpcode="401">
      <openid-config url="https://login.microsoftonline.com/larkspur.example/v2.0/.well-known/openid-configuration" />
      <audiences>
        <audience>api://orders.larkspur.example</audience>
      </audiences>
    </validate-jwt>
  </inbound>
</policies>
"""
APP_ID = "b7f2b0c4-4d0a-4c3e-8d69-6f5a8c1f2e7d"
DOCUMENT = "apis/orders/policy.xml"
START = POLICY.index("<validate-jwt")
END = POLICY.index("</validate-jwt>") + len("</validate-jwt>")

AT = Place(
    resource="apim-larkspur/apis/orders",
    document=DOCUMENT,
    line=4,
    column=5,
    service="apim-larkspur",
    api="orders",
    section="inbound",
    path="inbound/validate-jwt[1]",
    file=True,
    start=START,
    end=END,
)
APP = Place(resource=f"app registrations/{APP_ID}", document="applications/orders.json", line=1, column=1, app=APP_ID)
LIST = Place(
    resource="apim-larkspur/apis/orders/operations/list", service="apim-larkspur", api="orders", operation="list"
)

ISSUERS = TextEdit(
    start=POLICY.index("    </validate-jwt>"),
    end=POLICY.index("    </validate-jwt>"),
    text="      <issuers>\n        <issuer>https://sts.windows.net/5d3c3f0e-8a0e-4a53-9d1e-27f1b14a9c60/</issuer>\n"
    "      </issuers>\n",
)
ACCEPT = Prescription(
    title="Accept the issuer of version 1 too",
    safety="safe",
    changes=(PolicyEdit(at=AT, edits=(ISSUERS,), file=True, diff=unified(DOCUMENT, POLICY, [ISSUERS])),),
    admissions=(Admission(caller="Orders web (delegated)", before="refused", after="accepted"),),
)
SWITCH = Prescription(
    title="Let Entra ID issue version 2",
    safety="review",
    changes=(
        ObjectPatch(
            kind="graph",
            resource="applications/0f8c8a55-9f2f-4f6c-9b9e-0e7c6a1d5b34",
            name="Orders",
            identifier=APP_ID,
            body={"api": {"requestedAccessTokenVersion": 2}},
            commands={"az": "az rest --method PATCH", "bicep": "resource orders"},
        ),
    ),
    side_effects=("Easy Auth of orders-site accepts version 1 only.",),
    steps=("Accept both.", "Switch.", "Clean up."),
)
MISMATCH = Finding(
    rule="issuer-version-mismatch",
    title="The policy does not accept the issuer of the tokens its app registration gets",
    severity="error",
    confidence="high",
    cause="issuer-version-mismatch",
    message='validate-jwt accepts the version 2 issuer, but tokens for "Orders" come from sts.windows.net',
    at=AT,
    related=(APP,),
    affects=(LIST,),
    also=(Also(rule="audience-not-emitted", message="no token carries this audience", at=AT),),
    evidence={
        "check.accepted_issuers": ["https://login.microsoftonline.com/5d3c3f0e-8a0e-4a53-9d1e-27f1b14a9c60/v2.0"],
        "app.token_version": 1,
        "app.token_version_written": False,
    },
    fix="""Set api.requestedAccessTokenVersion of the app registration to 2, or accept both issuers:

  <issuers>
    <issuer/>
  </issuers>
""",
    prescriptions=(ACCEPT, SWITCH),
    fingerprint="1f4c5a1e",
    links=("https://learn.microsoft.com/entra/identity-platform/access-tokens",),
)
HYGIENE = Finding(
    rule="app-without-owner",
    title="An app registration has no owner",
    severity="warning",
    confidence="high",
    cause="app-hygiene",
    message='nobody owns "Orders"',
    at=APP,
    affects=(APP,),
    fingerprint="77aa01bc",
)
UNKNOWN = NotAssessed(rule="issuer-not-accepted", reason="named value {{issuer}} is secret", subjects=(AT, LIST))
WAIVED = Waived(finding=HYGIENE, reason="being retired", source="apimdoctor.yaml:3", until="2031-01-31")
GAP = Gap(
    scope="apis/returns/policy.xml", kind="unparsed", detail="not a policy: no section found", hint="export it again"
)
RULE = RuleText(
    id="issuer-version-mismatch",
    title=MISMATCH.title,
    severity="error",
    cause="issuer-version-mismatch",
    about="The app registration decides which token version the API receives.",
    fix="Accept the issuer that Entra ID uses.",
    links=MISMATCH.links,
)


def snapshot(policy: str = POLICY, name: str = "Orders", document: str = DOCUMENT) -> Snapshot:
    orders = Api(
        name="orders",
        display_name=name,
        path="orders",
        policy=PolicyText(text=policy, origin=Origin(document=document, file=True)),
        operations=(Operation(name="list", display_name="List", method="GET", url_template="/"),),
    )
    returns = Api(name="returns", display_name="Returns", path="returns")
    service = Service(id="file:.", name="apim-larkspur", contents=Contents(apis=(orders, returns)))
    app = AppRegistration(id="0f8c8a55-9f2f-4f6c-9b9e-0e7c6a1d5b34", app_id=APP_ID, display_name=name)
    return Snapshot(
        sources=(Source(kind="folder", name="larkspur"),),
        services=(service,),
        tenants=(EntraTenant(app_registrations=(app,)),),
        gaps=(GAP,),
    )


VERDICTS = Verdicts(
    findings=(MISMATCH, HYGIENE), not_assessed=(UNKNOWN,), waived=(WAIVED,), notices=("a waiver matches nothing",)
)


def report(verdicts: Verdicts = VERDICTS, read: Snapshot | None = None) -> Report:
    return assemble(read or snapshot(), Facts(), verdicts, [RULE], version="0.1.0")


def with_message(message: str) -> Report:
    return report(replace(VERDICTS, findings=(replace(MISMATCH, message=message),)))
