"""Hostile Terraform: nothing raises, nothing hangs, nothing outside is read."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apimdoctor.collect.files import FolderTree, read_tree
from apimdoctor.collect.files.terraform import work
from tests.collect.made_terraform import BASE, POLICY, policy, read

NAMED = (
    'resource "azurerm_api_management_named_value" "n" {{\n  name = "n"\n  display_name = "n"\n'
    '  api_management_name = "gate"\n  value = {}\n}}\n'
)
PIECES = [
    *(
        '"',
        "${",
        "%{",
        "}",
        "{",
        "[",
        "]",
        "(",
        ")",
        "\n",
        "<<-X",
        "X",
        "\\",
        "~",
        "=",
        "if ",
        "for ",
        "endif",
        "in ",
        ":",
    ),
    *("local.a", "var.b", "each.key", "...", "*", ".", ",", "?", "a", "1", "é", "\u2028", "$$", "#", "//", "/*", "*/"),
    *("templatefile(", "file(", "format(", 'resource "azurerm_api_management_api" "x" ', "locals ", "module.m", "=>"),
]
DOUBLED = "".join(f'  a{n} = "${{local.a{n + 1}}}${{local.a{n + 1}}}"\n' for n in range(60))
MANY = (
    'resource "azurerm_api_management_api" "l" {\n  for_each = toset([for n in range(100000) : "a${n}"])\n  name = each.key\n'
    '  api_management_name = "gate"\n}\n'
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_no_expression_raises(text: str) -> None:
    snapshot = read({"main.tf": BASE + f"locals {{\n  a = {text}\n}}\n" + NAMED.format("local.a")})
    assert snapshot.services


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_no_template_raises(text: str) -> None:
    found = policy('templatefile("t.tpl", { a = [1, 2], b = "x" })', **{"t.tpl": POLICY + text})
    assert found.text.startswith("<policies>") or found.unread


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_no_file_raises(text: str) -> None:
    snapshot = read({"main.tf": text, "b.tf": BASE, "terraform.tfvars": text, "m.tfvars.json": text})
    assert snapshot.services


@pytest.mark.parametrize(
    "text",
    [
        "locals {\n  a = local.b\n  b = local.a\n}\n" + NAMED.format("local.a"),
        'locals {\n  a = "${local.a}${local.a}"\n}\n' + NAMED.format("local.a"),
        f'locals {{\n{DOUBLED}  a60 = "xxxx"\n}}\n' + NAMED.format("local.a0"),
        NAMED.format("[for a in range(100000) : [for b in range(100000) : a]]"),
        NAMED.format("[for a in range(2000) : [for b in range(2000) : [for c in range(2000) : a]]]"),
        'module "m" {\n  source = "./"\n}\n' + NAMED.format("1"),
        MANY,
        NAMED.format('templatefile("t.tpl", {})'),
        NAMED.format("(" * 2000 + "1" + ")" * 2000),
        NAMED.format('"' + "${" * 5000 + "}" * 5000 + '"'),
        NAMED.format('fileset(".", "**/**/**/**/**/**/*a*a*a*a*a*a*b")'),
        NAMED.format('format("%99999s", "x")'),
        NAMED.format('join(",", [for n in range(2000) : join(",", [for m in range(2000) : "aaaaaaaa"])])'),
        NAMED.format('yamldecode("a: &a [x,x]\\nb: &b [*a,*a]\\nc: [*b,*b]")'),
    ],
    ids=range(14),
)
def test_hostile_input_ends_and_the_rest_is_read(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "STEPS", 50_000)
    template = '${templatefile("t.tpl", {})}${templatefile("t.tpl", {})}'
    snapshot = read({"main.tf": BASE, "more.tf": text, "t.tpl": template})
    assert any(api.name == "orders" for service in snapshot.services for api in service.contents.apis)


def test_a_megabyte_of_openings_is_a_gap() -> None:
    snapshot = read({"main.tf": BASE, "bad.tf": 'locals {\n  azurerm_api_management = "' + "${" * (1 << 19) + '"\n}\n'})
    assert any(gap.scope.startswith("bad.tf") for gap in snapshot.gaps)
    assert snapshot.services[0].name == "gate"


def test_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.xml"
    outside.write_text("<policies><inbound><!-- elsewhere --></inbound></policies>")
    root = tmp_path / "root"
    root.mkdir()
    (root / "p.xml").symlink_to(outside)
    (root / "up").symlink_to(tmp_path)
    block = (
        'resource "azurerm_api_management_policy" "{0}" {{\n  api_management_id = azurerm_api_management.gate.id\n'
        '  xml_content = file("{1}")\n}}\n'
    )
    (root / "main.tf").write_text(BASE + block.format("a", "p.xml") + block.format("b", "up/outside.xml"))
    snapshot = read_tree(FolderTree(root))
    assert "elsewhere" not in repr(snapshot)
    assert any("p.xml" in gap.detail or "p.xml" in gap.scope for gap in snapshot.gaps)
