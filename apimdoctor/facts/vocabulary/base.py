"""What every subject shares: the place it stands at."""

from typing import Literal

from msgspec import Struct

HostStands = Literal["own domain", "private network", "Azure", "elsewhere", ""]
"""`own domain`: of a verified domain of a tenant; `Azure`: a host name that Azure gives its resources, or Microsoft's
own; `elsewhere`: none of these, and all domains of the tenants were read; "" = no host is written."""


class Place(Struct, frozen=True, kw_only=True):
    """Where a subject stands, in the terms of a report. `path` is the part of the fingerprint that names the element."""

    resource: str = ""
    document: str = ""
    line: int = 0
    column: int = 0
    service: str = ""
    workspace: str = ""
    product: str = ""
    api: str = ""
    revision: str = ""
    operation: str = ""
    section: str = ""
    app: str = ""
    path: str = ""
    """'inbound/choose[1]/when[2]/validate-jwt[1]', 'api/oauth2PermissionScopes[2]'."""
    file: bool = False
    """`document` is a file that a person edits."""
    start: int = -1
    """Offsets in the document's text, for showing the lines; -1 = none."""
    end: int = -1
