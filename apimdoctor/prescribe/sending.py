"""How a patch is sent: lines to copy for each shell and language, with every value quoted for it.

What a tenant wrote never leaves its quotes. JSON goes out in ASCII, so that nothing in it hides, turns the direction of
the text or passes for a quote (PowerShell takes the typographic ones for its own). The lines for `az` are for a POSIX shell.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence

from apimdoctor.entra import clouds
from apimdoctor.prescribe.text import CannotEditError

MANAGEMENT = "2024-05-01"
"""The version of API Management's interface."""
WEB = "2024-04-01"
"""The version of App Service's interface."""
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ARM = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._()-]*)+")
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def guid(text: str, what: str) -> str:
    """The text when it is a GUID: nothing else becomes part of an address."""
    if not _GUID.fullmatch(text):
        raise CannotEditError(f"the {what} is not known")
    return text


def is_arm(resource: str) -> bool:
    """Whether this is a whole resource id of Azure: folders of files have none, and nobody can send a patch to them."""
    return resource.lower().startswith("/subscriptions/") and _ARM.fullmatch(resource) is not None


def graph(path: str, body: Mapping[str, object], cloud: str, *, method: str = "PATCH") -> dict[str, str]:
    """Microsoft Graph by the Azure CLI and by PowerShell (Microsoft.Graph.Authentication)."""
    known = clouds.named(cloud)
    if known is None or not known.graph_hosts:
        raise CannotEditError(f"the address of Microsoft Graph in the cloud {cloud} is not known")
    url = f"https://{known.graph_hosts[0]}/v1.0/{path}"
    return {
        "az": f"az rest --method {method} --url {shell(url)} \\\n"
        f"  --headers 'Content-Type=application/json' \\\n  --body {shell(compact(body))}",
        "powershell": f"Invoke-MgGraphRequest -Method {method} -Uri {power(f'v1.0/{path}')} `\n"
        f"  -ContentType 'application/json' -Body {power(compact(body))}",
    }


def arm(resource: str, body: Mapping[str, object], version: str) -> dict[str, str]:
    """Azure Resource Manager by the Azure CLI and by PowerShell (Az.Accounts); both know the address of their cloud."""
    path = f"{resource}?api-version={version}"
    return {
        "az": f"az rest --method PATCH --url {shell(path)} \\\n"
        f"  --headers 'Content-Type=application/json' 'If-Match=*' \\\n  --body {shell(compact(body))}",
        "powershell": f"Invoke-AzRestMethod -Method PATCH -Path {power(path)} `\n  -Payload {power(compact(body))}",
    }


def merged(resource: str, settings: Mapping[str, object], version: str) -> dict[str, str]:
    """The same for a resource that is only ever put whole: read it, set what changes, put it back."""
    path = f"{resource}?api-version={version}"
    listed = " \\\n    ".join(shell(f"{name}={compact(value)}") for name, value in settings.items())
    assigned = "\n".join(
        f"$now.{name} = {power(compact(value))} | ConvertFrom-Json" for name, value in settings.items()
    )
    return {
        "az": f"az resource update --ids {shell(resource)} --api-version {version} \\\n  --set {listed}",
        "powershell": f"$now = (Invoke-AzRestMethod -Method GET -Path {power(path)}).Content | ConvertFrom-Json\n"
        f"{assigned}\nInvoke-AzRestMethod -Method PUT -Path {power(path)} -Payload ($now | ConvertTo-Json -Depth 32)",
    }


def compact(value: object) -> str:
    """JSON on one line, in ASCII."""
    return json.dumps(value, ensure_ascii=True, separators=(", ", ": "))


def shell(text: str) -> str:
    """A word of a POSIX shell."""
    return shlex.quote(text)


def power(text: str) -> str:
    """A literal string of PowerShell: nothing is expanded in it, and a quote is doubled, the typographic ones too."""
    return "'" + re.sub("['\u2018\u2019\u201a\u201b]", lambda found: found.group() * 2, text) + "'"


def terraform(value: object, indent: int = 0) -> str:
    """A value of Terraform's language; `${` and `%{` are no templates in it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return compact(value).replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, Mapping):
        pad = " " * (indent + 2)
        inner = "".join(f"{pad}{name} = {terraform(one, indent + 2)}\n" for name, one in value.items())
        return f"{{\n{inner}{' ' * indent}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(terraform(one, indent) for one in value)}]"
    return compact(value)


def bicep(value: object, indent: int = 0) -> str:
    """A value of Bicep."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{''.join(map(_in_bicep, value))}'".replace("${", "\\${")
    pad = " " * (indent + 2)
    if isinstance(value, Mapping):
        return f"{{\n{bicep_members(value, indent + 2)}{' ' * indent}}}"
    if isinstance(value, Sequence):
        inner = "".join(f"{pad}{bicep(one, indent + 2)}\n" for one in value)
        return f"[\n{inner}{' ' * indent}]" if value else "[]"
    return compact(value)


def bicep_members(members: Mapping[str, object], indent: int = 0) -> str:
    """The members of an object of Bicep, one a line."""
    pad = " " * indent
    return "".join(
        f"{pad}{name if _BARE.fullmatch(name) else bicep(name)}: {bicep(one, indent)}\n"
        for name, one in members.items()
    )


def _in_bicep(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    return char if " " <= char <= "~" else f"\\u{{{ord(char):x}}}"
