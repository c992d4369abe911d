"""The only vocabulary that rules see: what was read, and what Entra ID and the gateway will do with it.

Four conventions carry the whole design:
* "" and () mean "not written". There is no null.
* ``Unknown`` stands where a hint allows it, in place of a field or of a list item. Rules never mention it: touching one
  makes the rule "not assessed", unless the rest of the condition decides alone (true || unknown is true, false && unknown
  is false). A list of strings has no unknown items: it is unknown as a whole, or it is a Values.
* A fact sits on the narrowest subject that determines it (an accepted issuer on the token check, the token it meets on
  the passage), so that a fault judged there is judged once, however many operations pass it.
* A word from a fixed list is hinted as ``Literal``: a rule that compares it with any other word is refused at load.
Lists of subjects only point downwards: a cycle through lists cannot be shown to CEL.
"""

from apimdoctor.facts.vocabulary.base import HostStands, Place, fact
from apimdoctor.facts.vocabulary.check import (
    Entry,
    EntryForm,
    FoundAs,
    KeySource,
    Metadata,
    MetadataForm,
    RequiredClaim,
    Restriction,
    TokenCheck,
    WrittenExpression,
)
from apimdoctor.facts.vocabulary.entra import (
    App,
    AppMatch,
    AskedApi,
    Certainty,
    Credential,
    FoundClient,
    Grant,
    IdentifierUri,
    PreauthorizedClient,
    RedirectUri,
    Role,
    Scope,
    ServicePrincipal,
    Tenant,
)
from apimdoctor.facts.vocabulary.gateway import (
    Api,
    Backend,
    ConsoleScope,
    ConsoleServer,
    NamedValue,
    Operation,
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
    PolicyScope,
    PolicySection,
    Reference,
    Section,
    Step,
    Waiver,
    WrittenText,
)
from apimdoctor.facts.vocabulary.way import (
    Arrival,
    Context,
    ControlName,
    Cors,
    DroppedSteps,
    Hop,
    Passage,
    Route,
    UncheckedPath,
    VariableRead,
)
from apimdoctor.facts.vocabulary.whole import Facts

__all__ = [
    "Api",
    "App",
    "AppMatch",
    "Arrival",
    "AskedApi",
    "Backend",
    "Certainty",
    "Condition",
    "ConsoleScope",
    "ConsoleServer",
    "Context",
    "ControlName",
    "Cors",
    "Credential",
    "DroppedSteps",
    "Entry",
    "EntryForm",
    "Facts",
    "FoundAs",
    "FoundClient",
    "Fragment",
    "Grant",
    "Hop",
    "HostStands",
    "IdentifierUri",
    "IdentityChange",
    "KeySource",
    "Metadata",
    "MetadataForm",
    "NamedValue",
    "Operation",
    "Passage",
    "Place",
    "PolicyDocument",
    "PolicyElement",
    "PolicyScope",
    "PolicySection",
    "PreauthorizedClient",
    "Product",
    "RedirectUri",
    "Reference",
    "RequiredClaim",
    "Restriction",
    "Role",
    "Route",
    "Scope",
    "Section",
    "Service",
    "ServicePrincipal",
    "SiteAuth",
    "Step",
    "Subscription",
    "Tenant",
    "TokenCheck",
    "UncheckedPath",
    "VariableRead",
    "Waiver",
    "WrittenExpression",
    "WrittenText",
    "fact",
]
