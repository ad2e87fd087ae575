"""JSON Schema of Stripe's objects, read from the annotations of the installed stripe package.

Nothing of Stripe's is kept in this repository: the classes of the SDK are read as source each time.
What the SDK does not call Optional must be there; where it names the words of a vocabulary, only
those are right, and the few words that are ours (`OURS`).
"""

import ast
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import stripe
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

Schema = dict[str, Any]

# Vocabularies that we add words to: where, and which. None means any text.
OURS: Final[Mapping[str, frozenset[str] | None]] = {
    "event.type": None,
    "charge.payment_method_details.crypto.network": frozenset({"sandbox", "anvil"}),
    "charge.payment_method_details.crypto.token_currency": frozenset({"btc", "sbtc", "stx"}),
}
# Objects that Stripe does not have.
NATIVE: Final = frozenset(
    {"sandbox.transaction", "sandbox.tip", "sandbox.state", "unexpected_payment"}
)
DELETED: Final[Schema] = {
    "type": "object",
    "required": ["id", "object", "deleted"],
    "properties": {"id": {"type": "string"}, "deleted": {"const": True}},
}

_PACKAGE: Final = Path(stripe.__file__).parent
_KIND: Final = re.compile(r'OBJECT_NAME: ClassVar\[Literal\["([a-z0-9_.]+)"\]\]')
_PLAIN: Final[Mapping[str, Schema]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    "Decimal": {"type": "string"},  # a decimal_string on the wire
    "Any": {},
}


@dataclass(frozen=True)
class _Place:
    """A class of the SDK: its module, the classes around it from the outside in, and its source."""

    module: str
    around: Sequence[ast.ClassDef]

    @property
    def node(self) -> ast.ClassDef:
        return self.around[-1]

    @property
    def name(self) -> str:
        return f"{self.module}.{'.'.join(node.name for node in self.around)}"


def problems(value: Any) -> list[str]:  # noqa: ANN401 - any JSON
    """Say what is wrong with an object, a list of objects, or an event and the object in it."""
    kind = value.get("object")
    if kind == "list":
        return _list_problems(value) + [each for item in value["data"] for each in problems(item)]
    if kind not in NATIVE and kind not in _classes():
        return [f"Stripe has no {kind}"]
    found = [f"{kind} {error.json_path}: {error.message}" for error in _errors(value)]
    if kind == "event":
        found += problems(value["data"]["object"])
    return found


def objects() -> list[str]:
    """Return the kinds of objects that the SDK knows."""
    return sorted(_classes())


def schema_of(kind: str) -> Schema:
    """Return the schema of one kind of object, with everything it refers to."""
    return _WRITER.write(kind)


def _list_problems(value: Mapping[str, Any]) -> list[str]:
    right = set(value) == {"object", "url", "has_more", "data"}
    wrong = not right or not value["url"].startswith("/v1/")
    return [f"not a list: {sorted(value)} {value.get('url')}"] if wrong else []


def _errors(value: Mapping[str, Any]) -> Iterator[Any]:
    kind = value.get("object")
    if value.get("deleted") is True:
        yield from Draft202012Validator(DELETED).iter_errors(value)
    elif kind not in NATIVE:
        yield from _validator(str(kind)).iter_errors(value)


@functools.cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(kind))


@functools.cache
def _module(name: str) -> ast.Module:
    path = _PACKAGE.parent.joinpath(*name.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_text("utf-8"))


@functools.cache
def _classes() -> Mapping[str, str]:
    """Find the module of every class that names the kind of object it is."""
    found: dict[str, str] = {}
    for file in sorted(_PACKAGE.rglob("_*.py")):
        if "params" not in file.parts:
            module = ".".join(file.relative_to(_PACKAGE.parent).with_suffix("").parts)
            for kind in _KIND.findall(file.read_text("utf-8")):
                found.setdefault(kind, module)
    return found


def _place_of(kind: str) -> _Place:
    module = _classes()[kind]
    for node in _module(module).body:
        if isinstance(node, ast.ClassDef) and _object_name(node) == kind:
            return _Place(module, (node,))
    raise LookupError(kind)


def _object_name(node: ast.ClassDef) -> str:
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and ast.unparse(part.target) == "OBJECT_NAME":
            return str(ast.literal_eval(part.value)) if part.value else ""
    return ""


