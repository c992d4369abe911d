"""Harmless policy statements of the kinds people write, to fill policies up to a length: none touches a token."""

from __future__ import annotations

import random

_WORDS = ["region", "carrier", "depot", "lane", "season", "tier", "batch", "window", "berth", "gate", "shift", "zone"]


def inbound_filler(rng: random.Random, lines: int) -> list[str]:
    """Statements for an inbound section, about this many lines."""
    return _fill(rng, lines, (_header, _variable, _choose, _query, _rewrite, _refusal, _block))


def outbound_filler(rng: random.Random, lines: int) -> list[str]:
    """Statements for an outbound section, about this many lines."""
    return _fill(rng, lines, (_header, _replace, _outbound_choose))


def _fill(rng: random.Random, lines: int, kinds: tuple[object, ...]) -> list[str]:
    out: list[str] = []
    written = 0
    while written < lines:
        kind = rng.choice(kinds)
        text: str = kind(rng)  # type: ignore[operator]
        out.append(text)
        written += text.count("\n") + 1
    return out


def _header(rng: random.Random) -> str:
    word = rng.choice(_WORDS)
    value = rng.choice(
        ("{{region}}", "north", f'@(context.Request.Url.Host + "-{word}")', "@(context.RequestId.ToString())")
    )
    return f'<set-header name="X-{word.title()}" exists-action="override">\n    <value>{value}</value>\n</set-header>'


def _variable(rng: random.Random) -> str:
    word = rng.choice(_WORDS)
    return f'<set-variable name="{word}" value="@(context.Request.Headers.GetValueOrDefault("X-{word.title()}", "none"))" />'


def _choose(rng: random.Random) -> str:
    word = rng.choice(_WORDS)
    return f"""<set-variable name="{word}-size" value="@(int.Parse(context.Request.Url.Query.GetValueOrDefault("size", "10")))" />
<choose>
    <when condition="@(context.Variables.GetValueOrDefault<int>("{word}-size") > 100 && context.Request.Method == "GET")">
        <set-query-parameter name="size" exists-action="override">
            <value>100</value>
        </set-query-parameter>
    </when>
    <otherwise>
        <set-header name="X-{word.title()}-Page" exists-action="skip">
            <value>small</value>
        </set-header>
    </otherwise>
</choose>"""


def _query(rng: random.Random) -> str:
    word = rng.choice(_WORDS)
    value = rng.randrange(1000)
    return (
        f'<set-query-parameter name="{word}" exists-action="skip">\n    <value>{value}</value>\n</set-query-parameter>'
    )


def _rewrite(rng: random.Random) -> str:
    return f'<rewrite-uri template="/v{rng.randrange(1, 4)}/{rng.choice(_WORDS)}" copy-unmatched-params="true" />'


def _refusal(rng: random.Random) -> str:
    word = rng.choice(_WORDS)
    return f"""<choose>
    <when condition="@(!context.Request.Headers.ContainsKey("X-{word.title()}"))">
        <return-response>
            <set-status code="400" reason="Bad Request" />
            <set-header name="Content-Type" exists-action="override">
                <value>application/json</value>
            </set-header>
            <set-body>{{"missing": "X-{word.title()}"}}</set-body>
        </return-response>
    </when>
</choose>"""


def _block(rng: random.Random) -> str:
    word = rng.choice(_WORDS)
    return f"""<set-variable name="{word}-label" value="@{{
    // a label for the back end's own log; it isn't used for anything else
    var name = context.Request.Headers.GetValueOrDefault("X-{word.title()}", "");
    if (name.Length > 20 && !name.Contains("<"))
    {{
        name = name.Substring(0, 20) + "...";
    }}
    return $"{{name}}-{{context.Operation.Name}}";
}}" />"""


def _replace(rng: random.Random) -> str:
    return f'<find-and-replace from="http://{rng.choice(_WORDS)}.internal.example" to="https://api.tenant.example" />'


def _outbound_choose(rng: random.Random) -> str:
    word = rng.choice(_WORDS)
    return f"""<choose>
    <when condition="@(context.Response.StatusCode >= 500)">
        <set-header name="X-{word.title()}-Hint" exists-action="override">
            <value>try later</value>
        </set-header>
    </when>
</choose>"""
