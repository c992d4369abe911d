"""The whole of the facts: where every `each` of a rule starts."""

from __future__ import annotations

from msgspec import Struct

from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary.check import TokenCheck
from apimdoctor.facts.vocabulary.entra import App, Grant, ServicePrincipal, Tenant
from apimdoctor.facts.vocabulary.gateway import (
    Api,
    Backend,
    ConsoleServer,
    Diagnostic,
    NamedValue,
    Product,
    Service,
    SiteAuth,
    Subscription,
)
from apimdoctor.facts.vocabulary.policy import (
    Condition,
    Fragment,
    IdentityChange,
    PolicyDocument,
    PolicyElement,
    PolicyExpression,
    Reference,
    Step,
    Waiver,
    WrittenText,
)
from apimdoctor.facts.vocabulary.way import Route


class Facts(Struct, frozen=True, kw_only=True, eq=False):
    """Where every `each` starts. An Unknown among the items says what could not be read, and so may be missing."""

    collected_at: str = ""
    tenants: tuple[Tenant, ...] = ()
    apps: tuple[App | Unknown, ...] = ()
    service_principals: tuple[ServicePrincipal | Unknown, ...] = ()
    grants: tuple[Grant | Unknown, ...] = ()
    services: tuple[Service, ...] = ()
    apis: tuple[Api | Unknown, ...] = ()
    routes: tuple[Route | Unknown, ...] = ()
    token_checks: tuple[TokenCheck | Unknown, ...] = ()
    steps: tuple[Step | Unknown, ...] = ()
    conditions: tuple[Condition | Unknown, ...] = ()
    identity_changes: tuple[IdentityChange | Unknown, ...] = ()
    documents: tuple[PolicyDocument, ...] = ()
    elements: tuple[PolicyElement | Unknown, ...] = ()
    expressions: tuple[PolicyExpression | Unknown, ...] = ()
    references: tuple[Reference | Unknown, ...] = ()
    written_texts: tuple[WrittenText | Unknown, ...] = ()
    named_values: tuple[NamedValue | Unknown, ...] = ()
    fragments: tuple[Fragment | Unknown, ...] = ()
    backends: tuple[Backend | Unknown, ...] = ()
    sites: tuple[SiteAuth, ...] = ()
    products: tuple[Product | Unknown, ...] = ()
    subscriptions: tuple[Subscription | Unknown, ...] = ()
    console_servers: tuple[ConsoleServer | Unknown, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    waivers: tuple[Waiver, ...] = ()
