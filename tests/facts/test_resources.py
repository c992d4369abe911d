"""What stands beside checks and routes: documents, references, waivers, console servers, steps."""

import pytest

from apimdoctor.facts.values import NONE, Unknown, known
from apimdoctor.facts.vocabulary import ConsoleServer, Fragment, NamedValue, Reference, Step
from tests.facts.house import JWT, TENANT, House, document, facts_of, only_check


def references(house: House) -> dict[tuple[str, str], bool | Unknown]:
    return {(r.kind, r.name): r.found for r in house.facts().references if isinstance(r, Reference)}


# ------------------------------------------------------------ places and documents
def test_a_check_stands_at_the_line_its_author_wrote() -> None:
    check = only_check(facts_of("<base />\n" + JWT))
    assert (check.place.line, check.place.column) == (4, 9)
    assert check.place.document == "apim/apis/ledger/policy.xml"
    assert check.place.path == "inbound/validate-jwt[1]"
    assert (check.place.service, check.place.api, check.place.section) == ("alder", "ledger", "inbound")


def test_a_place_in_a_file_says_so() -> None:
    assert only_check(facts_of("<base />" + JWT)).place.file is True


def test_a_document_tells_its_sections_and_whether_they_inherit() -> None:
    house = House()
    house.tree.api("ledger", document("<set-variable name='a' value='b' />"))
    (found,) = house.facts().documents
    assert [(s.name, s.has_base) for s in found.sections] == [
        ("inbound", False),
        ("backend", True),
        ("outbound", True),
        ("on-error", True),
    ]


def test_an_unreadable_document_gives_its_reason() -> None:
    house = House()
    house.tree.api("ledger", "<policies><inbound>")
    facts = house.facts()
    (found,) = facts.documents
    assert found.readable is False
    assert found.reason.startswith("the policy of API ledger could not be parsed")
    assert [check.because for check in facts.token_checks if isinstance(check, Unknown)] == [found.reason]


# ------------------------------------------------------------ waivers
def test_a_comment_waives_a_rule_for_the_element_below_it() -> None:
    facts = facts_of("<base />\n<!-- apimdoctor: ignore audience-unchecked a pilot until spring -->\n" + JWT)
    (waiver,) = facts.waivers
    assert (waiver.rule, waiver.reason) == ("audience-unchecked", "a pilot until spring")
    assert waiver.place.line == 4
    assert waiver.covers.path == "inbound/validate-jwt[1]"
    assert waiver.covers.start == only_check(facts).place.start


def test_other_comments_waive_nothing() -> None:
    assert facts_of("<base /><!-- apimdoctor is nice, ignore this -->" + JWT).waivers == ()


# ------------------------------------------------------------ references
def test_a_reference_is_found_when_it_exists() -> None:
    house = House()
    house.tree.fragment("check", JWT)
    house.tree.named_value("audience", "api://ledger")
    house.tree.backend("host", "https://ledger.alder.example")
    house.api(
        '<base /><include-fragment fragment-id="check" /><set-backend-service backend-id="host" />'
        '<set-header name="X-Audience" exists-action="override"><value>{{audience}}</value></set-header>'
    )
    assert references(house) == {
        ("fragment", "check"): True,
        ("named value", "audience"): True,
        ("backend", "host"): True,
    }


def test_a_reference_is_missing_only_where_the_whole_collection_was_read() -> None:
    house = House().api('<base /><include-fragment fragment-id="gone" />')
    assert isinstance(references(house)[("fragment", "gone")], Unknown)
    house.tree.fragment("other", JWT)
    assert references(house)[("fragment", "gone")] is False


def test_braces_of_liquid_are_no_named_values() -> None:
    house = House().api('<base /><set-body template="liquid">{"name": "{{body.name}}"}</set-body>')
    assert references(house) == {}


def test_a_fragment_tells_the_checks_in_it_and_whether_it_is_used() -> None:
    house = House()
    house.tree.fragment("check", JWT)
    house.tree.fragment("idle", "<set-variable name='a' value='b' />")
    house.api('<base /><include-fragment fragment-id="check" />')
    found = {f.name: f for f in house.facts().fragments if isinstance(f, Fragment)}
    assert (found["check"].check_elements, found["check"].used) == (("validate-jwt",), True)
    assert (found["idle"].check_elements, found["idle"].used) == ((), False)


