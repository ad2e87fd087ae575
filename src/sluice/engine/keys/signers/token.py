"""A key in a PKCS#11 token (an HSM, a smart card, SoftHSM2): raw ECDSA over our digest."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import UserAlreadyLoggedIn

from sluice.base.errors import Invalid
from sluice.engine.keys.signer import (
    Signature,
    SignerTrouble,
    find_signature,
    read_public_key,
    require_digest,
)

_T = TypeVar("_T")

_WAIT_S: Final = 10.0
_SIGNATURE_BYTES: Final = 64
_SECP256K1: Final = bytes.fromhex("06052b8104000a")  # the curve's object identifier, in DER
_POINT_HEAD: Final = b"\x04\x41"  # an octet string of 65 bytes, in DER


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a key is: the vendor's library, the token's and the key's label, and the PIN."""

    module: str
    token: str
    key: str
    pin: str = field(repr=False)


class TokenSigner:
    """Signs in a token. One session, one call at a time, in a thread of its own."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._thread = ThreadPoolExecutor(1, "pkcs11")
        self._session: pkcs11.Session | None = None
        self._public_key = b""

    @property
    def public_key(self) -> bytes:
        """Return the public key as 33 bytes."""
        return self._public_key

    async def open(self) -> "TokenSigner":
        """Log in and find the key, once before anything is signed."""
        self._public_key = await self._call(self._find_public_key)
        return self

    async def sign_digest(self, digest: bytes) -> Signature:
        """Sign 32 bytes as they are."""
        require_digest(digest)
        raw = await self._call(lambda: self._sign(digest))
        if len(raw) != _SIGNATURE_BYTES:
            raise SignerTrouble("The token's answer is no signature.", code="signature_invalid")
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        return find_signature(self._public_key, digest, r, s)

    async def close(self) -> None:
        """Log out."""
        await self._call(self._drop)
        self._thread.shutdown(wait=False)

    async def _call(self, verb: Callable[[], _T]) -> _T:
        """Run in our thread. A session that was lost is opened anew, once; a PIN is tried once."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_WAIT_S):
                return await loop.run_in_executor(self._thread, self._with_session, verb)
        except TimeoutError as error:
            raise SignerTrouble("The token does not answer.") from error
        except pkcs11.PKCS11Error as error:
            raise SignerTrouble(f"The token refuses: {type(error).__name__}.") from error

    def _with_session(self, verb: Callable[[], _T]) -> _T:
        was_open = self._session is not None
        try:
            return verb()
        except pkcs11.PKCS11Error:
            self._drop()
            if not was_open:
                raise
            return verb()

    def _open_session(self) -> pkcs11.Session:
        if self._session is None:
            token = pkcs11.lib(self._slot.module).get_token(token_label=self._slot.token)
            try:
                self._session = token.open(user_pin=self._slot.pin)
            except UserAlreadyLoggedIn:
                # Another key of the same token is in use; a login is good for the whole process.
                self._session = token.open()
        return self._session

    def _find_public_key(self) -> bytes:
        found = self._open_session().get_key(
            object_class=ObjectClass.PUBLIC_KEY, key_type=KeyType.EC, label=self._slot.key
        )
        if bytes(found[Attribute.EC_PARAMS]) != _SECP256K1:
            raise Invalid(
                "The token keeps a key that is not on secp256k1; no network of ours knows it.",
                code="public_key_invalid",
            )
        return read_public_key(bytes(found[Attribute.EC_POINT]).removeprefix(_POINT_HEAD))

    def _sign(self, digest: bytes) -> bytes:
        key: Any = self._open_session().get_key(
            object_class=ObjectClass.PRIVATE_KEY, key_type=KeyType.EC, label=self._slot.key
        )
        if key[Attribute.EXTRACTABLE]:
            raise Invalid(
                "The token would give its key away; make one that is not extractable.",
                code="key_extractable",
            )
        return bytes(key.sign(digest, mechanism=Mechanism.ECDSA))

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(pkcs11.PKCS11Error):
                session.close()
