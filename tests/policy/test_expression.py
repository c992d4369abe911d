"""What an expression is said to read, test and yield."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimdoctor.policy import code, code_reader, csharp, expression, formula
from apimdoctor.policy.code_places import Read
from apimdoctor.policy.expression import Reading, read
from apimdoctor.policy.formula import All, AnyOf, Known, Not, Open, decide


def by_grammar(text: str, block: bool = False) -> Reading:
    """The reading by way of the grammar of the whole language."""
    return expression._reading(csharp.read_code(text, block=block), block, read(text, block).named_values)


# What it reads


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ('context.Request.Headers.GetValueOrDefault("Authorization", "")', ("authorization",)),
        ('context.Request.Headers["X-Id"][0]', ("x-id",)),
        ('context.Request.Headers.ContainsKey("A") || context.Request.Headers["B"] != null', ("a", "b")),
        ('context.Request.Headers.GetValueOrDefault(context.Variables["n"])', ("*",)),
        ("context.Request.Headers.Count", ("*",)),
        ('context.Response.Headers.GetValueOrDefault("X", "")', ()),
        ('"context.Request.Headers.GetValueOrDefault(\\"X\\")"', ()),
        ('/* context.Request.Headers["X"] */ 1', ()),
    ],
)
def test_headers_of_the_request_are_read_by_name(text: str, headers: tuple[str, ...]) -> None:
    assert read(text).headers == headers
    assert by_grammar(text).headers == headers


def test_variables_are_read_with_how_type_and_default() -> None:
    text = (
        '(string)context.Variables["a"] + context.Variables.GetValueOrDefault<string>("b", "x")'
        ' + context.Variables.GetValueOrDefault("c", "") + (context.Variables.ContainsKey("d") ? "1" : "2")'
    )
    assert read(text).variables == (
        Read("variable:a", "index", "string"),
        Read("variable:b", "default", "string", "x"),
        Read("variable:c", "default", "", ""),
        Read("variable:d", "contains"),
    )


def test_a_guard_beside_a_read_is_told() -> None:
    text = 'context.Variables.ContainsKey("a") && (string)context.Variables["a"] == (string)context.Variables["b"]'
    found = read(text)
    assert found.guarded("variable:a") and not found.guarded("variable:b")


@pytest.mark.parametrize(
    "text",
    [
        '((Jwt)context.Variables["jwt"]).Claims["oid"]',
        '(context.Variables["jwt"] as Jwt).Claims.GetValueOrDefault("oid", "")',
        'context.Variables.GetValueOrDefault<Jwt>("jwt")?.Claims["oid"].First()',
        '((Jwt)context.Variables["jwt"])?.Claims.ContainsKey("oid")',
    ],
)
def test_claims_of_a_variable_name_the_variable(text: str) -> None:
    (claim,) = read(text).claims
    assert (claim.place, claim.token) == ("claim:oid", "variable:jwt")
    assert read(text).parses == ()


@pytest.mark.parametrize(
    "text",
    [
        'context.Request.Headers.GetValueOrDefault("Authorization","").AsJwt()?.Claims["oid"]',
        'context.Request.Headers["Authorization"][0].Split(\' \')[1].AsJwt().Claims.GetValueOrDefault("oid")',
        'context.Request.Headers.GetValueOrDefault("Authorization","").Replace("Bearer ", "").AsJwt().Claims["oid"]',
    ],
)
def test_claims_of_a_token_the_expression_parses_itself_name_the_header(text: str) -> None:
    found = read(text)
    assert [(claim.place, claim.token) for claim in found.claims] == [("claim:oid", "header:authorization")]
    assert found.parses == ("header:authorization",)


BLOCK = """
  string authHeader = context.Request.Headers.GetValueOrDefault("Authorization", "");
  if (authHeader?.Length > 0)
  {
    string[] parts = authHeader.Split(' ');
    if (parts?.Length == 2 && parts[0].Equals("Bearer", StringComparison.InvariantCultureIgnoreCase))
    {
      Jwt jwt; // filled below
      if (parts[1].TryParseJwt(out jwt))
      {
        return jwt.Claims.GetValueOrDefault("oid", "");
      }
    }
  }
  return "none";
