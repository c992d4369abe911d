"""The rows of the element table, as text: one element a row, its attributes on the indented lines below it.

Columns: name | sections that the documentation names | sections that the policy toolkit's types allow | scopes | gateways
| how often it may stand | source | roles. Sections: inbound, backend, outbound, on-error (e), resolver (r). Scopes: global,
workspace (W: sources disagree), product, api, operation, resolver. Gateways: classic, v2, consumption, self-hosted,
workspace; y, n, or ? for not stated. Source: D the page's usage block (learn.microsoft.com/azure/api-management/NAME-policy),
S the policy schema and knowledge base of microsoft/vscode-apimanagement and Azure/azure-api-management-policy-toolkit.
`!` marks a required attribute.
"""

ROWS = """\
authentication-basic | i | i | gpao | yyyy? | unstated | D | overwrites_authorization backend_identity
    id username! password!
authentication-certificate | i | i | gwpao | yyyy? | unstated | D | backend_identity
    id thumbprint certificate-id body password
authentication-managed-identity | i | io | gwpao | yyyy? | unstated | D | overwrites_authorization backend_identity acquires_token
    id resource client-id output-token-variable-name ignore-error
authentication-token | i | - | gwpao | ????? | unstated | S | overwrites_authorization backend_identity undocumented
    id token-type token-service-url resource-url ignore-error
authentication-token-store | i | - | gwpao | ????? | unstated | S | overwrites_authorization backend_identity undocumented
    id token-id client-id output-token-variable-name ignore-error
azure-openai-emit-token-metric | i | i | gwpao | yyyy? | any | S | logging llm
    id namespace name value-type ignore-prompt
azure-openai-semantic-cache-lookup | i | i | gwpao | yyyy? | section | D | cache_read may_terminate llm external_call
    score-threshold! embeddings-backend-id! embeddings-backend-auth ignore-system-messages cache-id
    max-message-count
azure-openai-semantic-cache-store | o | o | gwpao | yyyy? | section | S | cache_write llm
    duration!
azure-openai-token-limit | i | i | gwpao | yyny? | any | S | throttle keyed llm
    id tokens-per-minute token-quota token-quota-period counter-key! estimate-prompt-tokens! prompt-type
    retry-after-header-name retry-after-variable-name remaining-tokens-header-name remaining-tokens-variable-name
    remaining-quota-tokens-header-name remaining-quota-tokens-variable-name tokens-consumed-header-name
    tokens-consumed-variable-name ignore-prompt
base | iboe | iboe | wpao | yyyyy | any | D | inherit
block | iboe | - | gwpao | ????? | any | S | container undocumented
    id
cache-lookup | i | i | gwpao | yyyyy | section | D | cache_read may_terminate
    id vary-by-developer! vary-by-developer-groups! downstream-caching-type must-revalidate caching-type
    allow-private-response-caching
cache-lookup-value | iboe | iboe | gwpao | yyyy? | any | S | sets_variable cache_read
    id key! default-value variable-name! caching-type
cache-remove-value | iboe | iboe | gwpao | yyyy? | any | S | cache_write
    id key! caching-type
cache-store | o | o | gwpao | yyyyy | section | D | cache_write
    id duration! cache-response caching-mode
cache-store-value | iboe | iboe | gwpao | yyyy? | any | S | cache_write
    id duration! key! value! caching-type
cache-value | iboe | iboe | gwpao | ????? | any | S | container cache_read cache_write
    id key variable-name expires-after refresh-after default-value caching-type
check-header | i | i | gWpao | yyyy? | any | D | weak_check
    id name! failed-check-httpcode! failed-check-error-message ignore-case
choose | iboe | - | gwpao | yyyy? | any | S | container conditional
    id
cors | i | i | gwpao | yyyyy | section | D | cors may_terminate
    id allow-credentials terminate-unmatched-request
cosmosdb-data-source | r | - | r | yynn? | unstated | S | graphql_resolver
    id
cross-domain | i | i | g | yyyy? | any | D | cors
    id
emit-metric | iboe | ioe | gwpao | yyyy? | any | D | logging
    id default-dimensions name! namespace value
find-and-replace | iboe | iboe | gwpao | yyyy? | any | S | transforms_body
    id from! to!
forward-request | b | b | gWpao | yyyy? | definition | D | forwards
    id timeout timeout-ms continue-timeout follow-redirects buffer-request-body buffer-response
    fail-on-error-status-code http-version
get-authorization-context | i | ibo | gpao | yyyn? | any | D | acquires_token sets_variable
    id provider-id! authorization-id! identity-type identity context-variable-name! ignore-error
graphql-data-source | r | - | r | ????? | unstated | S | graphql_resolver
http-data-source | r | - | r | yyyn? | unstated | S | graphql_resolver
    id
include-fragment | iboe | iboe | gwpao | yyyyy | any | D | include
    id fragment-id!
invoke-dapr-binding | ioe | ioe | gwpao | nnnyn | any | S | external_call
    id name! template response-variable-name operation timeout ignore-error
invoke-request | iboe | iboe | gwpao | ????? | unstated | S | routes restarts_pipeline undocumented
    id url!
ip-filter | i | i | gwpao | yyyy? | any | D | network_check
    id action
json-to-xml | iboe | iboe | gwpao | yyyy? | any | S | transforms_body
    id apply! consider-accept-header parse-date attribute-block-name attribute-prefix namespace-block-name
    namespace-separator namespace-prefix invalid-character-replacement null-values trim-values empty-values
jsonp | o | o | gwpao | yyyy? | section | S | cors
    id callback-parameter-name!
limit-concurrency | iboe | iboe | gwpao | yyyy? | any | S | container throttle
    id key! max-count!
llm-content-safety | i | i | gwpao | yyyyy | any | D | content_check llm external_call
    backend-id! shield-prompt
llm-emit-token-metric | i | i | gwpao | yyyyy | any | D | logging llm
    id namespace name value-type ignore-prompt
llm-semantic-cache-lookup | i | i | gwpao | yyyy? | section | S | cache_read may_terminate llm external_call
    score-threshold! embeddings-backend-id! embeddings-backend-auth ignore-system-messages cache-id
    max-message-count
llm-semantic-cache-store | o | o | gwpao | yyyy? | section | S | cache_write llm
    duration!
llm-token-limit | i | i | gwpao | yynyy | any | D | throttle keyed llm
    id tokens-per-minute token-quota token-quota-period counter-key! estimate-prompt-tokens! prompt-type
    retry-after-header-name retry-after-variable-name remaining-tokens-header-name remaining-tokens-variable-name
    remaining-quota-tokens-header-name remaining-quota-tokens-variable-name tokens-consumed-header-name
    tokens-consumed-variable-name ignore-prompt
log-to-eventhub | iboe | iboe | gpao | yyyy? | any | D | logging
    id logger-id! partition-key partition-id
mock-response | ioe | ioe | gWpao | yyyy? | any | D | terminates
    id enabled status-code content-type index
proxy | i | i | gwpao | yyyy? | section | S | routes
    url! username password id
publish-event | r | - | r | yyyn? | unstated | S | graphql_resolver
    id
publish-to-dapr | ioe | ioe | gwpao | nnnyn | any | S | external_call
    id pubsub-name topic! template response-variable-name timeout ignore-error content-type
quota | i | i | p | yyyyy | definition | D | throttle needs_subscription_key
    id renewal-period calls bandwidth
quota-by-key | i | i | gwpao | ynny? | any | D | throttle keyed
    id renewal-period first-period-start counter-key! increment-condition increment-count calls bandwidth
rate-limit | i | i | wpao | yyyyy | definition | D | throttle needs_subscription_key
    id calls renewal-period retry-after-header-name retry-after-variable-name remaining-calls-header-name
    remaining-calls-variable-name total-calls-header-name
rate-limit-by-key | i | i | gwpao | yyny? | any | D | throttle keyed
    id calls! renewal-period! counter-key! increment-condition increment-count increment-after-response
    flexible-retry-window retry-after-header-name retry-after-variable-name remaining-calls-header-name
    remaining-calls-variable-name total-calls-header-name
redirect-content-urls | io | io | gwpao | yyyyy | section | D | transforms_body
    id
retry | iboe | iboe | gwpao | yyyy? | any | S | container conditional
    id condition! count! interval! delta max-interval first-fast-retry
return-response | iboe | iboe | gWpao | yyyy? | any | D | terminates
    id response-variable-name
rewrite-uri | i | i | gWpao | yyyy? | any | D | transforms_request
    id template! copy-unmatched-params
send-one-way-request | iboe | iboe | gwpao | yyyy? | any | S | external_call
    id mode timeout
send-request | iboe | iboe | gWpao | yyyy? | any | D | external_call sets_variable
    id mode response-variable-name timeout timeout-ms ignore-error buffer-response fail-on-error-status-code
send-service-bus-message | ioe | ioe | gpao | yyyyn | any | D | external_call
    id queue-name topic-name namespace client-id
set-backend-service | ib | iboe | gwpao | yyyy? | any | D | routes
    backend-id base-url id sf-partition-key dapr-app-id dapr-method dapr-namespace sf-replica-type
    sf-resolve-condition sf-service-instance-name sf-listener-name
set-body | iboe | iboe | gwpao | yyyy? | any | S | transforms_body
    id template xsi-nil parse-date html-decode-expression
set-header | iboe | iboe | gwpao | yyyyy | any | D | transforms_request may_overwrite_authorization
    id name! exists-action
set-method | ie | iboe | gwpao | yyyy? | any | S | transforms_request
    id
set-query-parameter | ib | iboe | gwpao | yyyyy | any | D | transforms_request
    id name! exists-action
set-request-metric-dimension-value | iboe | - | gwpao | ????? | unstated | S | logging undocumented
    id name! value!
set-status | iboe | iboe | gWpao | yyyy? | any | D | transforms_response
    id code reason
set-variable | iboe | iboe | gwpao | yyyy? | any | S | sets_variable
    id name! value!
sql-data-source | r | - | r | yynn? | unstated | S | graphql_resolver
    id
trace | iboe | iboe | gWpao | yyyy? | any | D | logging
    id source! severity
validate-azure-ad-token | i | i | gwpao | yyyy? | any | D | validates_caller reads_token
    id failed-validation-httpcode failed-validation-error-message tenant-id! header-name authentication-endpoint
    require-scheme query-parameter-name token-value allow-protected-forwarded-tokens
    allow-proof-of-possession-tokens output-token-variable-name
validate-client-certificate | i | i | gwpao | yyyyy | unstated | D | validates_caller
    id validate-revocation validate-trust validate-not-before validate-not-after ignore-error
validate-content | ioe | ioe | gwpao | yyyy? | section | S | content_check
    id unspecified-content-type-action! max-size! size-exceeded-action! errors-variable-name
validate-graphql-request | i | - | gpao | yyyy? | any | D | content_check field_authorization
    id error-variable-name max-depth max-size max-total-depth max-complexity
validate-headers | oe | oe | gwpao | yyyy? | section | S | content_check
    id specified-header-action! unspecified-header-action! errors-variable-name
validate-jwt | i | i | gwpao | yyyy? | any | D | validates_caller reads_token
    id failed-validation-httpcode failed-validation-error-message header-name require-scheme query-parameter-name
    token-value clock-skew require-expiration-time require-signed-tokens output-token-variable-name
validate-odata-request | i | i | gwpao | yyyy? | unstated | S | content_check
    id error-variable-name default-odata-version min-odata-version max-odata-version max-size
validate-parameters | i | i | gwpao | yyyy? | section | D | content_check
    id specified-parameter-action! unspecified-parameter-action! errors-variable-name
validate-status-code | oe | oe | gwpao | yyyy? | section | S | content_check
    id unspecified-status-code-action! errors-variable-name
wait | ibo | iboe | gwpao | yyyyy | any | D | container parallel
    for! id
xml-to-json | iboe | iboe | gwpao | yyyy? | any | S | transforms_body
    id kind! apply! consider-accept-header preserve-whitespace-nodes empty-values trim-values
    always-array-child-elements
xsl-transform | ioe | ioe | gwpao | yyyy? | any | S | transforms_body
"""
