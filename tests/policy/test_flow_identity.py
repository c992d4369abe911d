"""Following identities: whose token a check reads and a back end gets."""

import pytest

from apimdoctor.policy.value import Literal
from apimdoctor.policy.way import Doubt, Way, Writer
from tests.policy.ways import CHECK, GATEWAY, anywhere, only, policy, way, when

TO_VARIABLE = '<authentication-managed-identity resource="api://orders" output-token-variable-name="own"/>'
FROM_VARIABLE = (
    '<set-header name="Authorization" exists-action="override">'
    '<value>@("Bearer " + (string)context.Variables["own"])</value></set-header>'
)


def writers(found: Way) -> list[str]:
    """Kinds of the writers of what the first check reads."""
    return [w.kind if isinstance(w, Writer) else "doubt" for w in found.met[0].writers]


def credential(found: Way) -> list[str]:
    """Kinds of the identities of the first call."""
    return [w.kind if isinstance(w, Writer) else "doubt" for w in found.calls[0].identity]


def test_a_managed_identity_above_the_check_is_what_the_check_reads() -> None:
    found = way(f"<base/>{GATEWAY}{CHECK}")
    (met,) = found.met
    (writer,) = met.writers
    assert isinstance(writer, Writer)
    assert (writer.kind, writer.resource, writer.writes) == (
        "managed identity",
        Literal("api://orders"),
        ("header:authorization",),
    )
    assert not met.caller_reaches


def test_a_check_that_reads_the_gateways_token_leaves_the_way_unchecked() -> None:
    found = only(way(f"{GATEWAY}{CHECK}"))
    assert found.why == "no check"
    assert [p.element.name for p in found.misread] == ["validate-jwt"]


def test_a_managed_identity_of_a_broader_scope_reaches_the_check_through_base() -> None:
    found = way(scopes={"global": anywhere(GATEWAY), "api": policy(f"<base/>{CHECK}")})
    assert writers(found) == ["managed identity"]


def test_a_managed_identity_in_a_fragment_reaches_the_check() -> None:
    found = way(f'<include-fragment fragment-id="own"/>{CHECK}', fragments={"own": f"<fragment>{GATEWAY}</fragment>"})
    (writer,) = found.met[0].writers
    assert isinstance(writer, Writer)
    assert writer.placed.fragments == ("own",)


def test_a_managed_identity_below_the_check_is_right() -> None:
    found = way(f"{CHECK}{GATEWAY}")
    assert found.met[0].writers == ()
    assert found.met[0].caller_reaches
    assert found.unchecked == ()
    assert credential(found) == ["managed identity"]
    assert not found.calls[0].caller_token_travels
    assert found.calls[0].checked == "always"


def test_a_token_in_a_variable_leaves_authorization_alone() -> None:
    found = way(f"{TO_VARIABLE}{CHECK}")
    assert found.met[0].writers == ()
    assert credential(found) == []
    assert found.writers == ()


def test_a_variables_token_that_goes_into_authorization_is_the_managed_identitys() -> None:
    found = way(f"{TO_VARIABLE}{FROM_VARIABLE}{CHECK}")
    (writer,) = found.met[0].writers
    assert isinstance(writer, Writer)
    assert writer.kind == "managed identity"
    assert writer.placed.element.name == "set-header"
    assert writer.token_from is not None
    assert writer.token_from.element.name == "authentication-managed-identity"


def test_a_variables_token_set_after_the_check_travels_to_the_back_end() -> None:
    found = way(f"{CHECK}{TO_VARIABLE}{FROM_VARIABLE}")
    assert found.met[0].writers == ()
    assert credential(found) == ["managed identity"]


@pytest.mark.parametrize("element", ["send-request", "send-one-way-request"])
def test_an_identity_inside_an_own_request_stays_there(element: str) -> None:
    own = f'<{element} mode="new"><set-url>https://contoso.example</set-url>{GATEWAY}</{element}>'
    found = way(f"{own}{CHECK}")
    assert found.met[0].writers == ()
    assert found.writers == ()
    assert [p.element.name for p in found.steps] == [element, "validate-jwt"]


