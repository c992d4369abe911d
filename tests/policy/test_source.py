"""What the reader makes of policy text, oddity by oddity."""

import pytest

from apimdoctor.policy.source import MAX_DEPTH, parse
from apimdoctor.policy.tree import Document, Element, Position, Text, Unparsed
from apimdoctor.policy.value import EMPTY, Expression, Literal, Mixed, NamedValue, Unresolved, Value

POLICY = """<policies>
    <inbound>
        <base />
        <choose>
            <when condition="@(context.Request.Method == "GET")">
                <validate-jwt header-name="Authorization" />
            </when>
            <when condition="@(1 < 2 && true)">
                <validate-jwt header-name="Authorization">
                    <audiences><audience>{{aud}}</audience></audiences>
                </validate-jwt>
            </when>
        </choose>
    </inbound>
</policies>"""


def read(text: str) -> Document:
    found = parse(text)
    assert isinstance(found, Document), found
    return found


def refused(text: str) -> Unparsed:
    found = parse(text)
    assert isinstance(found, Unparsed), found
    return found


def only(text: str) -> Element:
    (root,) = read(text).roots
    return root


def attribute(text: str, name: str) -> Value:
    value = only(text).get(name)
    assert value is not None
    return value


def every(document: Document) -> dict[str, Element]:
    found: dict[str, Element] = {}
    waiting = list(document.roots)
    while waiting:
        element = waiting.pop()
        found[element.path] = element
        waiting.extend(element.elements)
    return found


def test_paths_count_siblings_of_one_name_and_sections_need_no_number() -> None:
    assert {
        "inbound",
        "inbound/base[1]",
        "inbound/choose[1]/when[2]/validate-jwt[1]/audiences[1]/audience[1]",
        "inbound/choose[1]/when[1]/validate-jwt[1]",
    } <= set(every(read(POLICY)))


def test_an_element_knows_its_line_column_and_offsets() -> None:
    document = read(POLICY)
    check = every(document)["inbound/choose[1]/when[2]/validate-jwt[1]"]
    assert check.position == Position(9, 17)
    assert POLICY[check.start : check.end].startswith("<validate-jwt") and POLICY[: check.end].endswith(
        "</validate-jwt>"
    )
    assert POLICY[slice(*check.inner)].strip().startswith("<audiences>")
    assert document.position(check.start) == check.position


def test_the_place_of_text_inside_another_file_follows_its_anchors() -> None:
    text = "<inbound>\n<base />\n<x/></inbound>"
    document = parse(text, ((0, 7, 30), (10, 8, 5)))
    assert isinstance(document, Document)
    assert [e.position for e in (document.roots[0], *document.roots[0].elements)] == [
        Position(7, 30),
        Position(8, 5),
        Position(9, 1),
    ]


def test_offsets_of_an_attribute_span_the_text_between_the_quotation_marks() -> None:
    text = '<set-variable name = "a" value="@(h["x"])"/>'
    found = only(text).attribute("value")
    assert found is not None and text[found.start : found.end] == found.raw == '@(h["x"])'
    assert isinstance(found.value, Expression) and text[found.value.start :].startswith("@(h")


# The oddities, numbered as real policies show them.


def test_1_quotation_marks_inside_an_expression_do_not_end_the_attribute() -> None:
    text = '<set-variable name="t" value="@(h.GetValueOrDefault("f",""))" />'
    assert attribute(text, "value") == Expression('h.GetValueOrDefault("f","")', start=text.index("@"))


def test_2_generics_in_element_text_are_code() -> None:
    text = "<value>@{ var b = context.Request.Body.As<JObject>(); }</value>"
    assert only(text).text == Expression(" var b = context.Request.Body.As<JObject>(); ", True, 7)


def test_3_less_than_and_ampersands_in_a_condition_are_code() -> None:
    text = '<when condition="@(c >= 200 && c < 300)"/>'
    assert attribute(text, "condition") == Expression("c >= 200 && c < 300", start=17)


def test_4_an_exported_expression_is_decoded_once() -> None:
    text = '<when condition="@(x &lt; 5 &amp;&amp; y == &quot;k&quot;)"/>'
    assert attribute(text, "condition") == Expression('x < 5 && y == "k"', start=17)


