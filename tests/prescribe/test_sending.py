"""Lines to copy: whatever a tenant calls its things, each shell and language reads it back as that text and nothing else."""

import json
import re
import shlex
import subprocess

import pytest

from apimdoctor.prescribe import sending
from apimdoctor.prescribe.text import CannotEditError
from tests.report.hostile_texts import HOSTILE

OBJECT = "0f8c8a55-9f2f-4f6c-9b9e-0e7c6a1d5b34"
NASTY = [
    *(text for text in HOSTILE if "\ud800" not in text),
    "'; rm -rf / #",
    "$(touch owned) `touch owned` ${HOME} %{if true}x%{endif} ${var.secret}",
    "\u2018; Remove-Item x; \u2019\u201b",
    "a\\'b\\\"c\n'd",
    '"; az account clear; "',
]


@pytest.mark.parametrize("name", NASTY)
def test_a_posix_shell_passes_the_body_as_one_word(name: str) -> None:
    body = {"displayName": name}
    line = sending.graph(f"applications/{OBJECT}", body, "public")["az"]
    words = shlex.split(line.replace("\\\n", " "))
    assert words[:4] == ["az", "rest", "--method", "PATCH"]
    assert json.loads(words[-1]) == body
    assert words[5] == f"https://graph.microsoft.com/v1.0/applications/{OBJECT}"


def test_a_real_shell_agrees() -> None:
    body = {"displayName": " ".join(NASTY)}
    line = sending.graph(f"applications/{OBJECT}", body, "public")["az"]
    shown = subprocess.run(["sh", "-c", f"az() {{ printf '%s\\n' \"$@\"; }}\n{line}"], capture_output=True, text=True)
    assert json.loads(shown.stdout.split("\n")[-2]) == body


@pytest.mark.parametrize("name", NASTY)
def test_powershell_reads_one_literal_string(name: str) -> None:
    line = sending.graph(f"applications/{OBJECT}", {"displayName": name}, "public")["powershell"]
    written = line.partition("-Body ")[2]
    assert written.startswith("'") and written.endswith("'") and written.isascii() and written.isprintable()
    assert "'" not in written[1:-1].replace("''", "")
    assert json.loads(written[1:-1].replace("''", "'")) == {"displayName": name}


def test_powershell_s_typographic_quotes_are_doubled_too() -> None:
    assert sending.power("a\u2019b'c") == "'a\u2019\u2019b''c'"


@pytest.mark.parametrize("name", NASTY)
def test_terraform_reads_no_template_in_a_text(name: str) -> None:
    written = sending.terraform(name)
    assert written.isascii() and written.isprintable()
    assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", written)
    assert json.loads(written.replace("$${", "${").replace("%%{", "%{")) == name


@pytest.mark.parametrize("name", NASTY)
def test_bicep_reads_no_template_in_a_text_and_the_text_cannot_end_it(name: str) -> None:
    written = sending.bicep(name)
    assert written.isascii() and written.isprintable()
    inner = re.sub(r"\\(u\{[0-9a-f]+\}|.)", "", written[1:-1])
    assert "'" not in inner and "${" not in inner


def test_values_of_bicep_keep_their_shape() -> None:
    assert sending.bicep({"a": [True, "x"], "b-c": 2}) == "{\n  a: [\n    true\n    'x'\n  ]\n  'b-c': 2\n}"


@pytest.mark.parametrize("cloud, host", [("usgov", "graph.microsoft.us"), ("china", "microsoftgraph.chinacloudapi.cn")])
def test_each_cloud_has_its_own_graph(cloud: str, host: str) -> None:
    assert f"https://{host}/v1.0/applications/" in sending.graph(f"applications/{OBJECT}", {}, cloud)["az"]


def test_a_cloud_whose_graph_is_not_known_gets_no_lines() -> None:
    with pytest.raises(CannotEditError):
        sending.graph(f"applications/{OBJECT}", {}, "contoso stack")


@pytest.mark.parametrize("text", ["", "x", f"{OBJECT}/../users", f"{OBJECT}\n", "${var.app}"])
def test_only_a_guid_becomes_part_of_an_address(text: str) -> None:
    with pytest.raises(CannotEditError):
        sending.guid(text, "object id")


@pytest.mark.parametrize(
    "text, whole",
    [
        ("/subscriptions/5f0c9a4e/resourceGroups/rg-1/providers/Microsoft.Web/sites/orders", True),
        ("/subscriptions/x/../../y", False),
        ("/subscriptions/x/sites/a'b", False),
        ("[resourceId('Microsoft.Web/sites', 'orders')]", False),
        ("file:gateway/namedValues/key", False),
        ("", False),
    ],
)
def test_only_a_whole_resource_id_is_sent_to(text: str, whole: bool) -> None:
    assert sending.is_arm(text) is whole


def test_a_resource_that_is_put_whole_is_read_first() -> None:
    resource = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/orders/config/authsettingsV2"
    lines = sending.merged(resource, {"properties.a.b": ["it's"]}, "2024-04-01")
    assert shlex.split(lines["az"].replace("\\\n", " "))[-1] == 'properties.a.b=["it\'s"]'
    assert lines["powershell"].index("GET") < lines["powershell"].index("PUT")
    assert "$now.properties.a.b = '[\"it''s\"]' | ConvertFrom-Json" in lines["powershell"]
