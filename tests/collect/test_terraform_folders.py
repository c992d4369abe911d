"""Terraform folders: expressions, files, templates, variables, modules, and where a policy is written."""

import pytest

from apimdoctor.snapshot import Snapshot
from tests.collect.made_terraform import BASE, POLICY, place, policy, read, service


def test_a_policy_from_a_file_is_the_file_itself() -> None:
    found = policy('file("./policies/orders.xml")', **{"policies/orders.xml": POLICY})
    assert (found.text, found.origin.document, found.origin.anchors, found.origin.file) == (
        POLICY,
        "policies/orders.xml",
        (),
        True,
    )


def test_a_file_that_a_resource_takes_is_no_policy_without_a_scope() -> None:
    snapshot = read(
        {
            "main.tf": BASE + 'resource "azurerm_api_management_api_policy" "x" {\n  api_name = "orders"\n'
            '  api_management_name = "gate"\n  xml_content = file("${path.module}/a.xml")\n}\n',
            "a.xml": POLICY,
            "b.xml": POLICY,
        }
    )
    scoped, loose = snapshot.services
    assert scoped.scopes_known
    assert [api.name for api in loose.contents.apis] == ["b.xml"]


def test_a_heredoc_keeps_lines_and_columns() -> None:
    text = "<<-XML\n    <policies>\n      <inbound>\n        <base />\n      </inbound>\n    </policies>\n  XML"
    found = policy(text)
    assert found.text.startswith("<policies>\n  <inbound>\n    <base />\n")
    first = BASE.count("\n") + 5
    assert place(found.origin, found.text, "<policies>") == (first + 1, 5)
    assert place(found.origin, found.text, "<base") == (first + 3, 9)


def test_a_template_gives_its_known_values_and_the_place_of_each_part() -> None:
    template = (
        '<policies>\n  <inbound>\n%{ if strict ~}\n    <check-header name="${name}" />\n%{ endif ~}\n'
        "%{ for o in origins ~}\n    <origin>${o}</origin>\n%{ endfor ~}\n    <base/>$${kept}\n  </inbound>\n</policies>\n"
    )
    call = (
        'templatefile("p.tftpl", { strict = true, name = "X-Long-Header-Name", origins = ["a.example", "b.example"] })'
    )
    found = policy(call, **{"p.tftpl": template})
    assert '<check-header name="X-Long-Header-Name" />' in found.text
    assert found.text.count("<origin>") == 2
    assert "<base/>${kept}" in found.text
    assert found.origin.document == "p.tftpl"
    assert place(found.origin, found.text, "<check-header") == (4, 5)
    assert place(found.origin, found.text, '" />') == (4, 32)
    assert place(found.origin, found.text, "b.example") == (7, 13)
    assert place(found.origin, found.text, "<base") == (9, 5)
    assert place(found.origin, found.text, "</inbound>") == (10, 3)