def test_5_double_escaping_stays_visible_in_the_code() -> None:
    value = attribute('<x key="@(k ?? &amp;quot;anonymous&amp;quot;)"/>', "key")
    assert value == Expression("k ?? &quot;anonymous&quot;", start=8)


@pytest.mark.parametrize(
    "code",
    [
        r'{ return "{\"k\": \"}\" }"; }',
        """{ return '}' + "}" + '"' + @"}" + $"}}"; }""",
        "(f(\")\", ')'))",
        '($"{f("}")}")',
        '($"{(a ? $"{b}" : ")")}")',
    ],
)
def test_6_brackets_in_texts_and_characters_close_nothing(code: str) -> None:
    for text in (f"<value>@{code}</value>", f"<value>x@{code}y</value>"):
        document = read(text)
        (child,) = document.roots[0].children
        assert isinstance(child, Text)
        expressions = [child.value] if isinstance(child.value, Expression) else list(getattr(child.value, "parts", ()))
        assert code[1:-1] in [part.code for part in expressions if isinstance(part, Expression)]


@pytest.mark.parametrize("code", ['// don\'t stop " here\n return "x"; ', ' /* " } ) */ return 1; ', " return a / b; "])
def test_7_comments_in_code_hide_their_quotation_marks(code: str) -> None:
    value = attribute(f'<x v="@{{{code}}}" w="1"/>', "v")
    assert isinstance(value, Expression) and value.code == code


@pytest.mark.parametrize(
    "code", [r'Regex.Match(h, @"max-age=(?<maxAge>\d+)")', '$"/r={(string)context.Variables["r"]}"']
)
def test_8_verbatim_and_interpolated_strings_are_known(code: str) -> None:
    assert attribute(f'<x v="@({code})"/>', "v") == Expression(code, start=6)


def test_9_line_breaks_in_code_stay_as_entity_or_as_typed() -> None:
    for break_ in ("&#xA;", "\n", "\r\n"):
        value = attribute(f'<x duration="@{{{break_} return 1; // one{break_} }}"/>', "duration")
        assert isinstance(value, Expression) and value.code == "\n return 1; // one\n "


def test_10_an_attribute_in_single_quotes_holds_double_ones() -> None:
    text = """<set-backend-service base-url='@(u.Replace("https","http"))' />"""
    assert attribute(text, "base-url") == Expression('u.Replace("https","http")', start=31)


def test_11_a_bare_ampersand_is_read_and_remarked() -> None:
    document = read('<rewrite-uri template="/x?a=1&sp=/run&amp;sig={{k}}" />')
    assert document.roots[0].get("template") == Mixed((Literal("/x?a=1&sp=/run&sig="), NamedValue("k")))
    assert document.repaired == ("an & that begins no entity",)


def test_12_an_xml_literal_inside_code_is_code() -> None:
    value = only(r'<value>@{ var x = "<?xml version=\"1.0\"?><e/>"; }</value>').text
    assert isinstance(value, Expression) and "<e/>" in value.code


def test_13_a_comment_opened_twice_ends_at_its_first_end() -> None:
    document = read("<inbound><!-- a\n<!-- b --><base/></inbound>")
    assert [child.name for child in document.roots[0].elements] == ["base"]
    assert document.repaired == ("two dashes inside a comment",)


def test_13_where_a_comment_around_a_comment_ends_is_not_guessed() -> None:
    found = refused("<inbound>\n<!-- <a/> <!-- b --> <validate-jwt/> --> </inbound>")
    assert "comment" in found.error and found.position == Position(2, 1)


def test_14_policy_in_a_comment_is_no_policy() -> None:
    document = read("<inbound><!-- <validate-jwt/> --></inbound>")
    assert not list(document.roots[0].elements)
    assert [comment.text for comment in document.comments] == [" <validate-jwt/> "]


def test_15_what_a_formatter_damaged_keeps_its_tree() -> None:
    text = '<when condition="@(m.Equals("patch=""",X))"><base/></when>'
    assert attribute(text, "condition") == Expression('m.Equals("patch=""",X)', start=17)


