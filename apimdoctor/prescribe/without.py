"""The rules for which no change is prescribed, and why: what is missing is known to people, not to a configuration."""

from collections.abc import Mapping

_NEW = "it needs something that does not exist yet: "
_INTENT = "what is meant is not written anywhere: "
_OUTSIDE = "the change is made outside of the configuration: "

WITHOUT: Mapping[str, str] = {
    "audience-is-client-app": _NEW + "an app registration of the API's own, or a scope that clients then ask for",
    "b2c-metadata-host": _INTENT + "which user flow signs the callers in",
    "b2c-metadata-without-flow": _INTENT + "which user flow signs the callers in",
    "backend-over-http": _OUTSIDE + "the back end has to offer https first",
    "caller-token-to-other-audience": _INTENT + "whether the site or the gateway is to change whose token travels",
    "certificate-missing": _OUTSIDE + "the certificate has to be uploaded",
    "check-precedes-other-credential": _INTENT + "which products or APIs are called with tokens",
    "checks-exclude-each-other": _INTENT + "which of the two audiences is the right one",
    "checks-of-different-issuers": _INTENT + "which of the two issuers is the right one",
    "console-client-unknown": _NEW + "an app registration for the console",
    "console-endpoints-of-two-versions": _INTENT + "which version the console's client is registered for",
    "console-provider-of-other-tenant": _INTENT + "in which tenant the console's client is registered",
    "console-resource-parameter-on-v2": _INTENT + "which scope takes the place of the resource",
    "credential-expired": _OUTSIDE + "a new credential has to reach those who use it",
    "credential-expiring": _OUTSIDE + "a new credential has to reach those who use it",
    "easy-auth-any-tenant": _INTENT + "which tenants are to sign in",
    "easy-auth-in-file": _INTENT + "whether the file or the settings of the site are to count",
    "expression-cannot-compile": _INTENT + "what the expression was to say",
    "expression-fails-on-input": _INTENT + "what the policy is to do with input for which the expression fails",
    "expression-not-allowed-here": _INTENT + "which value the expression was to give",
    "groups-claim-fragile": _NEW + "an app role that is assigned to the groups",
    "identifier-uri-of-unverified-domain": _INTENT + "whether the domain is to be verified or the URI to go",
    "legacy-property-name": _OUTSIDE + "the property is written in a manifest that is no policy and no Graph object",
    "managed-identity-resource-unknown": _INTENT + "which back end the token is for",
    "mapped-claims-accepted-multi-tenant": _NEW
    + "a signing key of the app registration's own, in the place of the setting",
    "migration-breaks-claims": _INTENT + "which claim of both versions tells what this one told",
    "mutable-claim-decides": _NEW + "a role that is assigned to the users meant",
    "owner-missing": _INTENT + "who owns the app registration",
    "policy-in-wrong-scope": _INTENT + "for which APIs the element is meant in a broader scope",
    "policy-unreadable": "a text that cannot be read cannot be changed with care",
    "product-open": _INTENT + "whether a key or a token is to be asked for",
    "protected-resource-metadata-wrong": _INTENT + "which of the exposed scopes clients are to ask for",
    "redirect-uri-insecure": _INTENT + "under which address the client runs",
    "revision-unprotected": _INTENT + "whether the revision is to be taken offline",
    "role-not-assigned": _INTENT + "who is to hold the role",
    "scope-disabled": _INTENT + "whether the scope or its grants are to go",
    "secret-in-policy": _OUTSIDE + "the secret has been seen, and has to be exchanged before anything else",
    "service-principal-missing": _NEW + "the service principal, by consent or by creation in the tenant",
    "token-encryption-on-api": _OUTSIDE + "whoever encrypts tokens has to hand over the key, or stop",
    "token-in-diagnostics": _OUTSIDE + "settings of diagnostics are replaced whole, and were not read whole",
    "token-logged": _INTENT + "what the log is to say instead of the token",
    "token-over-http": _INTENT + "whether callers by http are to be refused or redirected",
    "token-sent-to-foreign-host": _INTENT + "with which credential the other host is to be called",
    "token-version-set-on-client-only": _INTENT
    + "whether the API's tokens were meant when the client's version was set",
}
"""By rule id. A rule that is not here has a change for its clear cases; unclear ones stay without."""
