"""Forms: a[b][0]=c -> nested values, and back."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote_plus, unquote_to_bytes

from sluice.base.errors import Invalid
from sluice.wire.characters import echo
from sluice.wire.errors import uri_too_long

PAIRS_MAX: Final = 1_000
DEPTH_MAX: Final = 16
NAME_LENGTH_MAX: Final = 512
QUERY_BYTES_MAX: Final = 4_096

_ESCAPED_LENGTH_MAX: Final = 3 * NAME_LENGTH_MAX
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NESTED: Final = re.compile(r"([^\[\]]++)((?:\[[^\[\]]*+\])++)")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")


class Indexed(list[Any]):
    """The values of a[3]=x&a[7]=y in the order of their indexes, which are kept beside them."""

    __slots__ = ("indexes",)

    def __init__(self, by_index: Mapping[int, Any]) -> None:
        self.indexes = sorted(by_index)
        super().__init__(map(by_index.__getitem__, self.indexes))


def read_form(body: bytes) -> dict[str, Any]:
    """Read an application/x-www-form-urlencoded body; leaves are text, and "" means unset."""
    return _read(body, "Body")


def read_query(query: bytes) -> dict[str, Any]:
    """Read a query string by the rules of a form, with brackets raw or escaped."""
    if len(query) > QUERY_BYTES_MAX:
        raise uri_too_long()
    return _read(query, "Query string")


def write_form(values: Mapping[str, Any]) -> str:
    """Write nested values as a form; None and empty containers become "", which means unset."""
    return "&".join(
        f"{quote_plus(name, safe='[]')}={quote_plus(text)}"
        for key, value in values.items()
        for name, text in _pairs(_checked(key), value)
    )


def _read(raw: bytes, noun: str) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8")
        if text.count("&") >= PAIRS_MAX:
            raise Invalid(
                f"{noun} has more than {PAIRS_MAX} parameters.", code="too_many_parameters"
            )
        if "%" in text and _BAD_ESCAPE.search(text):
            raise Invalid(f"{noun} has a % that begins no escape.", code="invalid_encoding")
        root: dict[str, Any] = {}
        for pair in text.split("&"):
            if not pair:
                continue
            name, _, value = pair.partition("=")
            if "%" in value or "+" in value:
                value = _unescape(value)
            path = _path(name)
            if len(path) == 1 and path[0] not in root:
                root[path[0]] = value
            else:
                _put(root, path, value)
    except UnicodeDecodeError as error:
        raise Invalid(f"{noun} is not valid UTF-8.", code="invalid_encoding") from error
    for name, value in root.items():
        if type(value) is dict:
            root[name] = _settle(value, name)
    return root


def _unescape(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")


@lru_cache(maxsize=1_024)
def _path(escaped: str) -> tuple[str, ...]:
    """Split a name into its segments; callers send the same few names, so remember them."""
    name = _unescape(escaped) if len(escaped) <= _ESCAPED_LENGTH_MAX else escaped
    if len(name) > NAME_LENGTH_MAX:
        raise Invalid(
            f"The name of a parameter is longer than {NAME_LENGTH_MAX} characters.",
            code="parameter_name_too_long",
            param=echo(name),
        )
    if name and "[" not in name and "]" not in name:
        return (name,)
    nested = _NESTED.fullmatch(name)
    path = (nested[1], *nested[2][1:-1].split("][")) if nested else ("",)
    if "" in path[:-1] or not nested:
        raise Invalid(
            "Write the name of a parameter as name, name[part], name[0] or name[].",
            code="parameter_name_invalid",
            param=echo(name),
        )
    if len(path) > DEPTH_MAX:
        raise Invalid(
            f"A parameter is nested deeper than {DEPTH_MAX}.",
            code="form_too_deep",
            param=echo(name),
        )
    return path


def _put(root: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    node = root
    for segment in path[:-1]:
        child = node.get(segment)
        if child is None:
            child = node[segment] = {}
        elif type(child) is not dict:
            raise _conflict(path)
        node = child
    last = path[-1]
    if not last:
        node.setdefault("", []).append(value)
    elif last not in node:
        node[last] = value
    elif type(node[last]) is dict:
        raise _conflict(path)
    else:
        raise Invalid(
            "A parameter appears twice.", code="parameter_repeated", param=echo(_spell(path))
        )


def _settle(node: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - a mapping or a list
    """Turn a mapping whose keys are all indexes into a list, from the leaves up."""
    for key, value in node.items():
        if type(value) is dict:
            node[key] = _settle(value, f"{name}[{key}]")
    if "" in node:
        if len(node) > 1:
            raise _conflict((name, ""))
        return node[""]
    if next(iter(node))[0].isdigit() and all(map(_INDEX.fullmatch, node)):
        return Indexed({int(key): value for key, value in node.items()})
    return node


def _conflict(path: tuple[str, ...]) -> Invalid:
    return Invalid(
        "A parameter is given in two shapes, such as a=1 and a[b]=2.",
        code="parameter_conflict",
        param=echo(_spell(path)),
    )


def _spell(path: Sequence[str]) -> str:
    return path[0] + "".join(f"[{segment}]" for segment in path[1:])


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - anything nested
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from _pairs(f"{name}[{_checked(key)}]", part)
    elif isinstance(value, list | tuple) and value:
        for index, part in enumerate(value):
            yield from _pairs(f"{name}[{index}]", part)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, "" if value is None or value in ({}, [], ()) else str(value)


def _checked(key: str) -> str:
    if not key or "[" in key or "]" in key:
        raise ValueError(f"a form cannot carry the name {key!r}")
    return key
