"""Where a step runs: the policy whose order decides, and the statement in it that stands for the step."""

from apimdoctor.facts.vocabulary import Place
from apimdoctor.policy.tree import Element
from apimdoctor.policy.value import Literal
from apimdoctor.prescribe.case import Case
from apimdoctor.prescribe.text import CannotEditError, Script

BREADTH = ("global", "workspace", "product", "api", "operation")
_FRAGMENTS = "/policyFragments/"


def in_fragment(place: Place) -> bool:
    """Whether a place stands in a policy fragment."""
    return _FRAGMENTS in place.resource


def home(case: Case, place: Place, scope: str) -> Script:
    """The policy document that runs what stands at a place: of a fragment, the policy of the scope that includes it."""
    if not in_fragment(place):
        return case.script(place)
    for operation in case.finding.affects:
        found = case.scripts.at_scope(operation, scope)
        if found is not None:
            return found
    raise CannotEditError(f"what includes {place.resource} is not known")


def statement(script: Script, place: Place, section: str = "inbound") -> Element:
    """The statement of a document's section that runs what stands at a place.

    It is the step itself or the container around it, the `include-fragment` of its fragment, or `<base/>` for a step of
    a broader scope.
    """
    if place.resource == script.place.resource:
        return script.step_of(script.at(place))
    steps = list(script.section(section).elements)
    if in_fragment(place):
        name = place.resource.partition(_FRAGMENTS)[2]
        found = next((step for step in steps if _includes(step, name)), None)
    else:
        found = next((step for step in steps if step.name == "base"), None)
    if found is None:
        raise CannotEditError(f"nothing in {script.place.resource} runs {place.path}")
    return found


def _includes(element: Element, name: str) -> bool:
    if element.name == "include-fragment":
        value = element.get("fragment-id")
        return isinstance(value, Literal) and value.text == name
    return not element.opaque and any(_includes(child, name) for child in element.elements)
