"""The element table against the sources it was compiled from, by counts and spot checks."""

from apimdoctor.policy.elements import CHILD_ORDER, ELEMENTS, ROLES, STRUCTURAL, WEBSOCKET_UNSUPPORTED


def count(role: str) -> int:
    return sum(role in kind.roles for kind in ELEMENTS.values())


def test_the_table_holds_every_element_the_sources_name() -> None:
    assert len(ELEMENTS) == 78
    assert sum(kind.documented for kind in ELEMENTS.values()) == 40
    assert sum(len(kind.attributes) for kind in ELEMENTS.values()) == 367
    assert sum(len(kind.required) for kind in ELEMENTS.values()) == 67


def test_every_role_is_explained_and_every_explained_role_is_used() -> None:
    assert {role for kind in ELEMENTS.values() for role in kind.roles} == set(ROLES)


def test_counts_of_roles_are_those_of_the_sources() -> None:
    roles = ("validates_caller", "overwrites_authorization", "terminates", "container", "graphql_resolver", "throttle")
    assert {role: count(role) for role in roles} == {
        "validates_caller": 3,
        "overwrites_authorization": 4,
        "terminates": 2,
        "container": 6,
        "graphql_resolver": 5,
        "throttle": 7,
    }


def test_validate_jwt_is_as_its_page_says() -> None:
    kind = ELEMENTS["validate-jwt"]
    assert (kind.sections, kind.repeat, kind.ends, kind.documented) == (("inbound",), "repeatable", "refusal", True)
    assert kind.reads == ("@token-value", "header:@header-name", "query:@query-parameter-name")
    assert kind.writes == ("variable:@output-token-variable-name",)
    assert kind.gateways["self_hosted"] is True and kind.gateways["workspace"] is None


def test_a_managed_identity_writes_its_variable_or_else_the_header() -> None:
    kind = ELEMENTS["authentication-managed-identity"]
    assert kind.writes == ("variable:@output-token-variable-name", "header:authorization")
    assert kind.anywhere == {"inbound", "outbound"}


def test_the_tenant_is_required_of_validate_azure_ad_token() -> None:
    kind = ELEMENTS["validate-azure-ad-token"]
    assert kind.required == ("tenant-id",)
    assert kind.reads[-1] == "header:authorization"


def test_a_scope_on_which_sources_disagree_is_uncertain() -> None:
    assert ELEMENTS["check-header"].scopes_uncertain == ("workspace",)
    assert "workspace" in ELEMENTS["check-header"].scopes


def test_requests_end_where_the_table_says() -> None:
    ends = {
        name: ELEMENTS[name].ends for name in ("return-response", "cache-lookup", "ip-filter", "set-header", "cors")
    }
    assert ends == {
        "return-response": "always",
        "cache-lookup": "sometimes",
        "ip-filter": "refusal",
        "set-header": "never",
        "cors": "sometimes",
    }


def test_every_container_says_how_it_runs_what_it_contains() -> None:
    assert {kind.name for kind in ELEMENTS.values() if kind.container} == {
        kind.name for kind in ELEMENTS.values() if "container" in kind.roles
    }


def test_what_a_websocket_api_skips_is_marked() -> None:
    assert {kind.name for kind in ELEMENTS.values() if not kind.websocket} == WEBSOCKET_UNSUPPORTED
    assert len(WEBSOCKET_UNSUPPORTED) == 15


def test_structural_elements_are_no_policies_of_their_own() -> None:
    assert not STRUCTURAL & ELEMENTS.keys()


def test_children_of_validate_jwt_begin_with_the_metadata_and_end_with_the_claims() -> None:
    assert (CHILD_ORDER["validate-jwt"][0], CHILD_ORDER["validate-jwt"][-1]) == ("openid-config", "required-claims")