"""


def test_a_block_is_followed_through_its_local_variables() -> None:
    found = read(BLOCK, True)
    assert found.parses == ("header:authorization",)
    assert [(claim.place, claim.token) for claim in found.claims] == [("claim:oid", "header:authorization")]
    assert found.carries == ("claim:oid",)
    assert found == by_grammar(BLOCK, True)


def test_subject_and_audiences_of_a_token_are_claims() -> None:
    text = '((Jwt)context.Variables["t"]).Subject + ((Jwt)context.Variables["t"]).Audiences.First() + context.Api.Id'
    assert [claim.place for claim in read(text).claims] == ["claim:sub", "claim:aud"]


def test_words_of_the_context_are_named() -> None:
    text = (
        "context.Product?.Id + context.Subscription.Key + context.Api.Name + context.Request.Method + context.Request.Url.Path"
        " + context.Request.IpAddress + context.LastError.Reason + context.Request.Certificate.Thumbprint"
    )
    assert read(text).words == (
        "product.id",
        "subscription.key",
        "api.name",
        "method",
        "path",
        "ip",
        "lasterror.reason",
        "certificate",
    )


def test_what_the_caller_writes_is_told_from_what_the_gateway_knows() -> None:
    text = (
        'context.Request.Url.Query.GetValueOrDefault("q") + context.Request.Headers["h"] + context.Request.MatchedParameters["p"]'
        ' + context.Product.Id + context.Variables["v"] + context.Request.Body.As<string>()'
    )
    assert read(text).from_caller == ("query:q", "header:h", "parameter:p", "body")


def test_named_values_are_listed_inside_and_outside_of_texts() -> None:
    assert read('"a{{b}}" + {{c}} + $"{{d}}"').named_values == ("b", "c", "d")


# What it yields


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('"Bearer " + (string)context.Variables["mi"]', ("variable:mi",)),
        ('$"Bearer {context.Variables["mi"]}"', ("variable:mi",)),
        (
            'context.Request.Headers.GetValueOrDefault("A", "") ?? context.Request.Url.Query["b"]',
            ("header:a", "query:b"),
        ),
        ('context.Request.Method == "GET" ? context.Variables["x"] : "y"', ("variable:x",)),
        ('context.Request.Headers["A"].Equals("b")', ()),
        ('string.Concat("a", context.Variables["x"])', ("variable:x",)),
        ('((IResponse)context.Variables["r"]).Body.As<JObject>()["access_token"].ToString()', ("variable:r",)),
        ('((Jwt)context.Variables["j"]).Claims["oid"][0]', ("claim:oid",)),
    ],
)
def test_places_whose_content_goes_into_the_result(text: str, places: tuple[str, ...]) -> None:
    assert read(text).carries == places
    assert by_grammar(text).carries == places


@pytest.mark.parametrize(
    ("text", "block", "result"),
    [
        ("true", False, True),
        ("!true || false", False, False),
        ('"a" + "b"', False, "ab"),
        ('"true" == "True"', False, False),
        ('"true".Equals("True", StringComparison.OrdinalIgnoreCase)', False, True),
        ('context.Request.Method == "GET" && false', False, False),
        ('bool.Parse("true")', False, True),
        ('Convert.ToBoolean("false")', False, False),
        ('string.IsNullOrEmpty("")', False, True),
        (' return "x"; ', True, "x"),
        (' var a = "x"; return a + "y"; ', True, "xy"),
        (' if ("a" == "a") { return true; } return false; ', True, True),
        ('"{{secret}}" == "x"', False, None),
        ("context.Request.Method", False, None),
        ("1 + 1", False, None),
    ],
)
def test_a_result_that_is_the_same_for_every_request(text: str, block: bool, result: str | bool | None) -> None:
    found = read(text, block).constant
    assert (found, type(found)) == (result, type(result))


# What it asks


def answers(text: str, known: dict[str, bool], block: bool = False) -> bool | None:
    def answer(asked: formula.Test) -> bool | None:
        return known.get(f"{asked.place} {asked.operator} {'|'.join(asked.operands)}".strip())

    return decide(read(text, block).condition, answer)


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ('context.Request.Method == "GET"', formula.Test("method", "equals", ("GET",))),
        ('"GET" == context.Request.Method', formula.Test("method", "equals", ("GET",))),
        ('context.Request.Method.ToUpper() == "GET"', formula.Test("method", "equals", ("GET",), True)),
        (
            'context.Request.Method.Equals("get", StringComparison.OrdinalIgnoreCase)',
            formula.Test("method", "equals", ("get",), True),
        ),
        ('new[] {"PUT", "POST"}.Contains(context.Request.Method)', formula.Test("method", "equals", ("PUT", "POST"))),
        ('context.Product.Name.Contains("gold")', formula.Test("product.name", "contains", ("gold",))),
        ('context.Request.Url.Path.StartsWith("/a")', formula.Test("path", "starts with", ("/a",))),
        ('Regex.IsMatch(context.Request.Url.Path, "^/a")', formula.Test("path", "matches", ("^/a",))),
        ('(bool)context.Variables["ok"]', formula.Test("variable:ok", "is true", (), True)),
        ('context.Variables.GetValueOrDefault<bool>("ok")', formula.Test("variable:ok", "is true", (), True, "false")),
        (
            'context.Variables.GetValueOrDefault("ok", true) == true',
            formula.Test("variable:ok", "is true", (), True, "true"),
        ),
        (
            'context.Variables.GetValueOrDefault("a", "") == "b"',
            formula.Test("variable:a", "equals", ("b",), False, ""),
        ),
        ('context.Variables.ContainsKey("a")', formula.Test("variable:a", "exists")),
        ("context.Product != null", formula.Test("product", "exists")),
        ("context.Request.Certificate.Verify()", formula.Test("certificate", "verifies")),
        (
            '((Jwt)context.Variables["j"]).Claims["roles"].Contains("Admin")',
            formula.Test("claim:roles", "has item", ("Admin",), False, None, "variable:j"),
        ),
        ('((Jwt)context.Variables["j"]).Claims["oid"][0] == "a"', formula.Test("claim:oid", "has item", ("a",))),
        ('context.Request.Headers["X"].First().Substring(2) == "a"', formula.Test("header:x", "contains", ("a",))),
        (
            '((Jwt)context.Variables["j"]).Claims["scp"][0].Split(\' \').Contains("r")',
            formula.Test("claim:scp", "has item", ("r",)),
        ),
    ],
)
def test_one_comparison_with_literal_text_is_a_test(text: str, test: formula.Test) -> None:
    assert read(text).condition == test
    assert by_grammar(text).condition == test


def test_negations_and_connectives_make_a_formula() -> None:
    text = '!context.Request.Headers.ContainsKey("A") && (context.Request.Method != "GET" || unknown())'
    assert read(text).condition == All(
        (
            Not(formula.Test("header:a", "exists")),
            AnyOf((Not(formula.Test("method", "equals", ("GET",))), Open())),
        )
    )


def test_a_formula_is_decided_by_what_is_known_of_its_tests() -> None:
    text = 'context.Request.Method == "GET" && context.Product.Id == "x"'
    assert answers(text, {"method equals GET": False}) is False
    assert answers(text, {"method equals GET": True}) is None
    assert answers(text, {"method equals GET": True, "product.id equals x": True}) is True


def test_a_block_that_returns_early_is_one_formula() -> None:
    text = ' if (context.Request.Method == "GET") { return true; } return context.Product.Id == "x"; '
    assert answers(text, {"method equals GET": True}, block=True) is True
    assert answers(text, {"method equals GET": False, "product.id equals x": False}, block=True) is False


def test_constants_in_a_formula_are_known() -> None:
    assert read('"{{flag}}" == "true"').condition == Open()
    assert read('"true" == "true"').condition == Known(True)


# What cannot be read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('m.Equals("patch=""",X)', "two texts follow each other"),
        ('new [] {"post=""", "put="""}.Contains(m)', "two texts follow each other"),
        ("a[(b]", "brackets do not match"),
        ("k ?? &quot;anonymous&quot;", "escaped twice"),
        ("  ", "empty"),
    ],
)
def test_what_certainly_does_not_compile_is_a_fault_and_unknown(text: str, words: str) -> None:
    found = read(text)
    assert words in found.faults[0] and words in found.unknown
    assert found.reads == () and found.constant is None