def test_a_marker_word_is_replaced_and_what_follows_keeps_its_place() -> None:
    source = "<policies>\n  <inbound a='MARK' b='1'>\n    <base />\n  </inbound>\n</policies>"
    found = policy('replace(file("p.xml"), "MARK", "long replacement")', **{"p.xml": source})
    assert "a='long replacement'" in found.text
    assert place(found.origin, found.text, "b='1'") == (2, 21)
    assert place(found.origin, found.text, "<base") == (3, 5)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"${local.a}-x"', "one-x"),
        ('format("%s/%s", local.a, var.b)', "one/two"),
        ('join(",", [for k in ["p", "q"] : upper(k)])', "P,Q"),
        ('lower("ABC")', "abc"),
        ('jsonencode({ k = "v" })', '{"k":"v"}'),
        ('lookup(local.m, "k", "z")', "w"),
        ('local.m["k"]', "w"),
        ("var.missing", "${var.missing}"),
        ('"a ${var.missing} b"', "a ${var.missing} b"),
        ("var.deep.inner", "d"),
        ('var.b == "two" ? "yes" : "no"', "yes"),
        ('try(var.deep.nothing, "else")', "else"),
        ("local.loop", "${local.loop}"),
        ("random_string.s.result", "${random_string.s.result}"),
        ("lower(random_string.s.result)", "${lower(random_string.s.result)}"),
        ("module.nowhere.out", "${module.nowhere.out}"),
        ('split("-", "a-b")[1]', "b"),
        ('"${1 + 2 * 3}"', "7"),
        ('sensitive("pass") == 1 ? "a" : "a"', "a"),
    ],
)
def test_an_expression_gives_what_is_known_and_else_a_symbol(expression: str, expected: str) -> None:
    text = (
        'variable "b" { default = "two" }\nvariable "missing" {}\n'
        'variable "deep" {\n  type = object({ inner = optional(string, "d") })\n  default = {}\n}\n'
        'locals {\n  a = "one"\n  m = { k = "w" }\n  loop = "${local.loop}"\n}\n'
    )
    value = (
        'resource "azurerm_api_management_named_value" "n" {\n  name = "n"\n  display_name = "n"\n'
        f'  api_management_name = "gate"\n  value = {expression}\n}}\n'
    )
    (found,) = service({"main.tf": BASE + text + value}).contents.named_values
    assert found.value == expected


def test_variables_take_their_values_from_tfvars() -> None:
    config = BASE.replace('name     = "gate"', 'name     = "gate-${var.a}-${var.b}-${var.c}"') + "".join(
        f'variable "{name}" {{ default = "d" }}\n' for name in "abc"
    )
    files = {
        "main.tf": config,
        "terraform.tfvars": 'a = "auto"\n',
        "env/dev/x.tfvars": 'b = "dev"\nc = "same"\n',
        "env/prod/x.tfvars": 'b = "prod"\nc = "same"\n',
        "env/prod/backend.tfvars": 'container_name = "state"\n',
    }
    assert service(files).name == "gate-auto-${var.b}-same"


def test_a_module_of_the_repository_is_opened_with_its_arguments() -> None:
    module = (
        'variable "service" {}\nvariable "names" { type = list(string) }\n'
        'resource "azurerm_api_management_api" "one" {\n  for_each = toset(var.names)\n  name = each.key\n'
        "  api_management_name = var.service.name\n  path = each.value\n}\n"
        'resource "azurerm_api_management_api_policy" "one" {\n  for_each = azurerm_api_management_api.one\n'
        "  api_name = azurerm_api_management_api.one[each.key].name\n  api_management_name = var.service.name\n"
        '  xml_content = file("${path.module}/p.xml")\n}\n'
    )
    call = 'module "apis" {\n  source  = "../modules/apis"\n  service = azurerm_api_management.gate\n  names   = ["a", "b"]\n}\n'
    found = service({"infra/main.tf": BASE + call, "modules/apis/m.tf": module, "modules/apis/p.xml": POLICY})
    assert found.name == "gate"
    assert [(api.name, api.path) for api in found.contents.apis] == [("a", "a"), ("b", "b"), ("orders", "orders")]


def test_products_hold_the_apis_they_are_linked_to() -> None:
    text = (
        'resource "azurerm_api_management_product" "gold" {\n  product_id = "gold"\n  api_management_name = "gate"\n'
        "  published = true\n}\n"
        'resource "azurerm_api_management_product_api" "x" {\n  api_name = azurerm_api_management_api.orders.name\n'
        "  product_id = azurerm_api_management_product.gold.product_id\n"
        "  api_management_name = azurerm_api_management.gate.name\n}\n"
    )
    (product,) = service({"main.tf": BASE + text}).contents.products
    assert (product.name, product.apis, product.state) == ("gold", ("orders",), "published")
    assert "apis" in product.unread


