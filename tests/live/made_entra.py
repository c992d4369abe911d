"""Generated tenants of Entra ID, as the collectors would read them."""

from hypothesis import strategies as st

from apimdoctor.snapshot import (
    AppRegistration,
    AppRole,
    AppRoleAssignment,
    Credential,
    DelegatedGrant,
    EntraTenant,
    Origin,
    PermissionScope,
    PreAuthorizedClient,
    RedirectUri,
    RequiredAccess,
    ServicePrincipal,
)
from apimdoctor.snapshot.redact import Redactor

REDACTOR = Redactor(b"generated")
MAYBE = st.none() | st.booleans()
ODD = (
    "",
    "Заказы & <b>выставки</b>",
    "注文 {{x}} @(1)",
    "a\u202eb\u0000c\r\n\t",
    '"]}\\',
    "'; drop --",
    "https://orders.example/a?b=c#d",
    "api://orders/.default",
    "Ünïcode 🚚",
)
TEXTS = st.sampled_from(ODD) | st.text(
    st.characters(exclude_categories=["Cs"]),
    max_size=12,
).filter(lambda text: REDACTOR.text(text) == text)
GUIDS = st.uuids(version=4).map(str)
WORDS = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,8}", fullmatch=True)
FEW = {"max_size": 2}


def several(strategy: st.SearchStrategy, **options: object) -> st.SearchStrategy:
    return st.lists(strategy, **{**FEW, **options}).map(tuple)


SCOPES = st.builds(
    PermissionScope, id=GUIDS, value=WORDS, enabled=st.booleans(), kind=st.sampled_from(("User", "Admin"))
)
ROLES = st.builds(
    AppRole,
    id=GUIDS,
    value=TEXTS,
    enabled=st.booleans(),
    members=several(st.sampled_from(("User", "Application")), unique=True),
    display_name=TEXTS,
)
SECRETS = st.builds(Credential, kind=st.just("secret"), key_id=GUIDS, name=TEXTS, start=TEXTS, end=TEXTS)
CERTIFICATES = st.builds(Credential, kind=st.just("certificate"), key_id=GUIDS, name=TEXTS, end=TEXTS, usage=WORDS)
REPLIES = {
    kind: st.lists(st.builds(RedirectUri, uri=TEXTS, kind=st.just(kind)), max_size=2, unique=True)
    for kind in ("web", "spa", "public client")
}


@st.composite
def app_registrations(draw: st.DrawFn) -> AppRegistration:
    identifier = draw(GUIDS)
    return AppRegistration(
        id=identifier,
        app_id=draw(GUIDS),
        display_name=draw(TEXTS),
        sign_in_audience=draw(st.sampled_from(("AzureADMyOrg", "AzureADMultipleOrgs", ""))),
        requested_access_token_version=draw(st.sampled_from((None, 1, 2))),
        identifier_uris=draw(several(TEXTS)),
        scopes=draw(several(SCOPES)),
        app_roles=draw(several(ROLES)),
        pre_authorized=draw(several(st.builds(PreAuthorizedClient, app_id=GUIDS, scope_ids=several(GUIDS)))),
        known_clients=draw(several(GUIDS)),
        accept_mapped_claims=draw(MAYBE),
        optional_access_claims=draw(several(st.tuples(WORDS, several(WORDS)))),
        group_membership_claims=draw(st.sampled_from(("", "SecurityGroup", "SecurityGroup,DirectoryRole"))),
        redirect_uris=tuple(uri for kind in REPLIES.values() for uri in draw(kind)),
        implicit_access_tokens=draw(MAYBE),
        public_client=draw(MAYBE),
        required_access=draw(
            several(
                st.builds(
                    RequiredAccess,
                    resource_app_id=GUIDS,
                    permission_id=GUIDS,
                    kind=st.sampled_from(("Scope", "Role")),
                )
            )
        ),
        credentials=(*draw(several(SECRETS)), *draw(several(CERTIFICATES))),
        token_encryption_key_id=draw(st.just("") | GUIDS),
        created=draw(TEXTS),
        publisher_domain=draw(TEXTS),
        disabled=draw(st.sampled_from(("", "DisabledDueToViolationOfServicesAgreement"))),
        origin=Origin(document=f"applications/{identifier}"),
    )


@st.composite
def service_principals(draw: st.DrawFn, app_id: str, tenant: str) -> ServicePrincipal:
    identifier = draw(GUIDS)
    return ServicePrincipal(
        id=identifier,
        app_id=app_id,
        display_name=draw(TEXTS),
        kind=draw(st.sampled_from(("Application", "ManagedIdentity", "Legacy", "SomethingNew"))),
        enabled=draw(MAYBE),
        assignment_required=draw(MAYBE),
        owner_tenant=draw(st.sampled_from((tenant, "")) | GUIDS),
        names=draw(several(TEXTS)),
        app_roles=draw(several(ROLES)),
        scopes=draw(several(SCOPES)),
        alternative_names=draw(several(TEXTS)),
        origin=Origin(document=f"servicePrincipals/{identifier}"),
    )


@st.composite
def tenants(draw: st.DrawFn, identifier: str) -> EntraTenant:
    apps = draw(st.lists(app_registrations(), max_size=3, unique_by=lambda one: one.app_id))
    ids = [*(one.app_id for one in apps), *draw(st.lists(GUIDS, max_size=2))]
    principals = [draw(service_principals(app_id, identifier)) for app_id in ids if draw(st.booleans())]
    # Only who is assigned to the tenant's own APIs is asked for.
    own = [
        one
        for one in principals
        if (one.app_id in ids[: len(apps)] or one.owner_tenant == identifier)
        and (one.app_roles or one.assignment_required)
    ]
    assignments = [
        AppRoleAssignment(
            id=draw(WORDS) + one.id[:8],
            principal_id=draw(GUIDS),
            principal_kind=draw(st.sampled_from(("User", "ServicePrincipal"))),
            principal_name=draw(TEXTS),
            resource_id=one.id,
            role_id=draw(GUIDS),
        )
        for one in own
    ]
    grants = draw(
        st.lists(
            st.builds(
                DelegatedGrant,
                id=WORDS,
                client_id=GUIDS,
                resource_id=GUIDS,
                consent_kind=st.sampled_from(("AllPrincipals", "Principal", "")),
                principal_id=st.just("") | GUIDS,
                scopes=several(WORDS),
            ),
            max_size=2,
            unique_by=lambda one: one.id,
        )
    )
    return EntraTenant(
        id=identifier,
        display_name=draw(TEXTS),
        kind=draw(st.sampled_from(("workforce", "b2c", "external id", ""))),
        domains=tuple(sorted(draw(st.sets(WORDS.map(str.lower), max_size=2)))),
        cloud="public",
        app_registrations=tuple(apps),
        service_principals=tuple(principals),
        app_role_assignments=tuple(assignments),
        delegated_grants=tuple(grants),
        whole=("app_registrations", "app_role_assignments", "delegated_grants", "domains", "service_principals"),
        origin=Origin(document=f"organization/{identifier}"),
    )
