"""Expressions that raise an error on some requests."""

import pytest

from apimdoctor.policy.failing import Failure, failures, forbidden_types

TAKEN = 'context.Request.Headers["X-Region"].First()'


@pytest.mark.parametrize(
    "code",
    [
        "context.LastError.Message",
        '"why: " + context.LastError.Message',
        '$"{context.LastError.Reason}: {context.LastError.Message}"',
        'context.LastError.Message.Replace("JWT", "token")',
    ],
)
def test_the_message_of_an_error_holds_line_breaks_that_no_header_takes(code: str) -> None:
    assert failures(code, in_header=True) == (Failure("line breaks", "lasterror.message"),)
    assert failures(code) == ()


@pytest.mark.parametrize(
    "code",
    [
        "context.LastError.Reason",
        'context.LastError.Message == "x" ? "a" : "b"',
        r'context.LastError.Message.Replace("\r\n", " ")',
        "Uri.EscapeDataString(context.LastError.Message)",
    ],
)
def test_a_text_without_line_breaks_goes_into_a_header(code: str) -> None:
    assert failures(code, in_header=True) == ()


def test_parts_of_a_token_are_base64url() -> None:
    found = failures(
        'var part = context.Request.Headers.GetValueOrDefault("Authorization", "").Split(\'.\')[1];'
        " return Encoding.UTF8.GetString(Convert.FromBase64String(part));",
        True,
    )
    assert found == (Failure("base64url text", "header:authorization"),)


def test_base64url_that_was_made_base64_is_fine() -> None:
    code = "Convert.FromBase64String(((string)context.Variables[\"t\"]).Split('.')[1].Replace('-', '+').PadRight(400, '='))"
    assert failures(code) == ()


@pytest.mark.parametrize("call", ['Substring(0, name.IndexOf("@"))', 'Substring(name.LastIndexOf("@"))'])
def test_a_position_that_was_not_found_is_no_position(call: str) -> None:
    code = f'var name = context.Request.Headers.GetValueOrDefault("X-User", ""); return name.{call};'
    assert failures(code, True) == (Failure("text not found", "header:x-user"),)


@pytest.mark.parametrize(
    "code",
    [
        'var n = context.Request.Headers.GetValueOrDefault("X", ""); return n.Substring(n.IndexOf("@") + 1);',
        (
            'var n = context.Request.Headers.GetValueOrDefault("X", ""); if (!n.Contains("@")) { return n; } '
            'return n.Substring(0, n.IndexOf("@"));'
        ),
        (
            'var n = context.Request.Headers.GetValueOrDefault("X", ""); var i = n.IndexOf("@"); '
            "return i > 0 ? n.Substring(0, i) : n;"
        ),
        'var p = context.Request.Url.Path; return p.Substring(0, p.LastIndexOf("/"));',
    ],
)
def test_a_position_that_is_tested_or_always_found_does_not_fail(code: str) -> None:
    assert failures(code, True) == ()


def test_what_may_be_missing_is_taken_by_its_name() -> None:
    assert failures(TAKEN) == (Failure("missing header", "header:x-region"),)
    assert failures('((Jwt)context.Variables["jwt"]).Claims["roles"][0]') == (Failure("missing claim", "claim:roles"),)


@pytest.mark.parametrize(
    "code",
    [
        f'context.Request.Headers.ContainsKey("X-Region") ? {TAKEN} : ""',
        'context.Request.Headers.GetValueOrDefault("X-Region", "")',
        '((Jwt)context.Variables["jwt"]).Claims["sub"][0]',
    ],
)
def test_what_is_asked_for_or_always_there_does_not_fail(code: str) -> None:
    assert failures(code) == ()


def test_nothing_is_known_of_code_with_a_named_value_that_was_not_read() -> None:
    assert failures("{{secret-code}}") is None


def test_types_outside_of_the_list_are_named() -> None:
    assert forbidden_types("var c = new HttpClient(); return System.IO.File.ReadAllText(c.ToString());", True) == (
        "HttpClient",
        "File",
    )


def test_a_variable_may_have_the_name_of_a_type() -> None:
    assert forbidden_types('var File = new JObject(); return File["name"];', True) == ()
    assert forbidden_types("context.Operation.Name.ToString()") == ()