@pytest.mark.parametrize("text", ["a ? b", "a b c"])
def test_what_is_no_csharp_that_could_be_read_is_unknown_without_a_verdict(text: str) -> None:
    found = read(text)
    assert found.unknown and not found.faults


def test_code_of_more_than_16_kib_is_unknown_for_that_reason() -> None:
    assert "16 KiB" in read('"' + "a" * 17_000 + '"').unknown


@pytest.mark.parametrize(
    "unit", ["a<", "(", "(a)", "x=>", "a?b:", '$"{', "a.b(", "a[", "!", "new[]{", "a<b,", '"a"+', "if(a)", "-", '@"']
)
def test_hostile_code_is_read_or_unknown_within_its_bound(unit: str) -> None:
    """Calls are counted, not seconds: a loaded machine is slow, and the grammar's parser stops by its own clock."""
    for text in (unit * (csharp.MAX_SIZE // len(unit)), unit * 300 + "a"):
        for block in (False, True):
            found, calls = calls_of(lambda text=text, block=block: read(text, block))
            assert found.unknown or not found.faults
            # About 45 for a character is the most that is seen; the square of the length would be hundreds.
            assert calls < 100 * len(text)


def calls_of(work: Callable[[], Reading]) -> tuple[Reading, int]:
    """What the work yields, and how many functions were called for it."""
    calls = 0

    def note(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        found = work()
    finally:
        sys.setprofile(before)
    return found, calls


LEAVES = st.sampled_from(
    [
        'context.Request.Headers.GetValueOrDefault("A", "")', 'context.Request.Headers["B"][0]', '(string)context.Variables["v"]',
        'context.Variables.GetValueOrDefault<string>("w", "d")', '((Jwt)context.Variables["j"]).Claims["c"][0]', '"text"',
        '@"a""b"',
        "'x'", "12", "context.Product?.Id", "context.Request.Method", 'context.Request.Url.Query.GetValueOrDefault("q")',
        "{{named}}",
        '$"a{context.Variables["i"]:x}b{{n}}"', "null", "context.Request.Body.As<JObject>(true)[\"k\"]?.ToString()", "true",
        'new[] {"a", "b"}', "new JObject(new JProperty(\"a\", context.Api.Id))", "context.User.Groups.Any(g => g.Name == \"x\")",
    ]
)  # fmt: skip


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["==", "!=", "&&", "||", "+", "??", "<"])
    methods = st.sampled_from(
        [
            ".ToString()",
            ".Contains({})",
            ".Equals({}, StringComparison.OrdinalIgnoreCase)",
            ".Split(' ')[1]",
            ".AsJwt()?.Subject",
        ]
    )
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, methods, inner).map(lambda t: f"({t[0]}){t[1].replace('{}', t[2])}"),
        # In brackets of its own: the grammar takes `(x) && y` behind a bare `!` for a cast.
        inner.map(lambda t: f"(!({t}))"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} ? {t[1]} : {t[2]})"),
        inner.map(lambda t: f"string.IsNullOrEmpty({t})"),
    )


