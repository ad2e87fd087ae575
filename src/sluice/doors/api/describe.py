"""Routes + shapes -> the OpenAPI document."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from sluice.doors.api.route import Route


def describe(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of every route."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = route.path.replace(":str}", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
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
            "schemas": {"error": _ERROR, "object": _OBJECT, "list": _LIST},
            "responses": {
                "error": {
                    "description": "A refusal, in the one envelope every refusal has.",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/error"}}
                    },
                }
            },
        },
        "security": [{"key": []}],
    }


_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type", "code", "message", "request_id"],
            "properties": {
                name: {"type": "string"}
                for name in ("type", "code", "message", "param", "request_id", "doc_url")
            },
        }
    },
}
_OBJECT: dict[str, Any] = {
    "type": "object",
    "required": ["object"],
    "properties": {"object": {"type": "string"}},
}
_LIST: dict[str, Any] = {
    "type": "object",
    "required": ["object", "url", "has_more", "data"],
    "properties": {
        "object": {"const": "list"},
        "url": {"type": "string"},
        "has_more": {"type": "boolean"},
        "data": {"type": "array", "items": {"$ref": "#/components/schemas/object"}},
    },
}


def _operation(route: Route) -> dict[str, Any]:
    path = [part[1:-1].partition(":")[0] for part in route.path.split("/") if part.startswith("{")]
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "maxLength": 96},
        }
        for name in path
    ]
    schema = route.shape.describe("query" if route.method == "GET" else "form")
    kind = "list" if route.answers == "list" else "object"
    operation: dict[str, Any] = {
        "operationId": f"{route.shape.name}".replace(".", "_"),
        "summary": (route.verb.__doc__ or "").strip().partition("\n")[0],
        "description": f"Needs the permission `{route.permission}`. Answers a `{route.answers}`.",
        "responses": {
            "200": {
                "description": f"The {route.answers}.",
                "content": {
                    "application/json": {"schema": {"$ref": f"#/components/schemas/{kind}"}}
                },
            },
            "default": {"$ref": "#/components/responses/error"},
        },
    }
    if route.method == "POST":
        operation["requestBody"] = {
            "content": {
                "application/x-www-form-urlencoded": {"schema": schema},
                "application/json": {"schema": route.shape.describe("json")},
            }
        }
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "maxLength": 255},
            }
        )
    else:
        for name, part in schema.get("properties", {}).items():
            deep = {"style": "deepObject", "explode": True}
            parameters.append(
                {"name": name, "in": "query", "schema": part} | (deep if "anyOf" in part else {})
            )
    return operation | {"parameters": parameters}
