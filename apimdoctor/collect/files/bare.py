"""Policy files whose place in a service nobody told."""

import re

from apimdoctor.collect.files.contents import Desk
from apimdoctor.snapshot import Api, Contents, Fragment, PolicyText, Service

_START = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:[^-]|-(?!->))*-->\s*)*<(policies|fragment|inbound|outbound|on-error)(?=[\s/>])([^>]*)"
)
_UNKNOWN = (
    "authentication",
    "is_online",
    "operations",
    "path",
    "protocols",
    "service_url",
    "subscription_required",
)


def root_of(text: str) -> str:
    """The root element when a text is a policy document, a fragment or a single section by its content; else ""."""
    found = _START.match(text)
    # A `fragment` with a namespace is another product's (Android layouts).
    return found[1] if found is not None and "xmlns" not in found[2] else ""


def service_of(desk: Desk, policies: dict[str, PolicyText]) -> Service:
    """A service that stands for nothing but these texts: every document as an API of its file's name."""
    apis, fragments = [], []
    for path, policy in sorted(policies.items()):
        if root_of(policy.text) == "fragment":
            folder, _, file = path.rpartition("/")
            name = file.partition(".")[0]
            own = folder.rpartition("/")[2] if name == "policy" and folder else name
            fragments.append(Fragment(name=own, policy=policy, origin=policy.origin))
        else:
            apis.append(Api(name=path, policy=policy, origin=policy.origin, unread=_UNKNOWN))
    return Service(
        id=f"file:{desk.prefix}?",
        name="policies without a scope",
        contents=Contents(apis=tuple(apis), fragments=tuple(fragments)),
        scopes_known=False,
        unread=("gateway_url", "location", "policy", "sku", "tenant_id", "workspaces"),
    )
