"""Markers of deployment tools in policies: symbols as values, open questions where elements belong."""

import pytest

from apimdoctor.policy.source import parse
from apimdoctor.policy.tree import Document, Element, Unparsed
from apimdoctor.policy.value import Literal, Mixed, NamedValue, Unresolved, Value


def document_of(text: str) -> Document:
    read = parse(text)
    assert isinstance(read, Document)
    return read


AUDIENCE = "<policies><inbound><validate-jwt><audiences><audience>%s</audience></audiences></validate-jwt></inbound></policies>"


def audience(written: str) -> Value:
    document = document_of(AUDIENCE % written)
    check = document.roots[0].child("inbound")
    assert check is not None
    audiences = next(check.elements).child("audiences")
    assert audiences is not None
    return next(audiences.elements).text


@pytest.mark.parametrize(
    "marker",
    ["__API_ID__", "#{ApiId}#", "$(apiId)", "${api_id}", "%%API_ID%%", "##ApiId##", "{api-id}", "<API_ID>", "<your client id>",
     "<your-client-id>", "@Model.ApiId"],
)  # fmt: skip
def test_a_marker_alone_is_a_symbol_that_equals_itself(marker: str) -> None:
    assert audience(marker) == Unresolved(marker)
    assert audience(marker) == audience(marker)


def test_what_stands_around_a_marker_stays() -> None:
    assert audience("api://__API__/x") == Mixed((Literal("api://"), Unresolved("__API__"), Literal("/x")))
    assert audience("https://login.example/{tenant-id}/v2.0") == Mixed(
        (Literal("https://login.example/"), Unresolved("{tenant-id}"), Literal("/v2.0"))
    )


@pytest.mark.parametrize(
    "written", ["https://login.microsoftonline.com/{tenantid}/v2.0", "/orders/{id}", "100 %", "a##b"]
)
def test_what_is_no_marker_stays_text(written: str) -> None:
    assert audience(written) == Literal(written)


def test_a_named_value_is_no_marker() -> None:
    assert audience("{{api-id}}") == NamedValue("api-id")


def section(inside: str) -> list[Element]:
    inbound = document_of(f"<policies><inbound>{inside}</inbound></policies>").roots[0].child("inbound")
    assert inbound is not None
    return list(inbound.elements)


@pytest.mark.parametrize("marker", ["__JWT__", "#{JWT}#", "<JWT_POLICY>", "${jwt}"])
def test_a_marker_among_steps_is_a_fragment_nobody_can_name(marker: str) -> None:
    base, unknown, last = section(f"<base />{marker}<set-method>GET</set-method>")
    assert (base.name, unknown.name, last.name) == ("base", "include-fragment", "set-method")
    assert unknown.get("fragment-id") == Unresolved(marker)


def test_a_marker_in_a_list_is_a_member_nobody_knows() -> None:
    (check,) = section("<validate-jwt><issuers><issuer>a</issuer>__MORE__</issuers></validate-jwt>")
    issuers = check.child("issuers")
    assert issuers is not None
    assert [issuer.text for issuer in issuers.elements] == [Literal("a"), Unresolved("__MORE__")]


def test_a_marker_among_sections_leaves_the_policy_open() -> None:
    read = parse("<policies>__SECTIONS__</policies>")
    assert isinstance(read, Unparsed)
    assert "__SECTIONS__ stands where sections belong" in read.error


def test_a_marker_in_a_token_check_may_be_any_of_its_children() -> None:
    (check,) = section("<validate-jwt><audiences><audience>a</audience></audiences>__MORE__</validate-jwt>")
    assert [child.name for child in check.elements] == ["audiences", "openid-config", "issuers", "required-claims"]
    issuers = check.child("issuers")
    assert issuers is not None
    assert [issuer.text for issuer in issuers.elements] == [Unresolved("__MORE__")]


def test_a_marker_in_a_choose_may_be_a_branch() -> None:
    (choose,) = section("<choose><when condition='@(true)'><base /></when>#{WHEN}#</choose>")
    first, second = choose.each("when")
    assert second.get("condition") == Unresolved("#{WHEN}#")
    assert [step.name for step in second.elements] == ["include-fragment"]
    assert first.get("condition") != second.get("condition")


def test_a_marker_in_front_of_elements_is_not_closed_by_them() -> None:
    read = parse("<policies><inbound><MORE>\n<base /></inbound></policies>")
    assert isinstance(read, Document)
    inbound = read.roots[0].child("inbound")
    assert inbound is not None
    assert [element.name for element in inbound.elements] == ["include-fragment", "base"]


@pytest.mark.parametrize("inside", ["<value></value>", "<values></values>", "<a></a>"])
def test_an_element_that_is_closed_is_no_marker(inside: str) -> None:
    (header,) = section(f"<set-header name='a'><value>{inside}</value></set-header>")
    value = header.child("value")
    assert value is not None
    assert len(list(value.elements)) == 1
