"""Diffs of edits: git itself says whether it takes them, and what comes out."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apimdoctor.engine.prescription import TextEdit
from apimdoctor.prescribe.text import applied as edited
from apimdoctor.prescribe.unified import HiddenLineError, unified

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git decides here")

POLICY = """<policies>
  <inbound>
    <validate-jwt header-name="Authorization">
      <audiences>
        <audience>api://orders.larkspur.example</audience>
      </audiences>
    </validate-jwt>
    <base />
  </inbound>
  <backend><base /></backend>
</policies>
"""


def edit(text: str, old: str, new: str) -> TextEdit:
    start = text.index(old)
    return TextEdit(start=start, end=start + len(old), text=new)


def applied(folder: Path, name: str, before: bytes, diff: bytes) -> bytes:
    """What git makes of the file."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before)
    done = subprocess.run(
        ["git", "-c", "core.autocrlf=false", "apply", "-v", "-"], cwd=folder, input=diff, capture_output=True
    )
    assert done.returncode == 0, (done.stderr, diff)
    return file.read_bytes()


def test_one_changed_line_is_one_small_hunk() -> None:
    assert unified("apis/orders/policy.xml", POLICY, [edit(POLICY, "orders.larkspur", "larkspur")]) == (
        "diff --git a/apis/orders/policy.xml b/apis/orders/policy.xml\n"
        "--- a/apis/orders/policy.xml\n"
        "+++ b/apis/orders/policy.xml\n"
        "@@ -2,7 +2,7 @@\n"
        "   <inbound>\n"
        '     <validate-jwt header-name="Authorization">\n'
        "       <audiences>\n"
        "-        <audience>api://orders.larkspur.example</audience>\n"
        "+        <audience>api://larkspur.example</audience>\n"
        "       </audiences>\n"
        "     </validate-jwt>\n"
        "     <base />\n"
    )


def test_no_edit_and_an_edit_that_changes_nothing_are_no_diff() -> None:
    assert unified("policy.xml", POLICY, []) == ""
    assert unified("policy.xml", POLICY, [edit(POLICY, "<base />", "<base />")]) == ""


def test_a_moved_line_is_taken_from_one_place_and_put_to_another(tmp_path: Path) -> None:
    edits = [
        TextEdit(start=POLICY.index("    <validate"), end=POLICY.index("    <validate"), text="    <base />\n"),
        edit(POLICY, "    <base />\n", ""),
    ]
    diff = unified("policy.xml", POLICY, edits)
    assert [line for line in diff.split("\n") if line[:1] in "+-"][2:] == ["+    <base />", "-    <base />", ""]
    assert applied(tmp_path, "policy.xml", POLICY.encode(), diff.encode()).decode() == edited(POLICY, edits)


@pytest.mark.parametrize(
    "name",
    [
        "policy.xml",
        "policy fragments/is signed in/policy.xml",
        'a "quoted" b\\c.xml',
        "apis/gr\u00fc\u00dfe/policy.xml",
        "apis/orders;rev=2/policy.xml",
        "tab\there.xml",
    ],
)
def test_git_finds_a_file_of_any_name(tmp_path: Path, name: str) -> None:
    edits = [edit(POLICY, "<base />", "")]
    diff = unified(name, POLICY, edits).encode()
    assert applied(tmp_path, name, POLICY.encode(), diff).decode() == edited(POLICY, edits)


@pytest.mark.parametrize("text", ["a\nb", "a", "a\n", "", "a\r\nb\r\n", "\ufeffa\r\nb", "a\rb\n\x0c\u2028c"])
@pytest.mark.parametrize("where", ["start", "end"])
def test_line_ends_are_git_s_line_ends(tmp_path: Path, text: str, where: str) -> None:
    at = 0 if where == "start" else len(text)
    edits = [TextEdit(start=at, end=at, text="new\n")]
    if not text:
        return  # an empty file has no line to change
    diff = unified("policy.xml", text, edits).encode()
    assert applied(tmp_path, "policy.xml", text.encode(), diff).decode() == edited(text, edits)


def test_a_secret_near_the_change_is_left_out_of_the_context(tmp_path: Path) -> None:
    text = POLICY.replace("    <base />\n", '    <rate-limit />\n    <base />\n    <set key="hunter-two" />\n', 1)
    text = text.replace("  <inbound>\n", "  <!-- password: open-sesame -->\n  <inbound>\n")
    shown = text.replace("hunter-two", "\u2022" * 10).replace("open-sesame", "\u2022" * 11)
    edits = [edit(text, "orders.larkspur", "larkspur"), edit(text, "<base />", "<!-- none -->")]
    moved = [edits[0], TextEdit(start=edits[1].start - 5, end=edits[1].start - 5, text=" calls='5'")]
    diff = unified("policy.xml", text, moved, shown=shown)
    assert "hunter" not in diff and "sesame" not in diff and "\u2022" not in diff
    assert applied(tmp_path, "policy.xml", text.encode(), diff.encode()).decode() == edited(text, moved)


@pytest.mark.parametrize("old", ["<base />", 'key="hunter-two"'])
def test_a_change_that_cannot_be_told_without_a_secret_is_not_told(old: str) -> None:
    text = POLICY.replace("    <base />\n", '    <base />\n    <set key="hunter-two" />\n', 1)
    shown = text.replace("hunter-two", "\u2022" * 10)
    with pytest.raises(HiddenLineError):
        unified("policy.xml", text, [edit(text, old, "")], shown=shown)


@st.composite
def texts_with_edits(draw: st.DrawFn) -> tuple[str, list[TextEdit]]:
    text = "".join(
        draw(st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "  d\n", "\n", "e"]), min_size=1, max_size=40))
    )
    marks = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    edits = [
        TextEdit(start=start, end=end, text=draw(st.sampled_from(["", "x", "y\n", "a\nb\n", "\r\n", "z\nz"])))
        for start, end in zip(marks[::2], marks[1::2], strict=False)
    ]
    return text, edits


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=texts_with_edits())
def test_git_makes_of_the_diff_what_the_edits_make_of_the_text(
    tmp_path: Path, made: tuple[str, list[TextEdit]]
) -> None:
    text, edits = made
    diff = unified("policy.xml", text, edits)
    if not diff:
        assert edited(text, edits) == text
    elif edited(text, edits):
        assert applied(tmp_path, "policy.xml", text.encode(), diff.encode()).decode() == edited(text, edits)
