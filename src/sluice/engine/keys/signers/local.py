"""A key in a sealed file: on disk it is encrypted, in memory it stays inside the signer."""

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
from coincurve import PrivateKey

from sluice.base.errors import Invalid
from sluice.base.sealing import MasterKeys, RandomBytes, Sealer, place
from sluice.engine.keys.signer import ORDER, Signature, find_signature, require_digest

SECRET_BYTES: Final = 32

_LockName: TypeAlias = Literal["master_keys", "passphrase", "vault"]

_VERSION: Final = 1
_SALT_BYTES: Final = 16
# OWASP's advice for scrypt: 128 MiB and about half a second, once at the start.
_SCRYPT_N: Final = 2**17
_SCRYPT_MEMORY: Final = 256 * 1024 * 1024
_FILE_BYTES_MAX: Final = 4096
_PASSPHRASE_MIN: Final = 12


class LocalSigner:
    """Signs with a key in this process: the same signature each time (RFC 6979)."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES or not 0 < int.from_bytes(secret, "big") < ORDER:
            raise Invalid("A private key is 32 bytes below the curve's order.", code="key_invalid")
        self._key = PrivateKey(secret)
        self._public_key = self._key.public_key.format()

    def __repr__(self) -> str:
        """Show the public key only."""
        return f"LocalSigner({self._public_key.hex()})"

    @property
    def public_key(self) -> bytes:
        """Return the public key as 33 bytes."""
        return self._public_key

    async def sign_digest(self, digest: bytes) -> Signature:
        """Sign 32 bytes as they are."""
        raw = self._key.sign_recoverable(require_digest(digest), hasher=None)
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big")
        return find_signature(self._public_key, digest, r, s)


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in a file, as JSON; bytes are base64."""

    version: Literal[1]
    public_key: str
    lock: _LockName
    salt: bytes
    sealed: bytes
    wrapped: str = ""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key that somebody else keeps, such as Vault: plain, and as they wrapped it."""

    plain: bytes = field(repr=False)
    wrapped: str


@dataclass(frozen=True, slots=True)
class Lock:
    """What seals a key file: this installation's master keys, a passphrase, or another's key."""

    sealer: Sealer | None = None
    passphrase: str | None = field(default=None, repr=False)
    data_key: DataKey | None = None

    def __post_init__(self) -> None:
        if [self.sealer, self.passphrase, self.data_key].count(None) != 2:  # noqa: PLR2004
            raise Invalid("A key file has one lock.", code="key_lock_invalid")
        if self.passphrase is not None and len(self.passphrase) < _PASSPHRASE_MIN:
            raise Invalid(
                f"Use a passphrase of {_PASSPHRASE_MIN} characters or more.",
                code="passphrase_too_short",
            )

    @property
    def name(self) -> _LockName:
        """Return what the file calls it."""
        if self.sealer is not None:
            return "master_keys"
        return "vault" if self.passphrase is None else "passphrase"


def create_local_key(
    path: Path, lock: Lock, random: RandomBytes, *, secret: bytes | None = None
) -> LocalSigner:
    """Make a key, or take the one given, and write it sealed; never overwrite a file.

    The file is its owner's alone (0600) and on the disk before anybody can be paid to its address.
    """
    secret = random(SECRET_BYTES) if secret is None else secret
    signer = LocalSigner(secret)
    salt = b"" if lock.passphrase is None else random(_SALT_BYTES)
    sealer = _sealer(lock, salt, random)
    content = _KeyFile(
        version=_VERSION,
        public_key=signer.public_key.hex(),
        lock=lock.name,
        salt=salt,
        sealed=sealer.seal(secret, context=_place(signer.public_key)),
        wrapped="" if lock.data_key is None else lock.data_key.wrapped,
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(path, msgspec.json.encode(content))
    return signer


def open_local_key(path: Path, lock: Lock, random: RandomBytes) -> LocalSigner:
    """Open a sealed file, or refuse one that others may read, change, or that was changed."""
    content = _read(path)
    if content.lock != lock.name:
        raise Invalid(f"{path} is locked by {content.lock}.", code="key_lock_invalid")
    public_key = bytes.fromhex(content.public_key)
    sealer = _sealer(lock, content.salt, random)
    signer = LocalSigner(sealer.open(content.sealed, context=_place(public_key)))
    if signer.public_key != public_key:
        raise Invalid(f"{path} holds another key than it says.", code="key_file_invalid")
    return signer


def read_wrapped(path: Path) -> str:
    """Return the wrapped key beside the sealed one, for whoever must unwrap it first."""
    return _read(path).wrapped


def _sealer(lock: Lock, salt: bytes, random: RandomBytes) -> Sealer:
    """Return what seals: the installation's own sealer, or one made for this file."""
    if lock.sealer is not None:
        return lock.sealer
    if lock.data_key is not None:
        return Sealer(MasterKeys({"vault": lock.data_key.plain}), random)
    key = hashlib.scrypt(
        (lock.passphrase or "").encode(),
        salt=salt,
        n=_SCRYPT_N,
        r=8,
        p=1,
        maxmem=_SCRYPT_MEMORY,
        dklen=SECRET_BYTES,
    )
    return Sealer(MasterKeys({"scrypt": key}), random)


def _place(public_key: bytes) -> str:
    """Bind the sealed key to its public key: moved into another file, it does not open."""
    return place("signers", "secret", "", public_key.hex())


def _read(path: Path) -> _KeyFile:
    if not path.is_file():
        raise Invalid(f"There is no key file {path}.", code="key_file_missing")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise Invalid(
            f"Others may read {path} (mode {mode:04o}); say `chmod 0600 {path}`.",
            code="key_file_open_to_others",
        )
    text = path.read_bytes()[: _FILE_BYTES_MAX + 1]
    try:
        content = msgspec.json.decode(text[:_FILE_BYTES_MAX], type=_KeyFile)
        bytes.fromhex(content.public_key)
    except ValueError as error:
        raise Invalid(f"{path} is no key file of Sluice.", code="key_file_invalid") from error
    return content


def _write(path: Path, content: bytes) -> None:
    """Write a new file and see it reach the disk, its name included."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Invalid(f"There is a file {path} already.", code="key_file_exists") from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
