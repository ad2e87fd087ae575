"""A key in Google Cloud KMS (EC_SIGN_SECP256K1_SHA256, HSM), asked over its REST API."""

import base64
from typing import Final, TypeVar

import msgspec

from sluice.base.egress import Egress, EgressError
from sluice.base.errors import Invalid
from sluice.engine.keys.signer import Signature, SignerTrouble, read_der, require_digest
from sluice.engine.keys.signers.google import GoogleTokens
from sluice.engine.keys.signers.spki import read_spki

URL: Final = "https://cloudkms.googleapis.com"

_ALGORITHM: Final = "EC_SIGN_SECP256K1_SHA256"
_T = TypeVar("_T")

_TIMEOUT_S: Final = 10.0
_OK: Final = 200


class _PublicKey(msgspec.Struct):
    pem: str
    algorithm: str


class _Signed(msgspec.Struct):
    signature: bytes


class GcpKms:
    """Google's key service, asked with one identity."""

    def __init__(self, egress: Egress, tokens: GoogleTokens, url: str = URL) -> None:
        self._egress = egress
        self._tokens = tokens
        self._url = url.rstrip("/")

    async def open(self, version: str) -> "GcpSigner":
        """Return the signer of `projects/…/cryptoKeyVersions/1`, or say what it is instead."""
        answer = await self.ask(f"{version}/publicKey", None, _PublicKey)
        if answer.algorithm != _ALGORITHM:
            raise Invalid(
                f"The key version is for {answer.algorithm}; make one for {_ALGORITHM}.",
                code="public_key_invalid",
            )
        return GcpSigner(self, version, read_spki(answer.pem.encode(), where="Google Cloud KMS"))

    async def ask(self, path: str, said: object | None, kind: type[_T]) -> _T:
        """Ask for one thing: a POST when something is said, a GET otherwise."""
        headers = {"Authorization": f"Bearer {await self._tokens.token()}"}
        url = f"{self._url}/v1/{path}"
        try:
            if said is None:
                answer = await self._egress.get(url, headers=headers, timeout_s=_TIMEOUT_S)
            else:
                answer = await self._egress.post(
                    url,
                    msgspec.json.encode(said),
                    headers=headers | {"Content-Type": "application/json"},
                    timeout_s=_TIMEOUT_S,
                )
            if answer.status != _OK:
                raise SignerTrouble(f"Google Cloud KMS answers {answer.status}.")
            return msgspec.json.decode(answer.body, type=kind)
        except EgressError as error:
            raise SignerTrouble(f"Google Cloud KMS: {error.message}") from error
        except msgspec.MsgspecError as error:
            raise SignerTrouble("Google Cloud KMS answers nonsense.") from error


class GcpSigner:
    """Signs with one key version."""

    def __init__(self, kms: GcpKms, version: str, public_key: bytes) -> None:
        self._kms = kms
        self._version = version
        self._public_key = public_key

    @property
    def public_key(self) -> bytes:
        """Return the public key as 33 bytes."""
        return self._public_key

    async def sign_digest(self, digest: bytes) -> Signature:
        """Sign 32 bytes as they are.

        Google offers checksums of what was sent and answered; they are not asked for, because a
        signature that recovers to our key over our digest proves more.
        """
        said = {"digest": {"sha256": base64.b64encode(require_digest(digest)).decode()}}
        answer = await self._kms.ask(f"{self._version}:asymmetricSign", said, _Signed)
        return read_der(self._public_key, digest, answer.signature)