def test_a_header_inside_an_own_request_stays_there() -> None:
    header = '<set-header name="Authorization"><value>Bearer x</value></set-header>'
    found = way(f'<send-request mode="copy">{header}</send-request>{CHECK}')
    assert found.met[0].writers == ()


def test_a_header_inside_return_response_is_none_of_the_request() -> None:
    header = '<set-header name="Authorization"><value>Bearer x</value></set-header>'
    refuse = f'<return-response><set-status code="401"/>{header}</return-response>'
    found = way(when('@(context.Request.Headers.ContainsKey("X"))', refuse) + CHECK)
    assert found.met[0].writers == ()


def test_a_header_in_outbound_is_the_responses() -> None:
    header = '<set-header name="Authorization"><value>Bearer x</value></set-header>'
    found = way(scopes={"api": policy(CHECK, outbound=header)})
    assert found.writers == ()
    assert credential(found) == []


@pytest.mark.parametrize(
    ("action", "expected", "caller"),
    [
        ("override", ["header"], False),
        ("append", ["header"], True),
        ("skip", ["header"], True),
        ("delete", ["removed"], False),
    ],
)
def test_set_header_writes_by_its_exists_action(action: str, expected: list[str], caller: bool) -> None:
    header = f'<set-header name="authorization" exists-action="{action}"><value>Bearer x</value></set-header>'
    found = way(header + CHECK)
    assert writers(found) == expected
    assert found.met[0].caller_reaches is caller


def test_skip_does_nothing_to_a_header_that_a_step_wrote() -> None:
    header = '<set-header name="Authorization" exists-action="skip"><value>Bearer x</value></set-header>'
    found = way(GATEWAY + header + CHECK)
    assert writers(found) == ["managed identity"]


def test_basic_credentials_replace_the_callers_token() -> None:
    found = way(f'<authentication-basic username="u" password="{{{{p}}}}"/>{CHECK}')
    assert writers(found) == ["basic"]


def test_a_client_certificate_of_the_gateway_leaves_headers_alone() -> None:
    found = way(f'<authentication-certificate certificate-id="c"/>{CHECK}')
    assert found.met[0].writers == ()
    assert [p.element.name for p in found.calls[0].certificate] == ["authentication-certificate"]


def test_a_callers_token_saved_and_restored_is_the_callers() -> None:
    save = '<set-variable name="saved" value=\'@(context.Request.Headers.GetValueOrDefault("Authorization",""))\'/>'
    restore = '<set-header name="Authorization"><value>@((string)context.Variables["saved"])</value></set-header>'
    found = way(save + GATEWAY + restore + CHECK)
    assert found.met[0].writers == ()
    assert found.met[0].caller_reaches
    assert found.unchecked == ()


def test_a_callers_token_moved_between_headers_is_the_callers() -> None:
    move = (
        '<set-header name="Authorization"><value>@(context.Request.Headers.GetValueOrDefault("X-Token",""))</value>'
        "</set-header>"
    )
    found = way(move + CHECK)
    (writer,) = found.met[0].writers
    assert isinstance(writer, Writer)
    assert writer.kind == "caller token"
    assert found.met[0].caller_reaches
    assert found.unchecked == ()


def test_a_check_of_another_header_is_not_touched_by_authorization() -> None:
    found = way(f'{GATEWAY}<validate-jwt header-name="X-User-Token"/>')
    assert found.met[0].reads == "header:x-user-token"
    assert found.met[0].writers == ()
    assert found.unchecked == ()


def test_a_check_of_a_query_parameter_reads_it() -> None:
    found = way('<validate-jwt query-parameter-name="token"/>')
    assert found.met[0].reads == "query:token"


def test_a_written_query_parameter_is_what_its_check_reads() -> None:
    write = '<set-query-parameter name="token"><value>x</value></set-query-parameter>'
    assert writers(way(write + '<validate-jwt query-parameter-name="token"/>')) == ["header"]


