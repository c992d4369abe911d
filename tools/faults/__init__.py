"""Faults to plant into a healthy generated tenant: one planter for each rule that configuration can break."""

from tools.faults import (
    audiences,
    calls_out,
    claims,
    consoles,
    coverage,
    easy_auth,
    expressions,
    identities,
    issuers,
    metadata,
    order,
    references,
    registrations,
    settings,
)
from tools.faults.planting import FAULTS, Planted, plant

__all__ = [
    "FAULTS",
    "Planted",
    "audiences",
    "calls_out",
    "claims",
    "consoles",
    "coverage",
    "easy_auth",
    "expressions",
    "identities",
    "issuers",
    "metadata",
    "order",
    "plant",
    "references",
    "registrations",
    "settings",
]