class _Writer:
    """Writes schemas: each class once, under `$defs`."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def write(self, kind: str) -> Schema:
        reference = self._reference(_place_of(kind), kind)
        return {**reference, "$defs": self.definitions}

    def _reference(self, place: _Place, path: str) -> Schema:
        if place.name not in self.definitions:
            self.definitions[place.name] = {}
            self.definitions[place.name] |= self._class(place, path)
        return {"$ref": f"#/$defs/{place.name}"}

    def _class(self, place: _Place, path: str) -> Schema:
        if kind := _object_name(place.node):
            path = kind
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for part in place.node.body:
            if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
                continue
            name, annotation = part.target.id, part.annotation
            if name.startswith("_") or name.isupper():
                continue
            properties[name] = self._type(annotation, place, f"{path}.{name}")
            if not ast.unparse(annotation).startswith("Optional["):
                required.append(name)
        return {"type": "object", "properties": properties, "required": required}

    def _type(self, node: ast.expr, place: _Place, path: str) -> Schema:
        if isinstance(node, ast.Constant):
            node = ast.parse(str(node.value), mode="eval").body
        if isinstance(node, ast.Subscript):
            return self._generic(ast.unparse(node.value), node.slice, place, path)
        name = ast.unparse(node)
        if name in _PLAIN:
            return dict(_PLAIN[name])
        found = _find(name.split("."), place)
        reference = self._reference(found, path)
        kind = _object_name(found.node)
        return {"anyOf": [reference, _deleted(kind)]} if kind else reference

    def _generic(self, name: str, of: ast.expr, place: _Place, path: str) -> Schema:
        def read(node: ast.expr) -> Schema:
            return self._type(node, place, path)

        if name == "Optional":
            return {"anyOf": [{"type": "null"}, read(of)]}
        if name == "ExpandableField":
            return {"anyOf": [{"type": "string"}, read(of)]}
        if name == "Literal":
            return {"enum": _words(of)}
        if name == "Union":
            return self._union(_parts(of), place, path)
        if name in {"List", "ListObject"}:
            items = {"type": "array", "items": read(of)}
            return items if name == "List" else _list_of(items)
        if name in {"Dict", "UntypedStripeObject"}:
            return {"type": "object", "additionalProperties": read(_parts(of)[-1])}
        raise NotImplementedError(f"{path} is a {name}")

    def _union(self, parts: Sequence[ast.expr], place: _Place, path: str) -> Schema:
        """Take the words of `Union[Literal[...], str]` seriously, and add our own."""
        texts = [ast.unparse(part) for part in parts]
        words = next((p for p in parts if ast.unparse(p).startswith("Literal[")), None)
        if words is None or "str" not in texts:
            return {"anyOf": [self._type(part, place, path) for part in parts]}
        more = OURS.get(path, frozenset())
        known = _words(words.slice) if isinstance(words, ast.Subscript) else []
        return {"type": "string"} if more is None else {"enum": [*known, *sorted(more)]}


# One for all kinds: most of them lead to each other.
_WRITER: Final = _Writer()


def _find(name: Sequence[str], place: _Place) -> _Place:
    """Find a class by the name used inside another: nested in it, around it, or imported."""
    for depth in range(len(place.around), 0, -1):
        for node in place.around[depth - 1].body:
            if isinstance(node, ast.ClassDef) and node.name == name[0]:
                return _inside(_Place(place.module, (*place.around[:depth], node)), name[1:])
    return _inside(_top(place.module, name[0]), name[1:])


@functools.cache
def _top(module: str, name: str) -> _Place:
    for node in _statements(_module(module)):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _Place(module, (node,))
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _top(node.module, alias.name)
    raise LookupError(f"{name} in {module}")


def _statements(module: ast.Module) -> Iterator[ast.stmt]:
    """Yield what a module says at its top, also only to type checkers."""
    for node in module.body:
        yield from node.body if isinstance(node, ast.If) else (node,)


def _inside(place: _Place, names: Sequence[str]) -> _Place:
    for name in names:
        node = next(n for n in place.node.body if isinstance(n, ast.ClassDef) and n.name == name)
        place = _Place(place.module, (*place.around, node))
    return place


def _parts(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def _words(node: ast.expr) -> list[Any]:
    return [ast.literal_eval(part) for part in _parts(node)]


def _deleted(kind: str) -> Schema:
    """What is left of an object that is gone, where another one names it."""
    named = {**DELETED["properties"], "object": {"const": kind}}
    return {**DELETED, "properties": named}


def _list_of(items: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["object", "url", "has_more", "data"],
        "properties": {"object": {"const": "list"}, "data": items, "has_more": {"type": "boolean"}},
    }
