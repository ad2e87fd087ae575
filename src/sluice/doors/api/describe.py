"""Routes + shapes -> the OpenAPI document."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

from sluice.business.webhooks.events.model import TYPES
from sluice.doors.api.route import Route

Part = dict[str, Any]

_TEXT: Final[Part] = {"type": "string"}
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"


def describe(routes: Sequence[Route]) -> Part:
    """Return the OpenAPI 3.1 description of every route."""
    paths: dict[str, Part] = {}
    for route in routes:
        path = paths.setdefault(route.path.replace(":str}", "}"), {})
        path[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sluice",
            "version": version("sluice"),
            "description": "A payment gateway for programmable money, with Stripe's API.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "parameters": _PARAMETERS,
            "responses": {"error": _response("A refusal, in its one envelope.", "error")},
            "schemas": {"error": _ERROR} | {kind: _object(kind) for kind in _kinds(routes)},
        },
        "security": [{"key": []}],
    }


_PARAMETERS: Final[dict[str, Part]] = {
    "idempotency_key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key and request again get the same answer, for 30 days.",
        "schema": {**_TEXT, "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    },
    "version": {
        "name": "Stripe-Version",
        "in": "header",
        "description": "The dated version the caller was written for.",
        "schema": {**_TEXT, "examples": ["2026-10-28.endive"]},
    },
}
_ERROR: Final[Part] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type", "code", "message", "request_id"],
            "properties": dict.fromkeys(("type", "code", "message", "param", "request_id"), _TEXT),
        }
    },
}
_EXTRA: Final[dict[str, Part]] = {
    "event": {"type": {**_TEXT, "enum": list(TYPES)}, "sequence": {"type": "integer"}}
}


def _object(kind: str) -> Part:
    properties: Part = {"object": {"const": kind}, **_EXTRA.get(kind, {})}
    return {"type": "object", "required": ["object"], "properties": properties}


def _list_of(kind: str) -> Part:
    return {
        "type": "object",
        "required": ["object", "url", "has_more", "data"],
        "properties": {
            "object": {"const": "list"},
            "url": _TEXT,
            "has_more": {"type": "boolean"},
            "data": {"type": "array", "items": _ref(kind)},
        },
    }


def _kinds(routes: Sequence[Route]) -> list[str]:
    return sorted({_kind(route) for route in routes})


def _kind(route: Route) -> str:
    """Return the kind of object a route answers, or lists."""
    if route.answers != "list":
        return route.answers
    noun, _, verb = route.shape.name.rpartition(".")
    return noun if verb == "list" else "item"


def _operation(route: Route) -> Part:
    lists = route.answers == "list"
    answer = _list_of(_kind(route)) if lists else _ref(_kind(route))
    operation: Part = {
        "operationId": route.shape.name.replace(".", "_"),
        "summary": (route.verb.__doc__ or "").strip().partition("\n")[0],
        "description": f"Needs the permission `{route.permission}`."
        + (" Open to publishable keys with the client secret." if route.client else ""),
        "parameters": _parameters(route),
        "responses": {
            "200": {
                "description": f"A page of `{_kind(route)}`."
                if lists
                else f"The `{_kind(route)}`.",
                "content": {_JSON: {"schema": answer}},
            },
            "default": {"$ref": "#/components/responses/error"},
        },
    }
    if route.method == "POST":
        content = {_FORM: {"schema": route.shape.describe("form")}}
        content[_JSON] = {"schema": route.shape.describe("json")}
        operation["requestBody"] = {"content": content}
    return operation


def _parameters(route: Route) -> list[Part]:
    names = [part[1:-1].partition(":")[0] for part in route.path.split("/") if part[:1] == "{"]
    identifier = {**_TEXT, "pattern": "^[0-9A-Za-z_]{1,96}$"}
    found: list[Part] = [
        {"name": name, "in": "path", "required": True, "schema": identifier} for name in names
    ]
    if route.method != "POST":
        properties = route.shape.describe("query").get("properties", {})
        found += [_query(name, schema) for name, schema in properties.items()]
    used = ["version", *(["idempotency_key"] if route.method == "POST" else [])]
    return found + [{"$ref": f"#/components/parameters/{name}"} for name in used]


def _query(name: str, schema: Part) -> Part:
    nested = {"style": "deepObject", "explode": True} if "anyOf" in schema else {}
    return {"name": name, "in": "query", "schema": schema, **nested}


def _response(description: str, kind: str) -> Part:
    return {"description": description, "content": {_JSON: {"schema": _ref(kind)}}}


def _ref(kind: str) -> Part:
    return {"$ref": f"#/components/schemas/{kind}"}
