"""What a prescription is: the exact change that cures a finding, who it touches, and how sure we are."""

from typing import Literal

from msgspec import Struct, field

from apimdoctor.facts.vocabulary import Place

Safety = Literal["safe", "review"]
"""`safe`: nobody who gets in by the author's intent loses access; `review`: a person decides."""


class TextEdit(Struct, frozen=True, kw_only=True):
    """One replaced span of a policy's text: offsets in characters of the text as the snapshot holds it, end exclusive.

    `start == end` inserts. The edits of one policy do not overlap and are sorted by `start`.
    """

    start: int
    end: int
    text: str


class PolicyEdit(Struct, frozen=True, kw_only=True):
    """The change of one policy document, every other character of the author's text kept."""

    at: Place
    """The document: `resource` the policy's or fragment's resource, `document` the file where there is one."""
    edits: tuple[TextEdit, ...]
    file: bool = False
    """Whether `at.document` is itself the policy's text, so that the edit can be written into it."""
    diff: str = ""
    """The change as a unified diff of the text that may be shown (secrets masked)."""


class ObjectPatch(Struct, frozen=True, kw_only=True):
    """The change of one object of Entra ID (Microsoft Graph) or of Azure (Resource Manager), and how to send it."""

    kind: Literal["graph", "arm"]
    resource: str
    """`applications/{object id}`, `servicePrincipals/{object id}`, or an ARM resource id."""
    name: str
    """The display name, for people."""
    identifier: str = ""
    """The appId of an app registration, as people look it up; empty for ARM."""
    method: Literal["PATCH", "POST", "PUT"] = "PATCH"
    """`POST` adds to a collection (a role assignment); `PUT` replaces the whole, into which the body has to be merged."""
    body: dict[str, object] = field(default_factory=dict)
    """What is sent: of a PATCH and a PUT the properties that change, lists with all items that stay."""
    commands: dict[str, str] = field(default_factory=dict)
    """How to send it: `az`, `powershell`, `terraform`, `bicep`; lines to copy."""


Change = PolicyEdit | ObjectPatch


class Admission(Struct, frozen=True, kw_only=True):
    """One kind of caller before and after the change: `accepted`, `refused` or `unknown`."""

    caller: str
    before: str
    after: str


class Prescription(Struct, frozen=True, kw_only=True):
    """A change that was applied in memory and judged again: its finding is gone, and no new error appears."""

    title: str
    safety: Safety
    changes: tuple[Change, ...]
    side_effects: tuple[str, ...] = ()
    """Who else depends on the present state, one sentence each; empty when nobody was found."""
    steps: tuple[str, ...] = ()
    """The order of steps for a change without downtime, where one change is not enough."""
    admissions: tuple[Admission, ...] = ()
    """Who gets in, before and after, on the operations the finding affects."""
