"""Whether a token is older than the role assignment that its caller relies on."""

from datetime import UTC, datetime

from msgspec.structs import replace

from apimdoctor.diagnose.checking import Checked
from apimdoctor.diagnose.diagnosis import Cause
from apimdoctor.snapshot import AppRoleAssignment, Snapshot

NO_ROLE = "00000000-0000-0000-0000-000000000000"


def older_than_assignment(cause: Cause, checked: Checked, snapshot: Snapshot) -> Cause:
    """The cause with what the dates say: a token holds the roles of the moment it was issued (entra-tokens traps 16, 18)."""
    failed = checked.failed
    if failed is None or failed.claim != "roles":
        return cause
    issued = checked.token.claims.get("iat")
    holder = checked.token.claims.get("oid")
    if isinstance(issued, bool) or not isinstance(issued, int | float) or not isinstance(holder, str):
        return cause
    later = [
        a for a in _assignments(snapshot, holder) if (moment := _moment(a.created)) is not None and moment > issued
    ]
    if not later:
        return cause
    when = later[0].created
    told = datetime.fromtimestamp(issued, UTC).isoformat().replace("+00:00", "Z")
    return replace(
        cause,
        cause="app-only-token-without-roles" if checked.token.flow == "application" else cause.cause,
        message=f"the role was assigned at {when}, and this token was issued before that, at {told}",
        fix=(
            "The configuration is right; the token is older than the assignment. Get a new token. A managed "
            "identity's tokens are cached "
            "for about 24 hours and that cache cannot be cleared from outside: wait, or recreate the identity."
        ),
    )


def _assignments(snapshot: Snapshot, principal: str) -> list[AppRoleAssignment]:
    found = (a for tenant in snapshot.tenants for a in tenant.app_role_assignments)
    return [a for a in found if a.principal_id.lower() == principal.lower() and a.role_id != NO_ROLE]


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