def test_a_secret_in_a_policy_is_told_by_its_form_and_never_by_its_text() -> None:
    secret = "Zx9" + "qLm4TtR8vWc2" * 4
    facts = facts_of(
        f'<base /><set-header name="Ocp-Apim-Subscription-Key" exists-action="override"><value>{secret}</value></set-header>'
    )
    (text,) = facts.written_texts
    assert not isinstance(text, Unknown)
    assert text.place.path.startswith("inbound/set-header[1]")
    assert secret not in repr(facts)


def test_a_named_value_tells_whether_it_is_secret_and_used() -> None:
    house = House()
    house.tree.named_value("audience", None)
    house.api(f"<base />{JWT.replace('</audience>', '</audience><audience>{{audience}}</audience>')}")
    (value,) = house.facts().named_values
    assert isinstance(value, NamedValue)
    assert (value.secret, value.used) == (True, True)


# ------------------------------------------------------------ console servers
@pytest.mark.parametrize(
    ("scope", "token_for"),
    [
        ("read", "Microsoft Graph"),
        ("openid", "OpenID only"),
        ("api://ledger/read", "app registration"),
        ("https://graph.microsoft.com/User.Read", "Microsoft Graph"),
        ("https://vault.azure.net/.default", "Microsoft API"),
        ("api://nobody/read", "nothing found"),
    ],
)
def test_a_scope_of_the_console_decides_for_whom_its_tokens_are(scope: str, token_for: str) -> None:
    house = House().app()
    house.tree.console_server("alder-login", TENANT, scope)
    settings = {"oAuth2": {"authorizationServerId": "alder-login"}}
    (api,) = house.api(properties={"authenticationSettings": settings}).facts().apis
    assert not isinstance(api, Unknown)
    (server,) = api.console_servers
    assert isinstance(server, ConsoleServer)
    assert [one.token_for for one in server.scopes] == [token_for]


# ------------------------------------------------------------ steps
def only_step(element: str) -> Step:
    (found,) = (s for s in facts_of("<base />" + element).steps if isinstance(s, Step))
    return found


def test_a_log_of_the_authorization_header_sends_a_token() -> None:
    step = only_step(
        '<log-to-eventhub logger-id="hub">@(context.Request.Headers.GetValueOrDefault("Authorization",""))</log-to-eventhub>'
    )
    assert (step.sends_to, step.tokens_sent) == ("log", known("header:authorization"))


def test_a_log_of_something_else_sends_none() -> None:
    assert only_step('<trace source="x"><message>@(context.RequestId.ToString())</message></trace>').tokens_sent == NONE


def test_a_call_tells_its_host() -> None:
    step = only_step(
        '<send-request mode="new" response-variable-name="r"><set-url>https://checks.alder.example/a</set-url></send-request>'
    )
    assert (step.role, step.host, step.writes) == ("call", "checks.alder.example", known("variable:r"))


def test_a_counter_keyed_by_an_unchecked_token_says_so() -> None:
    key = '@(context.Request.Headers.GetValueOrDefault("Authorization","").AsJwt()?.Subject)'
    step = only_step(f'<rate-limit-by-key calls="5" renewal-period="60" counter-key=\'{key}\' />')
    assert step.counts_by == ("caller token",)


def test_a_backend_made_of_a_header_comes_from_the_caller() -> None:
    step = only_step(
        '<set-backend-service base-url=\'@("https://" + context.Request.Headers.GetValueOrDefault("X-Host",""))\' />'
    )
    assert (step.role, step.from_caller) == ("route", ("header:x-host",))


@pytest.mark.parametrize(("code", "kind"), [("200", "answer"), ("401", "refusal"), ("503", "refusal")])
def test_an_answer_is_told_from_a_refusal(code: str, kind: str) -> None:
    step = only_step(f'<return-response><set-status code="{code}" reason="x" /></return-response>')
    assert step.answers_as == kind