def test_validate_azure_ad_token_reads_authorization_unless_it_says_otherwise() -> None:
    assert way('<validate-azure-ad-token tenant-id="t"/>').met[0].reads == "header:authorization"


def test_a_token_value_reads_the_variable_it_names() -> None:
    found = way(f"{TO_VARIABLE}<validate-jwt token-value='@((string)context.Variables[\"own\"])'/>")
    assert found.met[0].reads == "variable:own"
    assert writers(found) == ["managed identity"]
    assert not found.met[0].caller_reaches


def test_a_token_value_may_take_a_header_apart() -> None:
    code = '@(context.Request.Headers.GetValueOrDefault("Cookie","").Split(&apos;=&apos;).Last())'
    found = way(f"{GATEWAY}<validate-jwt token-value='{code}'/>")
    assert found.met[0].reads == "header:cookie"
    assert found.met[0].caller_reaches


def test_a_header_name_that_is_a_secret_named_value_is_undecided() -> None:
    found = way('<validate-jwt header-name="{{name}}"/>', named={"name": None})
    assert found.met[0].reads is None
    assert isinstance(found.met[0].writers[0], Doubt)


def test_a_header_name_in_a_plain_named_value_is_read() -> None:
    found = way('<validate-jwt header-name="{{name}}"/>', named={"name": "Authorization"})
    assert found.met[0].reads == "header:authorization"


def test_an_identity_in_one_branch_reaches_the_check_on_some_way() -> None:
    found = way(when('@(context.Request.Headers.ContainsKey("X"))', GATEWAY) + CHECK)
    assert writers(found) == ["managed identity"]
    assert found.met[0].caller_reaches
    assert found.calls[0].checked == "sometimes"


def test_a_header_whose_name_is_computed_may_be_authorization() -> None:
    found = way("<set-header name='@(context.Api.Name)'><value>x</value></set-header>" + CHECK)
    assert writers(found) == ["unknown"]
    assert found.met[0].caller_reaches


def test_a_token_from_an_own_request_that_carries_the_callers_is_undecided() -> None:
    exchange = (
        '<send-request mode="new" response-variable-name="answer"><set-body>'
        '@(context.Request.Headers.GetValueOrDefault("Cookie",""))</set-body></send-request>'
        '<set-header name="Authorization"><value>'
        '@("Bearer " + ((IResponse)context.Variables["answer"]).Body.As&lt;string&gt;())</value></set-header>'
    )
    assert writers(way(exchange + CHECK)) == ["unknown"]


def test_a_token_from_an_own_request_without_anything_of_the_caller_is_computed() -> None:
    fetch = (
        '<send-request mode="new" response-variable-name="answer"><set-body>grant_type=client_credentials</set-body>'
        '</send-request><set-header name="Authorization"><value>'
        '@("Bearer " + ((IResponse)context.Variables["answer"]).Body.As&lt;string&gt;())</value></set-header>'
    )
    assert writers(way(fetch + CHECK)) == ["header"]


def test_an_ignored_identity_failure_is_said() -> None:
    found = way(f'{CHECK}<authentication-managed-identity resource="r" ignore-error="true"/>')
    (writer,) = found.writers
    assert writer.ignore_error


def test_each_back_end_keeps_the_identity_of_its_branch() -> None:
    branch = '<set-backend-service backend-id="{0}"/><authentication-managed-identity resource="api://{0}"/>'
    found = way(CHECK + when('@(context.Request.Headers.ContainsKey("X"))', branch.format("one"), branch.format("two")))
    carried = {(call.backend_id, *(w.resource for w in call.identity if isinstance(w, Writer))) for call in found.calls}
    assert carried == {(Literal("one"), Literal("api://one")), (Literal("two"), Literal("api://two"))}


def test_the_last_back_end_set_is_called() -> None:
    found = way(f'{CHECK}<set-backend-service base-url="https://a.example"/><set-backend-service backend-id="b"/>')
    assert [(call.backend_id, call.url) for call in found.calls] == [(Literal("b"), None)]


