"""Sealing: encrypt at rest, hash and compare; master keys stay outside the database."""

import base64
import hashlib
import hmac
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sluice.base.errors import Invalid, SluiceError

RandomBytes: TypeAlias = Callable[[int], bytes]


class SealBroken(SluiceError):
    """What was stored is not what was sealed here: changed, cut, moved, or of an unknown key."""

    default_code: ClassVar[str] = "seal_broken"


@dataclass(frozen=True, slots=True)
class Verifier:
    """What is kept of a secret that only needs to be recognised.

    For kdf `hmac` the salt names the master key; `sha256` has none.
    """

    kdf: str
    salt: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """32 bytes each, by key id, oldest first. The last one seals; every one opens."""

    keys: Mapping[str, bytes]

    def __post_init__(self) -> None:
        """Refuse keys that could not do their work."""
        if not self.keys:
            raise Invalid("The key file holds no key.", code="key_file_invalid")
        for key_id, key in self.keys.items():
            if not _KEY_ID.fullmatch(key_id) or len(key) != _KEY_BYTES:
                raise Invalid(
                    f"Key {key_id!r}: write `<id>:<base64 of {_KEY_BYTES} bytes>`.",
                    code="key_file_invalid",
                )

    @property
    def current(self) -> str:
        """Return the id of the key that seals."""
        return list(self.keys)[-1]

    def with_key(self, key_id: str, key: bytes) -> "MasterKeys":
        """Return these keys and a new one, which seals from now on."""
        if key_id in self.keys:
            raise Invalid(f"There is a key {key_id} already.", code="key_file_invalid")
        return MasterKeys({**self.keys, key_id: key})