def test_an_operation_policy_finds_its_operation() -> None:
    text = (
        'resource "azurerm_api_management_api_operation" "list" {\n  operation_id = "list"\n  api_name = "orders"\n'
        '  api_management_name = "gate"\n  method = "GET"\n  url_template = "/"\n}\n'
        'resource "azurerm_api_management_api_operation_policy" "list" {\n'
        '  api_name = azurerm_api_management_api_operation.list.api_name\n  api_management_name = "gate"\n'
        "  operation_id = azurerm_api_management_api_operation.list.operation_id\n"
        f"  xml_content = <<XML\n{POLICY}XML\n}}\n"
    )
    (api,) = service({"main.tf": BASE + text}).contents.apis
    (operation,) = api.operations
    assert (operation.name, operation.method) == ("list", "GET")
    assert operation.policy is not None and operation.policy.text == POLICY


def test_an_azapi_resource_stands_below_its_parent() -> None:
    text = (
        'resource "azapi_resource" "fragment" {\n  type = "Microsoft.ApiManagement/service/policyFragments@2024-05-01"\n'
        '  name = "auth"\n  parent_id = azurerm_api_management.gate.id\n'
        '  body = {\n    properties = {\n      format = "rawxml"\n      value = file("f.xml")\n    }\n  }\n}\n'
        'resource "azapi_resource" "policy" {\n  type = "Microsoft.ApiManagement/service/apis/policies@2024-05-01"\n'
        '  name = "policy"\n  parent_id = azurerm_api_management_api.orders.id\n'
        '  body = jsonencode({\n    properties = {\n      format = "rawxml"\n      value = file("p.xml")\n    }\n  })\n}\n'
    )
    found = service({"main.tf": BASE + text, "f.xml": "<fragment><base/></fragment>", "p.xml": POLICY})
    (fragment,), (api,) = found.contents.fragments, found.contents.apis
    assert (fragment.name, fragment.origin.document) == ("auth", "f.xml")
    assert api.policy is not None and (api.policy.text, api.policy.origin.document) == (POLICY, "p.xml")


def test_a_module_kept_elsewhere_is_read_by_its_arguments() -> None:
    text = (
        'module "gold" {\n  source = "./.terraform/modules/__v4__/api_management_product"\n  product_id = "gold"\n'
        '  api_management_name = "gate"\n  policy_xml = file("p.xml")\n}\n'
        'module "rates" {\n  source = "git::https://git.example/tf.git//api_management_api?ref=v1"\n  name = "rates"\n'
        '  api_version = "v2"\n  path = "rates"\n  api_management_name = "gate"\n'
        '  product_ids = [module.gold.product_id]\n  xml_content = file("p.xml")\n'
        '  api_operation_policies = [{ operation_id = "list", xml_content = file("p.xml") }]\n}\n'
    )
    contents = service({"main.tf": BASE + text, "p.xml": POLICY}).contents
    rates = next(api for api in contents.apis if api.name == "rates-v2")
    (gold,) = contents.products
    assert gold.policy is not None
    assert gold.apis == ("rates-v2",)
    assert rates.policy is not None and rates.operations[0].policy is not None
    assert rates.subscription_required is None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [('file("../../etc/passwd")', "outside"), ('file("/etc/passwd")', "outside"), ('file("none.xml")', "not exist")],
)
def test_a_file_outside_of_the_root_is_not_read(expression: str, reason: str) -> None:
    text = (
        'resource "azurerm_api_management_policy" "x" {\n  api_management_id = azurerm_api_management.gate.id\n'
        f"  xml_content = {expression}\n}}\n"
    )
    snapshot = read({"main.tf": BASE + text})
    (one,) = snapshot.services
    assert one.policy is not None and one.policy.unread
    assert any(reason in gap.detail and gap.scope.startswith("main.tf:") for gap in snapshot.gaps)


def test_nothing_is_whole_and_a_resource_without_a_policy_may_have_one() -> None:
    found = service({"main.tf": BASE})
    assert found.contents.whole == ()
    assert "policy" in found.unread and "policy" in found.contents.apis[0].unread


def test_what_is_no_hcl_is_a_gap_with_its_line() -> None:
    snapshot = read({"main.tf": BASE, "broken.tf": 'locals {\n  a = 1\n}\nresource "azurerm_api_management" {{{\n'})
    assert any(gap.scope.startswith("broken.tf:4") for gap in snapshot.gaps)
    assert len(snapshot.services) == 1


