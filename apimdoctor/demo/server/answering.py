"""What the embedded Azure answers: a request in, status, headers and body out, without a socket."""

import json
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from apimdoctor.demo.server import activity_log, serve_arm, serve_graph
from apimdoctor.demo.server.activity_log import ActivityLog
from apimdoctor.demo.server.directory import Directory
from apimdoctor.demo.server.limit import Limit
from apimdoctor.demo.server.login import Login
from apimdoctor.demo.server.resources import Resources
from apimdoctor.demo.server.serve_arm import Json

ARM, GRAPH, LOGIN = "arm", "graph", "login"

_USUAL_TYPES = frozenset({"http", "soap", "websocket", "graphql", "odata", "grpc"})
_TYPES_KNOWN_SINCE = "2025"
"""The first year of api-versions that tell MCP servers (learn.microsoft.com/azure/api-management/manage-mcp-servers-rest-api)."""
_BATCH = 20


class Asked(Struct, frozen=True, kw_only=True):
    """A request. `face` is the service it came to: ARM, Graph or the login."""

    face: str
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    token: str = ""
    """What stood behind `Bearer`."""
    body: bytes = b""
    base: str = ""
    """The address of the face, for links."""


class Answer(Struct, frozen=True, kw_only=True):
    """An answer, and how it goes over the wire: after `delay` seconds, and cut off in the middle when `cut`."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json; charset=utf-8"
    delay: float = 0.0
    cut: bool = False

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def told(self, body: Any) -> "Answer":
        """The same with another body."""
        return replace(self, body=json.dumps(body, ensure_ascii=False).encode())


class Azure(Struct, kw_only=True):
    """The services of one Azure: what they know, and how they page."""

    resources: Resources
    directories: dict[str, Directory]
    """By tenant id."""
    login: Login
    page_size: int = 100
    remaining: int = 11999
    limit: Limit | None = None
    """None: there is no limit, and `remaining` is what is told of it."""
    log: ActivityLog = field(default_factory=ActivityLog)

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request."""
        match asked.face:
            case "login":
                status, body = self.login.answer(asked.method, asked.path, asked.query, asked.body, asked.base)
                return Answer(status=status).told(body)
            case "graph":
                return self._graph(asked)
            case _:
                left, wait = self.limit.read() if self.limit else (self.remaining, 0)
                answer = _refused(429, "SubscriptionRequestsThrottled", "Too many.") if wait else self._arm(asked)
                headers = [("x-ms-ratelimit-remaining-subscription-reads", str(left))]
                headers += [("Retry-After", str(wait))] if wait else []
                return replace(answer, headers=(*answer.headers, *headers))

    def _arm(self, asked: Asked) -> Answer:
        tenant = self.login.tenant_of(asked.token, ARM)
        if tenant is None:
            return _refused(401, "InvalidAuthenticationToken", "The access token is invalid.")
        path = asked.path.rstrip("/").lower()
        if path == "/providers/microsoft.resourcegraph/resources" and asked.method == "POST":
            return self._sites(asked)
        if asked.method != "GET":
            return _refused(403, "AuthorizationFailed", "The client does not have authorization to perform action.")
        if "api-version" not in asked.query:
            return _refused(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        if path == "/subscriptions":
            return self._page([self._subscription(one) for one in self.resources.subscriptions], asked)
        subscription = path.split("/")[2] if path.startswith("/subscriptions/") else ""
        owner = self.resources.subscriptions.get(subscription)
        if owner is None:
            return _refused(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
        if owner.lower() != tenant.lower():
            told = f"The access token is from the wrong issuer. It must match the tenant '{owner}'."
            return _refused(401, "InvalidAuthenticationTokenTenant", told)
        if path == f"/subscriptions/{subscription}":
            return Answer().told(self._subscription(subscription))
        if path == f"/subscriptions/{subscription}{activity_log.PATH}":
            events = self.log.told(subscription, asked.query.get("$filter", ""))
            return (
                _refused(400, "BadRequest", "The filter is invalid.") if events is None else self._page(events, asked)
            )
        return self._resource(path, asked)

    def _resource(self, path: str, asked: Asked) -> Answer:
        found = self.resources
        if path in found.refused:
            return _refused(403, "AuthorizationFailed", "The snapshot that is served could not read this.")
        if path in found.collections:
            items = found.collections[path]
            if path.endswith("/apis") and asked.query["api-version"] < _TYPES_KNOWN_SINCE:
                items = [one for one in items if one["properties"].get("type", "http") in _USUAL_TYPES]
            return self._page(items, asked)
        if path in found.singles:
            return Answer().told(found.singles[path])
        if path.endswith("/providers/microsoft.apimanagement/service"):
            return self._page([], asked)
        return _refused(404, "ResourceNotFound", f"{path.rpartition('/')[2].capitalize()} not found.")

    def _subscription(self, identifier: str) -> Json:
        return {
            "id": f"/subscriptions/{identifier}",
            "subscriptionId": identifier,
            "displayName": f"Subscription {identifier[:8]}",
            "tenantId": self.resources.subscriptions[identifier],
            "state": "Enabled",
        }

    def _sites(self, asked: Asked) -> Answer:
        """Resource Graph: the sites of the subscriptions asked for; what the query says is not looked at."""
        told = json.loads(asked.body)
        wanted = {str(one).lower() for one in told.get("subscriptions", ())}
        rows = [row for row in self.resources.sites if row["id"].split("/")[2].lower() in wanted]
        options = told.get("options", {})
        size, at = min(self.page_size, int(options.get("$top", 1000))), int(options.get("$skipToken", "0"))
        body: Json = {"totalRecords": len(rows), "data": rows[at : at + size], "resultTruncated": "false"}
        return Answer().told(body | ({"$skipToken": str(at + size)} if at + size < len(rows) else {}))

    def _page(self, items: list[Json], asked: Asked) -> Answer:
        size, at = min(self.page_size, int(asked.query.get("$top", "1000"))), int(asked.query.get("$skip", "0"))
        body: Json = {"value": items[at : at + size], "count": len(items)}
        if at + size < len(items):
            body["nextLink"] = _link(asked, {**asked.query, "$skip": str(at + size)})
        return Answer().told(body)

    def _graph(self, asked: Asked) -> Answer:
        tenant = self.login.tenant_of(asked.token, GRAPH)
        directory = self.directories.get(tenant or "")
        if directory is None:
            return Answer(status=401).told(serve_graph.error("InvalidAuthenticationToken", "Access token is invalid."))
        version, _, path = asked.path.strip("/").partition("/")
        if version != "v1.0":
            return Answer(status=400).told(serve_graph.error("BadRequest", "Invalid version."))
        if path == "$batch" and asked.method == "POST":
            return self._batch(asked, directory)
        if asked.method != "GET":
            return Answer(status=403).told(serve_graph.error("Authorization_RequestDenied", "Insufficient privileges."))
        return self._directory(path, asked, directory)

    def _directory(self, path: str, asked: Asked, directory: Directory) -> Answer:
        items = directory.items(path)
        if items is None:
            return Answer(status=404).told(serve_graph.error("Request_ResourceNotFound", "It does not exist."))
        # The default page is 100, the largest 999 (learn.microsoft.com/graph/paging).
        size = min(999, int(asked.query.get("$top", "100")), max(self.page_size, 1) if self.page_size < 100 else 999)
        at = int(asked.query.get("$skiptoken", "0"))
        select = {name.strip() for name in asked.query.get("$select", "").split(",")} - {""}
        page = [{n: v for n, v in one.items() if not select or n in select} for one in items[at : at + size]]
        body: Json = {"@odata.context": f"{asked.base}/v1.0/$metadata#{path}", "value": page}
        if at + size < len(items):
            body["@odata.nextLink"] = _link(asked, {**asked.query, "$skiptoken": str(at + size)})
        return Answer().told(body)

    def _batch(self, asked: Asked, directory: Directory) -> Answer:
        """At most 20 requests, each answered on its own (learn.microsoft.com/graph/json-batching)."""
        parts = json.loads(asked.body)["requests"]
        if len(parts) > _BATCH:
            return Answer(status=400).told(serve_graph.error("BadRequest", "Too many requests in the batch."))
        told = []
        for part in parts:
            url = urlsplit(part["url"])
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            below = replace(asked, method="GET", path="/v1.0" + unquote(url.path), query=query)
            one = (
                self._directory(unquote(url.path).strip("/"), below, directory)
                if part["method"] == "GET"
                else Answer(status=403).told(serve_graph.error("Authorization_RequestDenied", "No."))
            )
            told.append({"id": part["id"], "status": one.status, "headers": {}, "body": one.json})
        # Answers come in any order.
        return Answer().told({"responses": told[::-1]})


def _link(asked: Asked, query: dict[str, str]) -> str:
    pairs = "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in query.items())
    return f"{asked.base}{quote(asked.path)}?{pairs}"


def _refused(status: int, code: str, message: str) -> Answer:
    return Answer(status=status).told(serve_arm.error(code, message))
