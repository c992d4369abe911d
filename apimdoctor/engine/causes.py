"""The causes a rule may name: the vocabulary that findings and diagnoses share."""

CAUSES: frozenset[str] = frozenset(
    {
        "issuer-version-mismatch",
        "issuer-other",
        "audience-mismatch",
        "audience-unchecked",
        "header-overwritten-before-validation",
        "policy-order-other",
        "preflight-blocked",
        "missing-base",
        "missing-protection",
        "wrong-token-kind",
        "missing-scope-or-role",
        "app-only-token-without-roles",
        "claim-config-error",
        "openid-config-url-wrong",
        "signing-key-config",
        "tenant-mismatch",
        "multi-tenant-issuer",
        "b2c-specific",
        "easy-auth-mismatch",
        "header-or-scheme",
        "named-value",
        "expression-error",
        "token-expired-clock",
        "network-metadata-unreachable",
        "subscription-key",
        "app-hygiene",
        "platform-bug",
        "other",
    }
)
