"""What outsiders may rely on is what the code says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sluice.doors.api.table import ROUTES
from tests.house import House
from tests.integration.api.raw import ask, send
from tools.spec import OPENAPI, REFERENCE, openapi, reference


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return the description as it is kept."""
    kept: dict[str, Any] = json.loads(OPENAPI.read_text("utf-8"))
    return kept


def test_the_kept_description_is_the_codes() -> None:
    assert OPENAPI.read_text("utf-8") == openapi(), "run `make spec` and commit what it wrote"


def test_the_tables_of_the_reference_are_the_codes() -> None:
    page = REFERENCE.read_text("utf-8")

    assert page == reference(page), "run `make spec` and commit what it wrote"


def test_the_served_description_is_the_kept_one(house: House, document: dict[str, Any]) -> None:
    answer = send(house.settings.port, ask("GET", "/openapi.json"))

    assert json.loads(answer.body) == document


def test_every_route_is_described_once(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    names = [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]

    assert described == {(r.method, r.path.replace(":str}", "}")) for r in ROUTES}
    assert len(set(names)) == len(names) == len(ROUTES)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference_to in references(document):
        node = document
        for part in reference_to.removeprefix("#/").split("/"):
            node = node[part]


def test_every_place_in_a_path_is_a_parameter(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        places = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for operation in methods.values():
            named = {p["name"] for p in operation["parameters"] if p.get("in") == "path"}
            assert named == places, path


def test_every_route_says_what_it_is_for(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"].endswith("."), operation["operationId"]


def references(node: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from references(part)