def _secrets(snapshot: Snapshot) -> str:
    return repr(snapshot)


def test_no_sensitive_value_and_no_key_is_kept() -> None:
    text = (
        'variable "pass" {\n  sensitive = true\n  default = "Tr0ub4dor-verysecret"\n}\n'
        'resource "azurerm_api_management_named_value" "a" {\n  name = "a"\n  display_name = "a"\n'
        '  api_management_name = "gate"\n  value = var.pass\n}\n'
        'resource "azurerm_api_management_named_value" "b" {\n  name = "b"\n  display_name = "b"\n'
        '  api_management_name = "gate"\n  secret = true\n  value = "hunter2-plain-text"\n}\n'
        'resource "azurerm_api_management_named_value" "c" {\n  name = "c"\n  display_name = "c"\n'
        '  api_management_name = "gate"\n  value = upper(sensitive("swordfish-of-old"))\n}\n'
        'resource "azurerm_api_management_subscription" "s" {\n  subscription_id = "s"\n  display_name = "s"\n'
        '  api_management_name = "gate"\n  primary_key = "0123-open-sesame-4567"\n}\n'
    )
    snapshot = read({"main.tf": BASE + text})
    kept = _secrets(snapshot)
    for secret in ("Tr0ub4dor", "hunter2", "swordfish", "SWORDFISH", "open-sesame"):
        assert secret not in kept
    values = {value.name: value for value in snapshot.services[0].contents.named_values}
    assert (values["a"].value, values["b"].secret) == ("${var.pass}", True)


def test_a_long_symbol_leaves_no_bracket_open_in_an_expression() -> None:
    long = " ".join(f"var.number_{n}" for n in range(40))
    template = '<policies>\n  <inbound>\n    <set-variable name="x" value="@(${value})" />\n  </inbound>\n</policies>\n'
    call = f'templatefile("p.tftpl", {{ value = join(",", [for k in var.all : format("{long}", k)]) }})'
    found = policy(call, **{"p.tftpl": template})
    inside = found.text[found.text.index("${") : found.text.index("}") + 1]
    assert inside.count("(") == inside.count(")") and inside.count("[") == inside.count("]")


def test_what_only_a_default_switches_off_is_read_where_nothing_else_stands() -> None:
    text = (
        'variable "extra" { default = false }\nvariable "given" { default = true }\n'
        'resource "azurerm_api_management_api" "extra" {\n  count = var.extra ? 1 : 0\n  name = "extra"\n'
        '  api_management_name = "gate"\n  path = "extra"\n}\n'
        'resource "azurerm_api_management_api" "given" {\n  count = var.given ? 1 : 0\n  name = "given"\n'
        '  api_management_name = "gate"\n  path = "given"\n}\n'
        'resource "azurerm_api_management_api" "other" {\n  count = var.extra ? 1 : 0\n  name = "orders"\n'
        '  api_management_name = "gate"\n  path = "elsewhere"\n}\n'
    )
    found = service({"main.tf": BASE + text, "terraform.tfvars": "given = false\n"})
    assert [(api.name, api.path) for api in found.contents.apis] == [("extra", "extra"), ("orders", "orders")]


def test_terraform_in_json_syntax_is_a_gap_and_not_silently_left_out() -> None:
    other = '{"resource": {"azurerm_api_management_api_policy": {"x": {"xml_content": "<policies />"}}}}'
    gaps = read({"main.tf": BASE, "more.tf.json": other}).gaps
    assert [(gap.scope, gap.kind) for gap in gaps if "JSON syntax" in gap.detail] == [("more.tf.json", "skipped")]


def test_terraform_in_json_syntax_that_speaks_of_other_things_is_no_gap() -> None:
    gaps = read({"main.tf": BASE, "more.tf.json": '{"locals": {"region": "north"}}'}).gaps
    assert [gap for gap in gaps if "JSON syntax" in gap.detail] == []
