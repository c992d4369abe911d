"""Folder layouts that tell scopes: the APIOps extractor's, at any depth and with underscores, and a service's own git."""

from functools import lru_cache

from msgspec import Struct

_COLLECTIONS = {
    "apis": ("apis", "apiinformation.json"),
    "products": ("products", "productinformation.json"),
    "policy fragments": ("policyFragments", "policyfragmentinformation.json"),
    "named values": ("namedValues", "namedvalueinformation.json"),
    "backends": ("backends", "backendinformation.json"),
    "subscriptions": ("subscriptions", "subscriptioninformation.json"),
    "gateways": ("gateways", "gatewayinformation.json"),
    "diagnostics": ("diagnostics", "diagnosticinformation.json"),
    "version sets": ("apiVersionSets", "versionsetinformation.json"),
    "authorization servers": ("authorizationServers", "authorizationserverinformation.json"),
    "openid connect providers": ("openidConnectProviders", "openidconnectproviderinformation.json"),
    "certificates": ("certificates", "certificateinformation.json"),
}
"""Folder, ARM's spelling of the collection, and the file that holds a resource's JSON (github.com/Azure/apiops)."""
_BELOW = {
    ("apis", "operations"): ("operations", frozenset({"operationinformation.json", "apioperationinformation.json"})),
    ("apis", "resolvers"): ("resolvers", frozenset({"resolverinformation.json", "apiresolverinformation.json"})),
    ("apis", "diagnostics"): (
        "diagnostics",
        frozenset({"diagnosticinformation.json", "apidiagnosticinformation.json"}),
    ),
    ("products", "apis"): ("apis", frozenset({"productapiinformation.json", "apiinformation.json"})),
    ("gateways", "apis"): ("apis", frozenset({"gatewayapiinformation.json", "apiinformation.json"})),
}
_WITH_POLICY = frozenset({"apis", "products", "policyFragments", "operations", "resolvers"})
_POLICY_SUFFIXES = frozenset({"xml", "xml.tpl", "xml.tftpl", "tftpl", "tftpl.xml", "tpl.xml", "xml.tmpl"})


class Place(Struct, frozen=True):
    """Where a file stands in an APIOps tree: the tree's root, the resource's path, and whether the file is its policy."""

    root: str
    path: tuple[tuple[str, str], ...]
    policy: bool


def place_of(path: str) -> Place | None:
    """The place of a file by the names of its folders, or None; the leftmost reading that fits counts."""
    parts = path.split("/")
    file = parts[-1].lower()
    if file.endswith(".xml") and "/policies/" in path:
        exported = _exported(parts)
        if exported is not None:
            return exported
    policy = is_policy_name(file)
    if not policy and not file.endswith("information.json"):
        return None
    for at in range(len(parts) - 2):
        found = _resource(parts[at:-1], file, policy)
        if found is not None:
            return Place("/".join(parts[:at]), found, policy)
    return None


def _exported(parts: list[str]) -> Place | None:
    """A policy in the git repository that a service kept of its own configuration until 2025.

    Source: learn.microsoft.com/azure/api-management/api-management-configuration-repository-git: `api-management/policies/`
    with global.xml, products/P.xml, apis/A.xml and apis/A/operations/O.xml.
    """
    lower = [part.lower() for part in parts]
    for at in range(len(parts) - 2):
        if lower[at] != "api-management" or lower[at + 1] != "policies":
            continue
        inner, name = lower[at + 2 : -1], parts[-1][:-4]
        root = "/".join(parts[: at + 1])
        if not inner and lower[-1] == "global.xml":
            return Place(root, (), True)
        if inner in (["apis"], ["products"]):
            return Place(root, ((inner[0], name),), True)
        if len(inner) == 3 and (inner[0], inner[2]) == ("apis", "operations"):
            return Place(root, (("apis", parts[at + 3]), ("operations", name)), True)
    return None


def is_policy_name(file: str) -> bool:
    """Whether a file name (lower case) is the one the extractor gives to every policy."""
    stem, _, suffix = file.partition(".")
    return stem == "policy" and suffix in _POLICY_SUFFIXES


@lru_cache(maxsize=256)
def collection_of(folder: str) -> str:
    """The collection, in ARM's spelling, that a folder of this name holds; "" for any other folder."""
    found = _COLLECTIONS.get(folder.lower().replace("_", " ").replace("-", " "))
    return found[0] if found else ""


def _resource(folders: list[str], file: str, policy: bool) -> tuple[tuple[str, str], ...] | None:
    if folders[0].lower() == "workspaces" and len(folders) >= 2:
        workspace = ("workspaces", folders[1])
        if len(folders) == 2:
            return (workspace,) if policy or file == "workspaceinformation.json" else None
        inner = _resource_below(folders[2:], file, policy)
        return None if inner is None else (workspace, *inner)
    return _resource_below(folders, file, policy)


def _resource_below(folders: list[str], file: str, policy: bool) -> tuple[tuple[str, str], ...] | None:
    kind = collection_of(folders[0])
    if not kind:
        return None
    own = (kind, folders[1]) if len(folders) > 1 else None
    if own is not None and len(folders) == 2:
        information = _COLLECTIONS[folders[0].lower().replace("_", " ").replace("-", " ")][1]
        fits = kind in _WITH_POLICY if policy else file == information
        return (own,) if fits else None
    if own is not None and len(folders) == 4:
        below = _BELOW.get((kind, folders[2].lower()))
        if below is not None and (below[0] in _WITH_POLICY - {"apis"} if policy else file in below[1]):
            return own, (below[0], folders[3])
    return None
