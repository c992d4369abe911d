"""Markers for ids that Azure gives when a deployment runs: each stands for one GUID, and different ones for different GUIDs.

A reader of infrastructure code writes them where the code refers to the id of an app registration or of the tenant it
signs in to, so that a policy and an app registration that name the same one are seen to. Any other marker may stand for
anything.
"""

import re

# Of Terraform, and of ARM templates and Bicep with the extension for Microsoft Graph.
_APP = r"azuread_application(?:_registration)?\.[^\s{}.]+\.client_id"
_TENANT = r"data\.azurerm_client_config\.current\.tenant_id"
_GRAPH_APP = r"applications\([^\s{}]+\)\.appid"
_DEPLOYMENT_TENANT = r"tenant\(\)\.tenantid"
ID = re.compile(rf"\$\{{(?:(?:[^\s{{}}]*[.:])?(?:{_APP}|{_TENANT})|{_GRAPH_APP}|{_DEPLOYMENT_TENANT})\}}")
"""A marker that stands for an id."""
_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def is_id(text: str) -> bool:
    """Whether a text is such a marker and nothing else."""
    return text.startswith("${") and ID.fullmatch(text) is not None


def holds_id(text: str) -> bool:
    """Whether such a marker stands in a text."""
    return "${" in text and ID.search(text) is not None


def only_ids(text: str) -> bool:
    """Whether a text with such markers has no other markers, so that all of it but the GUIDs is known."""
    return holds_id(text) and "${" not in ID.sub("", text)


def may_equal(one: str, other: str) -> bool:
    """Whether two texts, of which one has such markers and neither any other, can be the same text once deployed."""
    if one == other:
        return True
    if holds_id(one) and holds_id(other):
        # Markers stand for GUIDs that differ; a GUID that is written may be any of them.
        return _shape(one) == _shape(other) and bool(re.search(_GUID, one) or re.search(_GUID, other))
    with_marker, plain = (one, other) if holds_id(one) else (other, one)
    pattern = _GUID.join(re.escape(piece) for piece in ID.split(with_marker))
    return re.fullmatch(pattern, plain) is not None


def _shape(text: str) -> str:
    return re.sub(_GUID, "\0", ID.sub("\0", text))