def test_16_parts_without_a_root_are_a_forest() -> None:
    document = read('<set-header name="a"/><set-header name="b"/>')
    assert document.kind == "forest"
    assert [root.path for root in document.roots] == ["set-header[1]", "set-header[2]"]


def test_16_a_fragment_and_a_lone_section_are_recognised() -> None:
    fragment = read("<fragment><base/></fragment>")
    assert (fragment.kind, [e.path for e in fragment.roots[0].elements]) == ("fragment", ["base[1]"])
    section = read("<inbound><base/></inbound>")
    assert (section.kind, section.section("inbound")) == ("forest", section.roots[0])


def test_17_byte_order_mark_and_line_ends_move_nothing() -> None:
    document = read("\ufeff<policies>\r\n\t<inbound>\r\n\t\t<base />\r\n\t</inbound>\r\n</policies>\r\n")
    assert document.roots[0].position == Position(1, 1)
    assert every(document)["inbound/base[1]"].position == Position(3, 3)


def test_18_an_id_that_the_service_adds_changes_no_path() -> None:
    plain, saved = read("<inbound><cors/></inbound>"), read('<inbound><cors id="apim-generated-policy"/></inbound>')
    assert every(plain).keys() == every(saved).keys()


def test_19_named_values_stand_anywhere() -> None:
    assert attribute('<x backend-id="ECHO_{{env}}"/>', "backend-id") == Mixed((Literal("ECHO_"), NamedValue("env")))
    assert attribute('<x condition="@({{cond}})"/>', "condition") == Expression("{{cond}}", start=14)
    assert only("<audience> {{ aud }} </audience>").text == NamedValue("aud")


def test_20_the_export_and_what_was_typed_are_one_value() -> None:
    typed = attribute('<when condition="@(a < 5 && b == "k")"/>', "condition")
    exported = attribute('<when condition="@(a &lt; 5 &amp;&amp; b == &quot;k&quot;)"/>', "condition")
    assert typed == exported


def test_21_an_expression_in_a_cdata_section_is_an_expression() -> None:
    root = only("<set-body><![CDATA[<x>@(1)</x>]]></set-body>")
    assert root.text == Mixed((Literal("<x>"), Expression("1", start=22), Literal("</x>")))
    assert root.opaque


# Literal content


@pytest.mark.parametrize("name", ["set-body", "xsl-transform", "cross-domain", "publish-to-dapr"])
def test_literal_content_holds_no_policy_elements(name: str) -> None:
    document = read(f"<inbound><{name}><choose><{name}/><base/></choose> a < b</{name}><base/></inbound>")
    opaque, base = document.roots[0].elements
    assert opaque.opaque and not list(opaque.elements) and base.path == "inbound/base[1]"


def test_the_data_of_a_dapr_binding_is_literal_and_other_data_is_not() -> None:
    inside = only("<invoke-dapr-binding><data><choose/></data></invoke-dapr-binding>").child("data")
    outside = only("<x><data><choose/></data></x>").child("data")
    assert inside is not None and inside.opaque
    assert outside is not None and outside.child("choose") is not None


def test_braces_of_a_liquid_template_are_no_named_values() -> None:
    root = only('<set-body template="liquid">{ "a": "{{body.a}}" } @(</set-body>')
    assert root.text == Literal('{ "a": "{{body.a}}" } @(')


def test_named_values_and_expressions_in_another_body_count() -> None:
    assert only("<set-body>a={{k}}&b=@(1)</set-body>").text == Mixed(
        (Literal("a="), NamedValue("k"), Literal("&b="), Expression("1", start=20))
    )


# Repairs and refusals


def test_quotation_marks_in_a_plain_value_are_repaired_where_its_end_is_clear() -> None:
    text = '<identity subject="C=US, O="Contoso, Inc.", CN=*" issuer-subject="x" />'
    assert attribute(text, "subject") == Literal('C=US, O="Contoso, Inc.", CN=*')
    assert attribute(text, "issuer-subject") == Literal("x")