class Sealer:
    """Seals and opens with the master keys; one derived key per purpose, never the master."""

    def __init__(self, keys: MasterKeys, random: RandomBytes) -> None:
        self._keys = keys
        self._random = random
        self._derived: dict[tuple[str, str], bytes] = {}

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt for one place; what was sealed for one place does not open at another.

        The context is what `place` returns. Layout: version, key id and its length, nonce, text.
        """
        key_id = self._keys.current
        head = bytes([_VERSION, len(key_id)]) + key_id.encode()
        nonce = self._random(_NONCE_BYTES)
        cipher = AESGCM(self._key(key_id, f"seal {_table(context)}"))
        return head + nonce + cipher.encrypt(nonce, plain, head + context.encode())

    def open(self, blob: bytes, *, context: str) -> bytes:
        """Decrypt what was sealed for this place, or raise SealBroken."""
        key_id, head, nonce, text = _parts(blob)
        if key_id not in self._keys.keys:
            raise SealBroken(f"No key {key_id!r} in the key file.", code="seal_key_unknown")
        cipher = AESGCM(self._key(key_id, f"seal {_table(context)}"))
        try:
            return cipher.decrypt(nonce, text, head + context.encode())
        except InvalidTag as error:
            raise SealBroken("This was changed, or sealed for another place.") from error

    def needs_rewrap(self, blob: bytes) -> bool:
        """Say whether this was sealed by a key that no longer seals."""
        return _parts(blob)[0] != self._keys.current

    def mac(self, purpose: str, data: bytes) -> bytes:
        """Return 32 bytes that only we can make of this, different for every purpose."""
        return self._mac(self._keys.current, purpose, data)

    def is_mac(self, purpose: str, data: bytes, mac: bytes) -> bool:
        """Say whether one of our keys made this, in constant time per key."""
        matches = [equal(self._mac(key_id, purpose, data), mac) for key_id in self._keys.keys]
        return any(matches)

    def hash_secret(self, secret: str, *, kdf: str = "hmac") -> Verifier:
        """Return what to keep of a secret.

        Use `hmac` for what we make ourselves; the others keep keys of other gateways alive.
        """
        if kdf == "hmac":
            salt = self._keys.current.encode()
        else:
            salt = b"" if kdf == "sha256" else self._random(_SALT_BYTES)
        return Verifier(kdf, salt, self._digest(kdf, salt, secret))

    def verify_secret(self, secret: str, kept: Verifier) -> bool:
        """Say whether this is the secret, in constant time."""
        digest = self._digest(kept.kdf, kept.salt, secret, len(kept.digest))
        return len(kept.digest) >= _DIGEST_MIN and equal(digest, kept.digest)

    def _digest(self, kdf: str, salt: bytes, secret: str, length: int = 64) -> bytes:
        text = secret.encode("utf-8", "surrogatepass")
        if kdf == "hmac":
            key_id = salt.decode("ascii", "replace")
            if key_id not in self._keys.keys:
                raise SealBroken(f"No key {key_id!r} in the key file.", code="seal_key_unknown")
            return self._mac(key_id, "secrets", text)
        if kdf == "sha256":
            return hashlib.sha256(text).digest()
        if kdf == "pbkdf2-sha512-10000":
            return hashlib.pbkdf2_hmac("sha512", text, salt, 10_000, length)
        if kdf == "scrypt":
            return hashlib.scrypt(text, salt=salt, n=2**14, r=8, p=1, dklen=length)
        raise Invalid(f"There is no way {kdf!r} to keep a secret.", code="kdf_unknown")

    def _mac(self, key_id: str, purpose: str, data: bytes) -> bytes:
        return hmac.digest(self._key(key_id, f"mac {purpose}"), data, "sha256")

    def _key(self, key_id: str, purpose: str) -> bytes:
        key = self._derived.get((key_id, purpose))
        if key is None:
            info = f"sluice {purpose}".encode()
            key = HKDF(hashes.SHA256(), _KEY_BYTES, salt=None, info=info).derive(
                self._keys.keys[key_id]
            )
            self._derived[key_id, purpose] = key
        return key


def place(table: str, column: str, merchant_id: str, row_id: str) -> str:
    """Name the one place where a sealed value may stand."""
    parts = (table, column, merchant_id, row_id)
    if any("|" in part for part in parts):
        raise Invalid("A place is named without `|`.", code="seal_place_invalid")
    return "|".join(parts)


def equal(one: str | bytes, other: str | bytes) -> bool:
    """Compare without telling by the time taken where they differ."""
    one = one.encode() if isinstance(one, str) else one
    other = other.encode() if isinstance(other, str) else other
    return hmac.compare_digest(one, other)


def create_key_file(path: Path, random: RandomBytes) -> MasterKeys:
    """Make a key file with one new key, readable by its owner alone; never overwrite one."""
    keys = MasterKeys({"k1": random(_KEY_BYTES)})
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(path, keys)
    return keys


def read_key_file(path: Path) -> MasterKeys:
    """Read the keys, or refuse when others could read them too."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise Invalid(
            f"Others may read {path} (mode {mode:04o}); say `chmod 0400 {path}`.",
            code="key_file_open_to_others",
        )
    keys: dict[str, bytes] = {}
    for line in path.read_text("ascii", "replace").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        key_id, _, text = line.strip().partition(":")
        if key_id in keys:
            raise Invalid(f"Key {key_id!r} is written twice.", code="key_file_invalid")
        keys[key_id] = _decoded(text)
    return MasterKeys(keys)


def add_key(path: Path, key_id: str, random: RandomBytes) -> MasterKeys:
    """Add a key that seals from now on; the file is whole at every moment."""
    keys = read_key_file(path).with_key(key_id, random(_KEY_BYTES))
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    _write(draft, keys)
    draft.replace(path)
    return keys


_VERSION: Final = 1
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_SALT_BYTES: Final = 16
_DIGEST_MIN: Final = 16
_KEY_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)
_TITLE: Final = (
    "# Master keys of Sluice. Without this file nothing sealed in the database can be read again.\n"
    "# Keep a copy elsewhere. The last key seals; the others only open.\n"
)


def _parts(blob: bytes) -> tuple[str, bytes, bytes, bytes]:
    """Take a blob apart into key id, head, nonce and text."""
    if not blob.startswith(bytes([_VERSION])) or len(blob) == 1:
        raise SealBroken("This was not sealed here.")
    head_end = 2 + blob[1]
    text_start = head_end + _NONCE_BYTES
    if len(blob) < text_start + _TAG_BYTES:
        raise SealBroken("This is shorter than anything sealed.")
    key_id = blob[2:head_end].decode("ascii", "replace")
    return key_id, blob[:head_end], blob[head_end:text_start], blob[text_start:]


def _table(context: str) -> str:
    return context.partition("|")[0]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _write(path: Path, keys: MasterKeys) -> None:
    lines = (f"{key_id}:{base64.b64encode(key).decode()}\n" for key_id, key in keys.keys.items())
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(_TITLE + "".join(lines))
        file.flush()
        os.fsync(file.fileno())
