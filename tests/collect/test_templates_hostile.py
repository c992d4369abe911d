"""Templates from strangers: never an exception, never without end, nothing from outside the folder."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apimdoctor.collect import files
from apimdoctor.collect.files.segments import Place, Written, literal
from apimdoctor.collect.files.templates import arm_expression, bicep, found, json_text
from apimdoctor.snapshot import store
from tests.collect.made_files import snapshot_of

assert found  # imported here, so that no example pays for it

WORDS = st.sampled_from(
    ["param x string = ", "var y = ", "resource a 'Microsoft.ApiManagement/service/policies@2023-05-01-preview' = ", "{\n", "}\n",
     "name: ", "properties: ", "value: ", "'${", "}'", "'''", "'", "\\", "[for i in ", "if (", ")", "]", "[", ": ", "? ", ", ",
     "loadTextContent('a.xml')", "replace(", "x", "y", "a.id", "a.name", "module m 'main.bicep' = ", "params: ", "m.outputs.o",
     "output o string = ", "\n", "@secure()", "existing = ", "resource ", "parent: a", "=> ", "format('{0}{9}', ",
     "/*", "//", "5", "true",
     "union(x, y)", "concat(", "json(", "map(", "range(0, 9999999)", "\u2028", "\0", "é"]
)  # fmt: skip
POLICY_OF = '"type": "Microsoft.ApiManagement/service/policies", "name": "gate/policy", "properties": {"value": %s}'


@settings(max_examples=80, deadline=None)
@given(st.lists(WORDS, max_size=40).map("".join))
def test_any_bicep_is_read_or_is_a_gap(text: str) -> None:
    snapshot = snapshot_of({"main.bicep": text + "\n// Microsoft.ApiManagement", "a.xml": "<policies />"})
    assert store.load(store.dump(snapshot)) == snapshot


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet=st.sampled_from("[]()'.,:{}\"\\ \n/*-0a"), max_size=80))
def test_any_text_is_an_expression_or_is_refused(inside: str) -> None:
    text = f"[{inside}]"
    try:
        arm_expression.read(literal(text, Place(Written("a.json", text), 0)))
    except arm_expression.FaultError as fault:
        assert str(fault)
    try:
        assert json_text.read(inside, "a.json").line >= 1
    except json_text.FaultError as fault:
        assert fault.line >= 1
    assert bicep.read(f"var a = {inside}", "a.bicep").document == "a.bicep"


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.sampled_from(
            [
                "'x'",
                "parameters('p')",
                "variables('v')",
                "copyIndex()",
                "resourceGroup().location",
                "5",
                "reference('m')",
            ]
        ),
        lambda inner: st.builds(
            lambda name, given: f"{name}({', '.join(given)})",
            st.sampled_from(
                ["concat", "replace", "format", "if", "union", "first", "range", "uri", "json", "split", "length"]
            ),
            st.lists(inner, max_size=3),
        ),
        max_leaves=8,
    )
)
def test_any_call_comes_to_a_policy_or_a_reason(expression: str) -> None:
    template = (
        '{"$schema": "deploymentTemplate.json", "parameters": {"p": {"type": "string"}}, '
        f'"variables": {{"v": "[{expression}]"}}, "resources": [{{{POLICY_OF % (chr(34) + "[" + expression + "]" + chr(34))}}}]}}'
    )
    snapshot = snapshot_of({"azuredeploy.json": template})
    assert snapshot.services or snapshot.gaps
    assert store.load(store.dump(snapshot)) == snapshot


@pytest.mark.parametrize(
    "text",
    [
        "var a = " + "(" * 50_000,
        "var a = " + "!" * 50_000 + "true",
        "var a = " + "[" * 5_000 + "]" * 5_000,
        "var a = '" + "${'" * 3_000,
        "var a = " + "x ? " * 20_000 + "y",
        "/*" * 50_000,
        "param a string =\n" * 5_000,
        "var a = " + "a.b" * 40_000,
    ],
)
def test_a_text_made_to_be_slow_is_given_up(text: str) -> None:
    policy = "resource p 'Microsoft.ApiManagement/service/policies@2023-05-01-preview' = {\n  name: 'g/policy'\n}\n"
    snapshot = snapshot_of({"main.bicep": policy + text})
    assert snapshot.services or snapshot.gaps


def test_values_that_double_at_every_step_come_to_an_end() -> None:
    doubling = "param v0 string = 'xxxxxxxxxxxxxxxx'\n" + "".join(
        f"var v{step + 1} = '${{v{step}}}${{v{step}}}'\n" for step in range(20)
    )
    policy = (
        "resource p 'Microsoft.ApiManagement/service/policies@2023-05-01-preview' = {\n  name: 'gate/policy'\n"
        "  properties: { value: v20 }\n}\n"
    )
    snapshot = snapshot_of({"main.bicep": doubling + policy})
    assert snapshot.services[0].name == "gate"


def test_a_template_that_uses_itself_comes_to_an_end() -> None:
    text = (
        "module again 'main.bicep' = { params: {} }\nresource p 'Microsoft.ApiManagement/service@2023-05-01-preview' = "
    )
    text += "{ name: 'g' }\n"
    assert snapshot_of({"main.bicep": text}).services[0].name == "g"


@pytest.mark.parametrize("path", ["../secret.xml", "/etc/hostname", "link.xml", "..\\secret.xml"])
def test_nothing_outside_of_the_folder_is_loaded(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.xml").write_text("<policies><!-- hidden --></policies>")
    root = tmp_path / "repository"
    root.mkdir()
    (root / "link.xml").symlink_to(tmp_path / "secret.xml")
    written = path.replace("\\", "\\\\")
    (root / "main.bicep").write_text(
        "resource p 'Microsoft.ApiManagement/service/policies@2023-05-01-preview' = {\n  name: 'gate/policy'\n"
        f"  properties: {{ value: loadTextContent('{written}') }}\n}}\n"
    )
    snapshot = files.read([root])
    assert "hidden" not in store.dump(snapshot).decode()
    policy = snapshot.services[0].policy
    assert policy is not None
    assert "which no file tells" in policy.unread