@given(st.recursive(LEAVES, combined, max_leaves=6))
def test_the_small_reader_and_the_grammar_agree(text: str) -> None:
    small = expression._small(code.tokens(text), False)
    assert small is not None
    assert expression._reading(small, False, ()) == expression._reading(csharp.read_code(text, block=False), False, ())


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from([*"(){}[]<>\"'@$.,;:?!&|=+ a1\\\n", "=>", "{{a}}", "new ", "return ", "if"])).map(
        "".join
    )
)
def test_any_code_is_read_or_unknown(text: str) -> None:
    for block in (False, True):
        found = read(text, block)
        assert bool(found.faults) <= bool(found.unknown)


def test_common_code_loads_no_grammar() -> None:
    program = (
        "import sys; from apimdoctor.policy.expression import read;"
        f'read({BLOCK!r}, True); read(\'!context.Variables.ContainsKey("a") && (bool)context.Variables["a"]\');'
        "sys.exit('tree_sitter' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_small_reader_refuses_what_it_does_not_know() -> None:
    with pytest.raises(code.OutsideError):
        code_reader.Reader(code.tokens("from x in y select x")).whole()


def test_variables_made_of_each_other_cost_no_more_than_their_text() -> None:
    # Found on public policies: each line doubles the ways back to the header when they are followed one by one.
    lines = "".join(f"v{n} = v{n - 1} + v{n - 1}; v{n} = v{n} + v{n - 1};" for n in range(1, 60))
    reading = read(
        'string v0 = context.Request.Headers.GetValueOrDefault("X-Start", "");' + lines + "return v59;", True
    )
    assert reading.carries == ("header:x-start",)
