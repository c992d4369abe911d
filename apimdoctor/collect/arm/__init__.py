"""Azure Resource Manager bodies as snapshot objects: one function per kind of resource, shared by files and live reads.

Every function takes the JSON of one resource, already passed through `Redactor.json`, and raises MalformedError when the
JSON has not the documented shape. Only texts with rules of their own (policies, named values) take the redactor itself.
"""

from apimdoctor.collect.arm.api import api, operation, policy_text, resolver
from apimdoctor.collect.arm.ids import Address, address_of, last_name, properties
from apimdoctor.collect.arm.service import (
    backend,
    certificate,
    console_server,
    diagnostic,
    fragment,
    gateway,
    named_value,
    product,
    service,
    subscription,
    workspace,
)
from apimdoctor.collect.arm.site import site_auth

__all__ = [
    "Address",
    "address_of",
    "api",
    "backend",
    "certificate",
    "console_server",
    "diagnostic",
    "fragment",
    "gateway",
    "last_name",
    "named_value",
    "operation",
    "policy_text",
    "product",
    "properties",
    "resolver",
    "service",
    "site_auth",
    "subscription",
    "workspace",
]
