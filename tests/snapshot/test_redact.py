"""The redactor: what it masks, what it must never mask, and what a mask keeps."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apimdoctor.snapshot.redact import Redactor, masks
from tests.counted import growth

REDACTOR = Redactor(b"a fixed key for tests")
LONG = "Vq3xZ8mK1pT6wR9bL2cN7dF4gH5jY0sA"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJlLWhlcmU"

SECRETS = [
    (
        '<set-header name="Authorization" exists-action="override"><value>Basic {}</value></set-header>',
        "c2NvdHQ6dGlnZXI=",
        "basic",
    ),
    ('<set-header name="Authorization"><value>Bearer {}</value></set-header>', "q1w2e3r4t5y6u7", "token"),
    ('<set-header name="Authorization"><value>{}</value></set-header>', "opensesame", "key"),
    (
        '<set-header name="Ocp-Apim-Subscription-Key" exists-action="append"><value>{}</value></set-header>',
        "swordfish",
        "key",
    ),
    ("<set-header name='x-functions-key' exists-action='skip'>\n  <value>{}</value></set-header>", "abc123", "key"),
    ('<set-header name="api-key"><value><![CDATA[{}]]></value></set-header>', "k-1-2-3-4-5", "key"),
    (
        '<set-header name="x-api-key"><!-- <value>{}</value> --><value>{{{{key}}}}</value></set-header>',
        "commented-out",
        "key",
    ),
    ('<set-header name="X-Api-Key"><!-- old --><value>{}</value></set-header>', "letmein", "key"),
    ('<set-header name="x-api-key"><value>@("{}")</value></set-header>', "letmein2", "key"),
    (
        '<check-header name="x-api-key" failed-check-httpcode="401"><value>{}</value></check-header>',
        "knock-knock",
        "key",
    ),
    ('<set-query-parameter name="code"><value>{}</value></set-query-parameter>', "f00d", "key"),
    ("<issuer-signing-keys><key>{}</key></issuer-signing-keys>", "c2hhcmVkLXNlY3JldA==", "key"),
    ('<key id="k1">{}</key>', "MIIDdzCCAl+gAwIBAgIEbXyz", "certificate"),
    ("<key>{{{{a}}}}</key><key>{}</key>", "c2Vjb25k", "key"),
    ('<rewrite-uri template="/run?a=1&amp;code={}" />', "Zm9vYmFy", "key"),
    ("<set-url>https://logic.example/invoke?sp=%2Frun&sig={}</set-url>", "A-b_C1d2E3f4", "signature"),
    ("<set-body>grant_type=client_credentials&amp;client_secret={}&amp;scope=x</set-body>", "h~8Q1234", "secret"),
    ('<set-body>{{"client_secret": "{}"}}</set-body>', "hunter22", "secret"),
    ('<set-body>@("{{\\"password\\":\\"{}\\"}}")</set-body>', "hunter33", "password"),
    ("Endpoint=sb://bus.example/;SharedAccessKeyName=Root;SharedAccessKey={};EntityPath=x", "bXkta2V5", "key"),
    ("DefaultEndpointsProtocol=https;AccountName=n;AccountKey={};EndpointSuffix=s", "YWNjb3VudA", "key"),
    ('<authentication-basic username="u" password="{}" />', "pw1", "password"),
    ("<authentication-basic username='u' password='{}' />", "pw2", "password"),
    ('<authentication-certificate body="{}" />', "MIIJqQIBAzCC", "certificate"),
    ('<when condition="@(context.Request.Headers.GetValueOrDefault("x-api-key","") == "{}")">', "S3cret!", "key"),
    (
        '<when condition="@(context.Request.Headers.GetValueOrDefault(&quot;x-api-key&quot;,&quot;&quot;) != &quot;{}&quot;)">',
        "S4cret!",
        "key",
    ),
    ('@("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("{}")))', "scott:tiger", "basic"),
    ('<set-variable name="backendApiKey" value="{}" />', "plain-key-77", "secret"),
    ('<set-variable name="t" value="{}" />', JWT, "token"),
    ('@{{ return Send("Bearer {}"); }}', "0a1B2c3D4e5F6g7H", "token"),
    (
        "-----BEGIN PRIVATE KEY-----{}-----END PRIVATE KEY-----",
        "\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEA\n",
        "key",
    ),
    ("-----BEGIN CERTIFICATE-----{}-----END CERTIFICATE-----", "\nMIIDdzCCAl+gAwIBAgIEbXyzMIIDdzCC\n", "certificate"),
    ("<value>{}</value>", LONG, "random"),
    ("// the key is {} for now", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "random"),
    ("secret {} of an app", "aB18Q~Qw3rTy.uIoP-aSdFgHjKlZxCvBnM_1234567", "secret"),
]


@pytest.mark.parametrize(("form", "secret", "kind"), SECRETS)
def test_a_literal_secret_is_masked_and_its_kind_stays_visible(form: str, secret: str, kind: str) -> None:
    text = form.format(secret)
    masked = REDACTOR.policy(text)
    assert secret.strip() not in masked
    assert [found.kind for found in masks(masked)] == [kind] or len(secret) < 4


@pytest.mark.parametrize(("form", "secret", "kind"), SECRETS)
def test_a_mask_keeps_the_length_the_lines_and_everything_around_it(form: str, secret: str, kind: str) -> None:
    text = form.format(secret)
    masked = REDACTOR.policy(text)
    before, _, after = text.partition(secret)
    assert len(masked) == len(text)
    assert [len(line) for line in masked.split("\n")] == [len(line) for line in text.split("\n")]
    assert masked.startswith(before)
    assert masked.endswith(after)


@pytest.mark.parametrize(("form", "secret", "kind"), SECRETS)
def test_masked_text_comes_through_unchanged(form: str, secret: str, kind: str) -> None:
    masked = REDACTOR.policy(form.format(secret))
    assert Redactor(b"another key").policy(masked) == masked


INNOCENT = [
    "<base />",
    '<set-header name="Authorization" exists-action="override"><value>Bearer {{token}}</value></set-header>',
    '<set-header name="Authorization"><value>{{scheme}} {{token}}</value></set-header>',
    '<set-header name="x-functions-key"><value>{{function-key}}</value></set-header>',
    '<set-header name="Authorization"><value>@("Bearer " + (string)context.Variables["token"])</value></set-header>',
    '<set-header name="Authorization" exists-action="delete" />',
    '<set-header name="WWW-Authenticate"><value>Bearer realm="orders", error="invalid_token"</value></set-header>',
    '<set-header name="WWW-Authenticate"><value>Bearer authorization_uri="https://login.microsoftonline.com/common"</value></set-header>',
    '<set-header name="Content-Type"><value>application/x-www-form-urlencoded</value></set-header>',
    "<allowed-headers><header>Authorization</header><header>Ocp-Apim-Subscription-Key</header></allowed-headers>",
    '<issuer-signing-keys><key>{{signing-key}}</key><key certificate-id="partner" /></issuer-signing-keys>',
    f'<issuer-signing-keys><key n="{LONG}{LONG}" e="AQAB" id="{LONG}" /></issuer-signing-keys>',
    f"<audiences><audience>{LONG}</audience></audiences>",
    f'<claim name="azp" match="any"><value>{LONG}</value></claim>',
    "<audience>api://3c2bd05e-74ea-4c2d-8d0a-0d3a1e1f6b7a</audience>",
    "<issuer>https://sts.windows.net/3c2bd05e-74ea-4c2d-8d0a-0d3a1e1f6b7a/</issuer>",
    '<openid-config url="https://login.example/3c2bd05e-74ea-4c2d-8d0a-0d3a1e1f6b7a/v2.0/.well-known/openid-configuration" />',
    '<set-backend-service base-url="https://a1b2c3.azurewebsites.net/Very/LongPathWithWords/And2Numbers3InIt4/api" />',
    '<authentication-certificate thumbprint="0123456789ABCDEF0123456789ABCDEF01234567" />',
    'thumbprint == "0123456789abcdef0123456789abcdef01234567"',
    '<authentication-basic username="u" password="{{password}}" />',
    '<set-status code="401" reason="Unauthorized" />',
    '<validate-jwt failed-validation-httpcode="401" require-scheme="Bearer">',
    '<rewrite-uri template="/run?code={{function-key}}&sig={{sig}}" />',
    "@{ var code=GetIt(); var sig=1; return code; }",
    '@(context.Request.Headers.GetValueOrDefault("Authorization","").Split(\' \').Last())',
    '@(context.Request.Headers.GetValueOrDefault("Authorization","") == "")',
    '@(x.Replace("-----BEGIN CERTIFICATE-----", "").Replace("-----END CERTIFICATE-----", ""))',
    "/subscriptions/3c2bd05e-74ea-4c2d-8d0a-0d3a1e1f6b7a/resourceGroups/rg-orders-prod-001/providers/Microsoft.ApiManagement/service/x",
    '<trace source="VeryLongNamesOfThingsWithoutBlanksAreNoSecrets2024" />',
    "Basic authentication is off. Bearer tokens are required for all administrators.",
    '<set-variable name="apiKeyRequired" value="@(true)" />',
    '<set-variable name="passwordPolicy" value="complicated" />',
    "<!-- this API needs a secret, a password and a key: ask the platform team -->",
    "vnet-westeurope-production-001-subnet-api-management-2024",
    "client_secret={{client-secret}}",
    '@("client_secret=" + (string)context.Variables["secret"])',
]


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert REDACTOR.policy(text) == text


def test_equal_secrets_have_equal_tags_whatever_stands_around_them() -> None:
    first = REDACTOR.policy('<set-header name="x-api-key"><value>swordfish-2000</value></set-header>')
    second = REDACTOR.policy("<set-body>client_secret=swordfish-2000</set-body>")
    other = REDACTOR.policy('<set-header name="x-api-key"><value>swordfish-2001</value></set-header>')
    assert masks(first)[0].tag == masks(second)[0].tag != ""
    assert masks(first)[0].tag != masks(other)[0].tag


def test_two_runs_give_a_secret_different_tags() -> None:
    text = "<key>c2hhcmVkLXNlY3JldA==</key>"
    assert Redactor().policy(text) != Redactor().policy(text)


def test_the_literal_part_of_a_mixed_credential_is_masked() -> None:
    masked = REDACTOR.policy('<set-header name="x-api-key"><value>{{prefix}}tail9tail9tail</value></set-header>')
    assert "{{prefix}}" in masked
    assert "tail9" not in masked


def test_the_mask_tells_its_place() -> None:
    masked = REDACTOR.policy('<authentication-basic username="u" password="correct-horse-battery" />')
    (found,) = masks(masked)
    assert (found.start, found.end) == (45, 66)


def test_a_key_of_several_lines_is_one_mask() -> None:
    masked = REDACTOR.policy("<key>\n   MIIDdzCCAl+gAwIBAgIEbXyz\n   AAAABBBBCCCCDDDD\n</key>")
    assert [found.kind for found in masks(masked)] == ["certificate"]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (LONG, ""),
        (JWT, ""),
        ("0f1e2d3c4b5a69788796a5b4c3d2e1f0", ""),
        ("Endpoint=sb://x/;SharedAccessKey=bXkta2V5", ""),
        ("Str0ngPassw0rd", "sql-password"),
        ("https://fn.example/api?code=Zm9vYmFy", ""),
    ],
)
def test_a_plain_named_value_of_secret_form_is_masked_and_said_to_be_one(value: str, name: str) -> None:
    masked, looks_secret = REDACTOR.named_value(value, name)
    assert looks_secret
    assert masked != value
    assert len(masked) == len(value)


@pytest.mark.parametrize(
    "value",
    [
        "3c2bd05e-74ea-4c2d-8d0a-0d3a1e1f6b7a",
        "api://3c2bd05e-74ea-4c2d-8d0a-0d3a1e1f6b7a/.default",
        "https://contoso.vault.azure.net/secrets/api-key/0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "westeurope",
        "0123456789ABCDEF0123456789ABCDEF01234567",
        "Reader;Writer;Administrator",
        "@(context.Request.IpAddress)",
        "true",
        "",
    ],
)
def test_a_plain_named_value_of_no_secret_form_stays(value: str) -> None:
    assert REDACTOR.named_value(value, "setting") == (value, False)


def test_json_is_masked_by_the_names_of_its_members_too() -> None:
    masked = REDACTOR.json(
        {"properties": {"clientSecret": "pw", "url": "https://x.example/?code=Zm9vYmFy", "n": [1, None]}}
    )
    assert "pw" not in str(masked)
    assert "Zm9vYmFy" not in str(masked)
    assert masked["properties"]["n"] == [1, None]


@given(st.text(alphabet=st.sampled_from("<>/\"'= abcKkeyvalue{}@()\n-•⠀:?&;19Basicset-header"), max_size=200))
@settings(max_examples=100)
def test_any_text_keeps_its_length_and_is_masked_once(text: str) -> None:
    masked = REDACTOR.policy(text)
    assert len(masked) == len(text)
    assert REDACTOR.policy(masked) == masked
    assert all(0 <= found.start < found.end <= len(masked) for found in masks(masked))


@pytest.mark.parametrize(
    "piece",
    [
        '<set-header name="code" name="code" ',
        "<set-header <value>",
        "<key <key>",
        'password="',
        "secretsecret",
        '"secret":"',
        'x-secretsecret"',
        "-----BEGIN A-----",
        "eyJaaaaaaaa.",
        "Basic Basic ",
        "code=",
        "a<",
        "•",
        "•\n",
        "•⠀\n",
        "A1b",
        '"authorization") == ',
        'GetBytes("a:',
        "\x00",
        '<set-variable name="secret',
        "<!-- <value>",
        "secret=",
        "code=code=",
        "\"x-api-key\"' <set-header name='code'>",
        ('GetBytes("', "a:"),
        ("<key>", " "),
        ("<set-header name='code'>", "<value>"),
        ("•", "\n"),
        ("<set-variable name='secret' ", "value='"),
        ('"secret":"', "a"),
        ("Bearer ", "a"),
    ],
)
def test_hostile_text_is_masked_by_work_in_proportion_to_its_length(piece: str | tuple[str, str]) -> None:
    first, rest = ("", piece) if isinstance(piece, str) else piece

    def masked(size: int) -> Callable[[], object]:
        text = first + rest * (size // len(rest))
        return lambda: masks(REDACTOR.policy(text))

    assert growth(masked, 8 * 1024, times=8) < 10


def test_hostile_text_of_the_largest_size_keeps_its_length() -> None:
    text = '<set-variable name="secret' * (256 * 1024 // 26) + "code=code=" * 1000
    assert len(REDACTOR.policy(text)) == len(text)


@pytest.mark.parametrize("placeholder", ["{signing-key}", "#{signing-key}#", "__signing_key__", "[Your key]"])
def test_a_placeholder_of_a_build_step_is_no_secret(placeholder: str) -> None:
    text = f"<issuer-signing-keys><key>{placeholder}</key></issuer-signing-keys>"
    assert REDACTOR.policy(text) == text


def test_a_token_is_masked_to_its_end_and_keeps_its_kind() -> None:
    token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjdhOWIyZjRkIn0x.eyJzdWIiOiJvIn0.c2ln"
    masked = REDACTOR.policy(f"<!-- {token} -->")
    assert [(found.kind, found.end - found.start) for found in masks(masked)] == [("token", len(token))]
