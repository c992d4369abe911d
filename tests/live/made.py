"""Generated snapshots that a scan of Azure could have written: redacted, in order, with nothing unread."""

from hypothesis import strategies as st

from apimdoctor.snapshot import OpenIdMetadata, Origin, SiteAuth, Snapshot, store
from tests.live.made_apim import NAMES, services
from tests.live.made_entra import GUIDS, MAYBE, TEXTS, WORDS, several, tenants

COLLECTED = "2026-05-04T03:02:01Z"


@st.composite
def site_auths(draw: st.DrawFn, subscription: str, name: str) -> SiteAuth:
    identifier = f"/subscriptions/{subscription}/resourceGroups/rg-apps/providers/Microsoft.Web/sites/{name}"
    return SiteAuth(
        id=identifier,
        site=name,
        hosts=tuple(
            sorted(
                {
                    f"{name}.azurewebsites.net",
                    *(f"{word}.example" for word in draw(st.sets(NAMES, max_size=1)) if word[-1] != "-"),
                }
            )
        ),
        enabled=draw(MAYBE),
        require_authentication=draw(MAYBE),
        unauthenticated_action=draw(st.sampled_from(("", "Return401", "AllowAnonymous"))),
        excluded_paths=draw(several(TEXTS)),
        aad_enabled=draw(MAYBE),
        issuer=draw(TEXTS),
        client_id=draw(st.just("") | GUIDS),
        allowed_audiences=draw(several(TEXTS)),
        allowed_applications=draw(several(GUIDS)),
        allowed_identities=draw(several(GUIDS)),
        allowed_groups=draw(several(GUIDS)),
        claim_check_applications=draw(several(GUIDS)),
        claim_check_groups=draw(several(GUIDS)),
        config_file=draw(TEXTS),
        origin=Origin(document=f"{identifier}/config/authsettingsV2"),
    )


@st.composite
def documents(draw: st.DrawFn, tenant: str) -> OpenIdMetadata:
    host = draw(st.sampled_from(("login.microsoftonline.com", "larch.b2clogin.com", "larch.ciamlogin.com")))
    keys = sorted(draw(st.sets(st.tuples(WORDS, WORDS, st.just("AQAB")), max_size=2)))
    others = draw(st.sets(WORDS, max_size=1))
    return OpenIdMetadata(
        url=f"https://{host}/{tenant}/v2.0/.well-known/openid-configuration",
        issuer=draw(TEXTS),
        jwks_uri=f"https://{host}/{tenant}/discovery/v2.0/keys",
        key_ids=tuple(sorted({kid for kid, _, _ in keys} | others)),
        keys=tuple(keys),
    )


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    tenant = draw(GUIDS)
    further = draw(st.lists(GUIDS, max_size=1))
    subscriptions = draw(st.lists(GUIDS, min_size=1, max_size=2, unique=True))
    names = draw(st.lists(NAMES, min_size=len(subscriptions), max_size=3, unique=True))
    found = []
    for at, name in enumerate(names):
        subscription = subscriptions[at % len(subscriptions)]
        provider = f"/subscriptions/{subscription}/resourceGroups/rg-{name}/providers/Microsoft.ApiManagement/service"
        found.append(draw(services(f"{provider}/{name}", tenant)))
    sites = [draw(site_auths(subscriptions[0], f"func-{name}0")) for name in sorted(draw(st.sets(NAMES, max_size=2)))]
    return store.ordered(
        Snapshot(
            collected_at=COLLECTED,
            services=tuple(found),
            tenants=tuple(draw(tenants(one)) for one in (tenant, *further)),
            sites=tuple(sites),
            metadata=(draw(documents(tenant)),) if draw(st.booleans()) else (),
        )
    )
