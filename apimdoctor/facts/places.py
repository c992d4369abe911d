"""Where each subject stands, in the terms of a report: the resource, and the line its author edits."""

from msgspec.structs import replace

from apimdoctor.facts.vocabulary import Place
from apimdoctor.policy.tree import Document, Element
from apimdoctor.snapshot import Api, Operation, Origin, Product, Service, Workspace


def of_service(service: Service) -> Place:
    """The service itself."""
    return of_text(Place(resource=service.id, service=service.name), service.origin)


def of_workspace(within: Place, workspace: Workspace) -> Place:
    """A workspace of the service at `within`."""
    return replace(of_part(within, "workspaces", workspace.name, workspace.origin), workspace=workspace.name)


def of_api(within: Place, api: Api) -> Place:
    """One revision of an API. The current revision has the API's own resource id (docs: api-management-revisions)."""
    revision = "" if api.is_current else f";rev={api.revision}"
    return of_part(within, "apis", f"{api.name}{revision}", api.origin, api=api.name, revision=api.revision)


def of_operation(api: Place, operation: Operation) -> Place:
    """An operation of the API at `api`."""
    return of_part(api, "operations", operation.name, operation.origin, operation=operation.name)


def of_product(within: Place, product: Product) -> Place:
    """A product of the service or workspace at `within`."""
    return of_part(within, "products", product.name, product.origin, product=product.name)


def of_part(
    within: Place,
    kind: str,
    name: str,
    origin: Origin,
    *,
    product: str = "",
    api: str = "",
    revision: str = "",
    operation: str = "",
) -> Place:
    """Any other resource of the service, workspace or API at `within`, `kind` as in resource ids."""
    written = bool(origin.document)
    return Place(
        resource=f"{within.resource}/{kind}/{name}",
        document=origin.document,
        line=origin.line if written else 0,
        column=origin.column if written else 0,
        service=within.service,
        workspace=within.workspace,
        product=product or within.product,
        api=api or within.api,
        revision=revision or within.revision,
        operation=operation,
        file=written and origin.file,
    )


def of_text(owner: Place, origin: Origin) -> Place:
    """The policy text of the resource at `owner`."""
    written = bool(origin.document)
    return replace(
        owner,
        document=origin.document,
        file=written and origin.file,
        line=origin.line if written else 0,
        column=origin.column if written else 0,
    )


def of_element(text: Place, element: Element, section: str = "") -> Place:
    """An element of the policy text at `text`. Written out in full: there is one for every element."""
    position = element.position
    return Place(
        resource=text.resource,
        document=text.document,
        line=position.line,
        column=position.column,
        service=text.service,
        workspace=text.workspace,
        product=text.product,
        api=text.api,
        revision=text.revision,
        operation=text.operation,
        section=section,
        app=text.app,
        path=element.path,
        file=text.file,
        start=element.start,
        end=element.end,
    )


def of_span(text: Place, document: Document, start: int, end: int) -> Place:
    """A stretch of the policy text at `text`."""
    position = document.position(start)
    return replace(text, line=position.line, column=position.column, start=start, end=end)
