"""The API's JSON schemas, from npm's @stacks/stacks-blockchain-api-types, ready for jsonschema.

As they lie there they accept nothing: `allOf` joins parts that each forbid what the others add,
`nullable` is OpenAPI's, and some names are required that no property allows. Their makers flatten
them with a tool of their own; so does this.
"""

import functools
import json
from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from tests.stacks.chain import MODULES

HOME: Final = MODULES / "@stacks" / "stacks-blockchain-api-types"

# What the API and the node have answered since these schemas were written (the package is of 2024):
# by schema, the properties that have come or become wider.
SINCE: Final[Mapping[str, Mapping[str, Any]]] = {
    "entities/post-conditions/post-condition-mode": {"enum": ["allow", "deny", "originator"]},
    "entities/post-conditions/post-condition-non-fungible-condition-code": {
        "enum": ["sent", "not_sent", "maybe_sent"]
    },
    "entities/blocks/nakamoto-block": {"properties": {"tenure_height": {"type": "integer"}}},
    "entities/address/address-transaction": {
        "required": ["tx", "stx_sent", "stx_received", "events"]
    },
    "api/core-node/get-info": {"additionalProperties": True, "properties": {
        "exit_at_block_height": {"type": ["integer", "null"]}
    }},
    "api/core-node/get-pox": {"additionalProperties": True, "properties": {
        "rejection_fraction": {"type": ["integer", "null"]},
        "rejection_votes_left_required": {"type": ["integer", "null"]},
        "registration_window_length": {"type": "integer"},
    }, "required": ["contract_id", "first_burnchain_block_height", "min_amount_ustx",
                    "reward_cycle_id", "reward_cycle_length", "total_liquid_supply_ustx"]},
    "api/core-node/get-contract-interface": {"properties": {
        "epoch": {"type": "string"}, "clarity_version": {"type": "string"}
    }},
    # The documents say a string; the node has always answered a number.
    "api/core-node/get-fee-transfer": {"type": "integer"},
}  # fmt: skip


def errors(name: str, answer: object) -> list[str]:
    """Return what is wrong with an answer, by a schema's name such as `entities/blocks/block`."""
    found = Draft7Validator(ready(name)).iter_errors(answer)
    return [f"{one.json_path}: {one.message}" for one in found]


@functools.cache
def ready(name: str) -> dict[str, Any]:
    """Return a schema with everything it refers to, flattened."""
    path = (HOME / f"{name}.schema.json").resolve()
    flat = _flat(json.loads(path.read_text()), name)
    for key, value in SINCE.get(name, {}).items():
        flat[key] = {**flat.get("properties", {}), **value} if key == "properties" else value
    return flat


def _flat(schema: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - a part of a schema
    if "$ref" in schema:
        target = ((HOME / name).parent / schema["$ref"]).resolve().relative_to(HOME.resolve())
        return ready(str(target).removesuffix(".schema.json"))
    flat = {key: _flat_part(key, part, name) for key, part in schema.items()}
    if "allOf" in flat:
        flat = _joined(flat.pop("allOf"), flat)
    if flat.pop("nullable", False):
        flat["type"] = [flat["type"], "null"]
    if flat.get("additionalProperties") is False and "required" in flat:
        flat["required"] = [one for one in flat["required"] if one in flat.get("properties", {})]
    return flat


def _flat_part(key: str, part: Any, name: str) -> Any:  # noqa: ANN401 - a part of a schema
    if key == "properties":
        return {inner: _flat(one, name) for inner, one in part.items()}
    if key in {"items", "additionalProperties"} and isinstance(part, dict):
        return _flat(part, name)
    if key in {"anyOf", "oneOf", "allOf"}:
        return [_flat(one, name) for one in part]
    return part


def _joined(parts: list[dict[str, Any]], rest: dict[str, Any]) -> dict[str, Any]:
    joined = {**rest, "properties": {}, "required": [], "additionalProperties": False}
    for part in parts:
        joined["properties"] |= part.get("properties", {})
        joined["required"] += part.get("required", [])
    return joined
