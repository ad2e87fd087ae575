"""The signers file -> signers: where each private key lives, and how it is reached."""

import asyncio
import importlib
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from sluice.base.clock import Clock
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.base.sealing import RandomBytes, Sealer
from sluice.engine.keys.ring import Ring
from sluice.engine.keys.signer import Signer
from sluice.engine.keys.signers.gcp import URL as GOOGLE_URL
from sluice.engine.keys.signers.gcp import GcpKms
from sluice.engine.keys.signers.google import METADATA_URL, GoogleTokens
from sluice.engine.keys.signers.local import (
    Lock,
    create_local_key,
    open_local_key,
    read_wrapped,
)
from sluice.engine.keys.signers.vault import Vault
from sluice.engine.sender.model import OUTSIDE


@dataclass(frozen=True, slots=True)
class KeyParts:
    """What signers are built of."""

    sealer: Sealer
    random: RandomBytes
    egress: Egress
    clock: Clock


class _Table(NamedTuple):
    """What the file says of one signer; its paths start where the file is."""

    said: Mapping[str, str]
    folder: Path
    parts: KeyParts

    def path(self, key: str) -> Path:
        """Return a path that the file names."""
        return self.folder / self.said[key]

    def secret(self, key: str) -> str:
        """Return what stands in a file that the file names."""
        try:
            return self.path(key).read_text("utf-8").rstrip("\n")
        except (OSError, ValueError) as error:
            raise Invalid(
                f"Cannot read {self.path(key)}: {error}", code="signers_invalid"
            ) from error


class _Kind(NamedTuple):
    """How a kind of signer is opened, what its table must say, and what it may."""

    open: Callable[[_Table], Awaitable[Signer]]
    needed: frozenset[str]
    optional: frozenset[str] = frozenset()


def read_signers(path: str, parts: KeyParts) -> Ring:
    """Read a TOML file with a table for each signer; an empty path means none."""
    openers: dict[str, Callable[[], Awaitable[Signer]]] = {}
    for name, (kind, table) in _tables(path, parts).items():
        openers[name] = _opener(kind, table)
    return Ring(openers)


async def create_key(
    path: str, name: str, parts: KeyParts, *, secret: bytes | None = None
) -> Signer:
    """Make the key file of a signer that the signers file names, and return the signer.

    Takes the key given, or makes one. Raises Invalid when there is such a file already, or when
    the key lives elsewhere: a key service or a token makes its own.
    """
    kind, table = _tables(path, parts).get(name, (None, None))
    if kind is not _KINDS["file"] or table is None:
        raise _refused(name, 'needs kind = "file" for a key to be made here')
    lock = await _lock(table, read_wrapped=None)
    target = table.path("path")
    return await asyncio.to_thread(create_local_key, target, lock, parts.random, secret=secret)


def _tables(path: str, parts: KeyParts) -> dict[str, tuple[_Kind, _Table]]:
    if not path:
        return {}
    try:
        said = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(
            f"Cannot read the signers file {path}: {error}", code="signers_invalid"
        ) from error
    folder = Path(path).parent
    return {
        name: (_checked(name, table), _Table(table, folder, parts)) for name, table in said.items()
    }


def _checked(name: str, table: Any) -> _Kind:  # noqa: ANN401 - TOML
    if name == OUTSIDE:
        raise _refused(name, "has the name that means a wallet outside; call it otherwise")
    word = str(table.get("kind")) if isinstance(table, dict) else ""
    if word == "vault_transit":
        raise _refused(
            name, 'cannot sign in Vault: its transit engine has no secp256k1; see kind = "file"'
        )
    if word not in _KINDS:
        raise _refused(name, f"needs a kind: {', '.join(_KINDS)}")
    kind = _KINDS[word]
    if missing := kind.needed - set(table):
        raise _refused(name, f"lacks {', '.join(sorted(missing))}")
    if unknown := set(table) - kind.needed - kind.optional - {"kind"}:
        raise _refused(name, f"has unknown keys {', '.join(sorted(unknown))}")
    if wrong := [key for key, value in table.items() if not isinstance(value, str) or not value]:
        raise _refused(name, f"needs a text as {', '.join(sorted(wrong))}")
    vault = {"vault_url", "vault_key", "vault_token_file"} & set(table)
    if vault and (len(vault) < 3 or "passphrase_file" in table):  # noqa: PLR2004
        raise _refused(name, "needs vault_url, vault_key and vault_token_file, and no passphrase")
    return kind


def _opener(kind: _Kind, table: _Table) -> Callable[[], Awaitable[Signer]]:
    return lambda: kind.open(table)


async def _open_file(table: _Table) -> Signer:
    path = table.path("path")
    lock = await _lock(table, read_wrapped=lambda: read_wrapped(path))
    return await asyncio.to_thread(open_local_key, path, lock, table.parts.random)


async def _lock(table: _Table, *, read_wrapped: Callable[[], str] | None) -> Lock:
    """Return what locks a key file; Vault unwraps its key, or makes one for a new file."""
    if "passphrase_file" in table.said:
        return Lock(passphrase=table.secret("passphrase_file"))
    if "vault_url" not in table.said:
        return Lock(sealer=table.parts.sealer)
    vault = Vault(
        table.parts.egress,
        table.said["vault_url"],
        table.said["vault_key"],
        lambda: table.secret("vault_token_file"),
        mount=table.said.get("vault_mount", "transit"),
    )
    if read_wrapped is None:
        return Lock(data_key=await vault.new_data_key())
    return Lock(data_key=await vault.unwrap(read_wrapped()))


async def _open_aws(table: _Table) -> Signer:
    aws = _extra("aws", "botocore")
    kms = aws.AwsKms(table.parts.egress, table.said["region"], table.said.get("url"))
    signer: Signer = await kms.open(table.said["key"])
    return signer


async def _open_gcp(table: _Table) -> Signer:
    tokens = GoogleTokens(
        table.parts.egress,
        table.parts.clock,
        credentials=table.path("credentials") if "credentials" in table.said else None,
        metadata_url=table.said.get("metadata_url", METADATA_URL),
    )
    kms = GcpKms(table.parts.egress, tokens, table.said.get("url", GOOGLE_URL))
    return await kms.open(table.said["key"])


async def _open_token(table: _Table) -> Signer:
    token = _extra("token", "python-pkcs11")
    slot = token.Slot(
        table.said["module"], table.said["token"], table.said["key"], table.secret("pin_file")
    )
    signer: Signer = await token.TokenSigner(slot).open()
    return signer


def _extra(module: str, package: str) -> Any:  # noqa: ANN401 - a module
    """Import a signer whose library is only installed where it is used."""
    try:
        return importlib.import_module(f"sluice.engine.keys.signers.{module}")
    except ModuleNotFoundError as error:
        raise Invalid(
            f"Install {package} beside Sluice for this kind of signer.", code="signers_invalid"
        ) from error


def _refused(name: str, problem: str) -> Invalid:
    return Invalid(f"Signer {name} of the signers file {problem}.", code="signers_invalid")


_VAULT: Final = frozenset({"vault_url", "vault_key", "vault_token_file", "vault_mount"})
_KINDS: Final[Mapping[str, _Kind]] = {
    "file": _Kind(_open_file, frozenset({"path"}), _VAULT | {"passphrase_file"}),
    "aws_kms": _Kind(_open_aws, frozenset({"key", "region"}), frozenset({"url"})),
    "gcp_kms": _Kind(
        _open_gcp, frozenset({"key"}), frozenset({"credentials", "url", "metadata_url"})
    ),
    "pkcs11": _Kind(_open_token, frozenset({"module", "token", "key", "pin_file"})),
}
