"""What browsers meet: cors elements, and who calls an API from a browser."""

from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Cors
from tests.facts.house import JWT, anonymous, facts_of


def cors_of(inbound: str) -> list[Cors]:
    found = anonymous(facts_of(inbound)).cors
    return [one for one in found if not isinstance(one, Unknown)]


def test_headers_and_origins_compare_in_lower_case_and_methods_in_upper() -> None:
    (found,) = cors_of(
        "<cors><allowed-origins><origin>https://Shop.Contoso.example</origin></allowed-origins>"
        "<allowed-methods><method>put</method></allowed-methods>"
        "<allowed-headers><header>Authorization</header></allowed-headers></cors><base />"
    )
    assert found.origins.known == ("https://shop.contoso.example",)
    assert found.allowed_headers.known == ("authorization",)
    assert set(found.allowed_methods.known) == {"PUT", "GET", "HEAD", "POST"}


def test_a_star_stands_for_everything() -> None:
    (found,) = cors_of("<cors><allowed-origins><origin>*</origin></allowed-origins></cors><base />")
    assert found.origins.all
    assert not found.allowed_headers.all


def test_a_cors_element_ends_what_it_does_not_list_unless_it_says_otherwise() -> None:
    (first,) = cors_of("<cors><allowed-origins><origin>a</origin></allowed-origins></cors>")
    (second,) = cors_of('<cors terminate-unmatched-request="false"><allowed-origins/></cors>')
    assert (first.terminates_unmatched, second.terminates_unmatched) == (True, False)


def test_checks_above_cors_are_told_and_other_steps_are_not() -> None:
    (below,) = cors_of(JWT + "<cors><allowed-origins><origin>*</origin></allowed-origins></cors>")
    (above,) = cors_of('<set-variable name="x" value="y" /><cors><allowed-origins/></cors>' + JWT)
    assert [check.element for check in below.checks_above] == ["validate-jwt"]
    assert above.checks_above == ()