@pytest.mark.parametrize(
    "text",
    [
        '<a x="b"c/>',
        '<a x="b"c" y="d"/>',
        '<a x="@(b)"c/>',
        "<a x='b></a>",
        '<a x="foo><b y="bar"/>',
        '<a x="1" x="2"/>',
        "<a x=1/>",
        "<a x/>",
    ],
)
def test_attributes_that_cannot_be_told_apart_are_refused(text: str) -> None:
    assert refused(text).error


@pytest.mark.parametrize("marker", ["__TENANT__", "${tenant}", "#{Tenant}#", "<tenant>", "$(tenant)"])
def test_the_marker_of_a_deployment_tool_is_unresolved(marker: str) -> None:
    value = attribute(f'<openid-config url="https://login.example/{marker}/v2.0"/>', "url")
    assert value == Mixed((Literal("https://login.example/"), Unresolved(marker), Literal("/v2.0")))


def test_a_marker_that_looks_like_an_element_is_unresolved() -> None:
    root = only("<value>api://<APP-ID>/x</value>")
    assert root.text == Mixed((Literal("api://"), Unresolved("<APP-ID>"), Literal("/x")))


def test_a_named_value_whose_name_is_filled_in_is_unresolved() -> None:
    assert only("<value>{{${name}}}</value>").text == Unresolved("{{${name}}}")


def test_a_parameter_of_a_url_template_is_literal() -> None:
    assert attribute('<rewrite-uri template="/orders/{id}"/>', "template") == Literal("/orders/{id}")


def test_a_document_type_is_skipped_and_its_entities_stay_unexpanded() -> None:
    document = read(
        '<!DOCTYPE policies [<!ENTITY a "b"> <!-- don\'t --> <!ENTITY c SYSTEM "file:///x">]><policies>&a;</policies>'
    )
    assert document.roots[0].text == Literal("&a;")
    assert "a document type, whose entities are not expanded" in document.repaired


@pytest.mark.parametrize(
    ("text", "words", "position"),
    [
        ("", "no policy element", Position(1, 1)),
        ("<!-- only -->", "no policy element", Position(1, 1)),
        ("hello", "outside of every element", Position(1, 1)),
        ("<a>\n  <b>\n</a>", "</a> stands where </b> is due", Position(3, 1)),
        ("<a>\n</a></b>", "</b> closes nothing", Position(2, 5)),
        ("<a>\n <b>", "<b> is never closed", Position(2, 2)),
        ("<a>\n<set-header", "is cut off", Position(2, 12)),
        ("<a>\n</a", "cut off", Position(2, 1)),
        ("<a>\n<!-- x", "comment is never closed", Position(2, 1)),
        ("<a><![CDATA[ x", "CDATA", Position(1, 4)),
        ('<a b="@(c"/>', "expression that starts here is never closed", Position(1, 7)),
        ("<a>1 < 2</a>", "begins no element", Position(1, 6)),
        ("<policies/><policies/>", "one root", Position(1, 12)),
        ("<!DOCTYPE html><html><body/></html>", "web page", Position(1, 16)),
        ("<!ELEMENT a>", "neither", Position(1, 1)),
        ("<?php", "never closed", Position(1, 1)),
        ("<set-body>", "<set-body> is never closed", Position(1, 11)),
    ],
)
def test_unreadable_text_has_a_reason_and_a_place(text: str, words: str, position: Position) -> None:
    found = refused(text)
    assert words in found.error
    assert found.position == position


def test_a_policy_cut_off_anywhere_is_never_read_in_part() -> None:
    assert [end for end in range(len(POLICY)) if isinstance(parse(POLICY[:end]), Document)] == []


def test_nesting_has_a_bound_and_more_is_refused_without_recursion() -> None:
    within, beyond = MAX_DEPTH, 5_000
    assert isinstance(parse("<a>" * within + "</a>" * within), Document)
    assert "nested more than" in refused("<a>" * beyond + "</a>" * beyond).error


def test_blank_content_is_empty() -> None:
    root = only("<value>\n  </value>")
    assert (root.text, root.children) == (EMPTY, ())