def test_a_wait_lets_its_children_write_variables() -> None:
    found = way(
        "<wait for='all'><send-request response-variable-name='a'/><send-request response-variable-name='b'/></wait>"
        '<set-body>@(((IResponse)context.Variables["a"]).StatusCode.ToString())</set-body>'
    )
    (use,) = found.variables
    assert (use.name, use.set_on_every_way) == ("a", True)


def test_a_retry_in_backend_forwards_once() -> None:
    found = way(scopes={"api": policy(CHECK, '<retry condition="@(true)" count="3"><forward-request/></retry>')})
    assert len(found.calls) == 1
    assert found.unforwarded == ()


def test_a_check_of_what_a_token_endpoint_answers_may_check_the_callers_token() -> None:
    """The gateway signs users in for a browser: its own request brings the token that is checked."""
    found = way(
        '<send-request mode="new" response-variable-name="answer"><set-url>https://login.example/token</set-url>'
        '</send-request><validate-jwt token-value=\'@((string)((IResponse)context.Variables["answer"])'
        '.Body.As&lt;JObject&gt;()["access_token"])\'/>'
    )
    assert [w.kind for met in found.met for w in met.writers if isinstance(w, Writer)] == ["unknown"]


BASIC = '<authentication-basic username="a" password="b"/>'


def replaced(found: Way) -> list[tuple[str, str]]:
    """Names of the steps that replace each other."""
    return [(first.element.name, second.element.name) for first, second in found.replaced]


def test_a_credential_over_another_replaces_it() -> None:
    assert replaced(way(GATEWAY + BASIC)) == [("authentication-managed-identity", "authentication-basic")]


@pytest.mark.parametrize(
    "inbound",
    [
        when("@(context.Request.Method == &quot;GET&quot;)", GATEWAY, BASIC),
        f'<set-header name="Authorization" exists-action="delete"/>{GATEWAY}',
        f'{GATEWAY}<set-variable name="t" value="@(context.Request.Headers["Authorization"][0])"/>{BASIC}',
        TO_VARIABLE + FROM_VARIABLE,
        TO_VARIABLE + FROM_VARIABLE + FROM_VARIABLE,
        GATEWAY + GATEWAY,
        BASIC + BASIC,
        f'{GATEWAY}<retry condition="@(true)" count="2">{GATEWAY}</retry>',
    ],
)
def test_a_credential_that_is_used_or_alone_on_its_way_is_not_replaced(inbound: str) -> None:
    assert replaced(way(inbound)) == []


def test_the_token_of_another_identity_or_resource_replaces_the_first() -> None:
    other = '<authentication-managed-identity resource="https://vault.azure.net" />'
    name = "authentication-managed-identity"
    assert replaced(way(GATEWAY + other)) == [(name, name)]
    mine = '<authentication-managed-identity resource="https://vault.azure.net" client-id="{0}" />'
    one, two = "8f1d6c20-5b7e-4a93-9c48-e0d2a6b7f315", "27e94b0c-d16a-4f58-8b3e-5a9c7d1f0e64"
    assert replaced(way(mine.format(one) + mine.format(two))) == [(name, name)]


def test_a_fragment_of_a_retry_sets_the_same_credential_again() -> None:
    """The way of policies that fail over between back ends: a fragment signs in anew on each attempt."""
    retry = '<retry condition="@(context.Response.StatusCode == 429)" count="2">{0}<forward-request/></retry>'
    include = '<include-fragment fragment-id="sign-in"/>'
    scopes = {"api": policy(f"{CHECK}{include}", retry.format(include))}
    assert replaced(way(scopes=scopes, fragments={"sign-in": TO_VARIABLE + FROM_VARIABLE})) == []


def test_the_backend_section_may_change_to_another_credential() -> None:
    assert replaced(way(scopes={"api": policy(CHECK + GATEWAY, f"{BASIC}<forward-request/>")})) == []


def test_a_narrower_policy_may_have_a_credential_of_its_own() -> None:
    assert replaced(way(scopes={"global": anywhere(GATEWAY), "api": policy(f"<base/>{BASIC}")})) == []
