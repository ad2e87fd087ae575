"""Vault's transit engine: it has no key on secp256k1, so it keeps the key of a key file.

Whoever takes the file, the master keys and the disk still has to ask Vault, which can refuse and
writes down who asked.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from sluice.base.egress import Egress, EgressError
from sluice.engine.keys.signer import SignerTrouble
from sluice.engine.keys.signers.local import DataKey

_TIMEOUT_S: Final = 10.0
_OK: Final = 200


class _Given(msgspec.Struct):
    plaintext: bytes
    ciphertext: str = ""


class _Answer(msgspec.Struct):
    data: _Given


class Vault:
    """One transit key. The token is read anew each time: an agent beside us renews its file."""

    def __init__(
        self,
        egress: Egress,
        url: str,
        key: str,
        token: Callable[[], str],
        *,
        mount: str = "transit",
    ) -> None:
        self._egress = egress
        self._url = f"{url.rstrip('/')}/v1/{mount}"
        self._key = key
        self._token = token

    async def new_data_key(self) -> DataKey:
        """Return a new key of 32 bytes, plain and wrapped."""
        given = await self._ask(f"datakey/plaintext/{self._key}", {"bits": 256})
        return DataKey(given.plaintext, given.ciphertext)

    async def unwrap(self, wrapped: str) -> DataKey:
        """Return the key that was wrapped."""
        given = await self._ask(f"decrypt/{self._key}", {"ciphertext": wrapped})
        return DataKey(given.plaintext, wrapped)

    async def _ask(self, path: str, said: object) -> _Given:
        headers = {"X-Vault-Token": self._token(), "Content-Type": "application/json"}
        url = f"{self._url}/{path}"
        try:
            answer = await self._egress.post(
                url, msgspec.json.encode(said), headers=headers, timeout_s=_TIMEOUT_S
            )
            if answer.status != _OK:
                raise SignerTrouble(f"Vault answers {answer.status}.")
            return msgspec.json.decode(answer.body, type=_Answer).data
        except EgressError as error:
            raise SignerTrouble(f"Vault: {error.message}") from error
        except msgspec.MsgspecError as error:
            raise SignerTrouble("Vault answers nonsense.") from error
