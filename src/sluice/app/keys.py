"""The signers file -> signers: where each private key lives, and how it is reached."""

import asyncio
import functools
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from sluice.base.errors import Invalid
from sluice.base.sealing import RandomBytes, Sealer
from sluice.engine.keys.ring import Ring
from sluice.engine.keys.signer import Signer
from sluice.engine.keys.signers.local import Lock, create_local_key, open_local_key

Opener: TypeAlias = Callable[[], Awaitable[Signer]]


@dataclass(frozen=True, slots=True)
class KeyParts:
    """What signers are built of."""

    sealer: Sealer
    random: RandomBytes


def read_signers(path: str, parts: KeyParts) -> Ring:
    """Read a TOML file with a table for each signer; an empty path means none."""
    if not path:
        return Ring({})
    try:
        tables = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(
            f"Cannot read the signers file {path}: {error}", code="signers_invalid"
        ) from error
    folder = Path(path).parent
    return Ring({name: _opener(name, table, folder, parts) for name, table in tables.items()})


def create_key(path: Path, parts: KeyParts, *, passphrase: str | None = None) -> Signer:
    """Make a key file, sealed by the master keys or by a passphrase, and return its signer."""
    return create_local_key(path, _lock(parts, passphrase), parts.random)


def _opener(name: str, table: Any, folder: Path, parts: KeyParts) -> Opener:  # noqa: ANN401 - TOML
    kind = str(table.get("kind")) if isinstance(table, dict) else ""
    if kind not in _KINDS:
        raise _refused(name, f"needs a kind: {', '.join(_KINDS)}")
    build, needed, optional = _KINDS[kind]
    if missing := needed - set(table):
        raise _refused(name, f"lacks {', '.join(sorted(missing))}")
    if unknown := set(table) - needed - optional - {"kind"}:
        raise _refused(name, f"has unknown keys {', '.join(sorted(unknown))}")
    if wrong := [key for key, value in table.items() if not isinstance(value, str) or not value]:
        raise _refused(name, f"needs a text as {', '.join(sorted(wrong))}")
    return functools.partial(build, table, folder, parts)


async def _open_file(table: Mapping[str, str], folder: Path, parts: KeyParts) -> Signer:
    passphrase = None
    if "passphrase_file" in table:
        passphrase = (folder / table["passphrase_file"]).read_text("utf-8").rstrip("\n")
    lock = _lock(parts, passphrase)
    return await asyncio.to_thread(open_local_key, folder / table["path"], lock, parts.random)


def _lock(parts: KeyParts, passphrase: str | None) -> Lock:
    return Lock(passphrase=passphrase) if passphrase is not None else Lock(sealer=parts.sealer)


def _refused(name: str, problem: str) -> Invalid:
    return Invalid(f"Signer {name} of the signers file {problem}.", code="signers_invalid")


_Build: TypeAlias = Callable[[Mapping[str, str], Path, KeyParts], Awaitable[Signer]]
# By kind: how it is opened, what its table must say, and what it may.
_KINDS: Final[Mapping[str, tuple[_Build, frozenset[str], frozenset[str]]]] = {
    "file": (_open_file, frozenset({"path"}), frozenset({"passphrase_file"})),
}
