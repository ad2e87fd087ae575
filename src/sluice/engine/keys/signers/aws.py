"""A key in AWS KMS (ECC_SECG_P256K1), asked over its JSON protocol; botocore signs the requests."""

import asyncio
import base64
from typing import Final, TypeVar

import botocore.auth
import botocore.awsrequest
import botocore.session
import msgspec

from sluice.base.egress import Egress, EgressError
from sluice.base.errors import Invalid
from sluice.engine.keys.signer import Signature, SignerTrouble, read_der, require_digest
from sluice.engine.keys.signers.spki import read_spki

_T = TypeVar("_T")

_TIMEOUT_S: Final = 10.0
_OK: Final = 200


class _PublicKey(msgspec.Struct):
    PublicKey: bytes
    KeyUsage: str


class _Signed(msgspec.Struct):
    Signature: bytes


class _Fault(msgspec.Struct):
    kind: str = msgspec.field(name="__type", default="")


class AwsKms:
    """One region's KMS. Credentials come as botocore finds them: environment, files, roles."""

    def __init__(self, egress: Egress, region: str, url: str | None = None) -> None:
        self._egress = egress
        self._region = region
        self._url = url or f"https://kms.{region}.amazonaws.com/"
        self._session = botocore.session.get_session()

    async def open(self, key_id: str) -> "AwsSigner":
        """Return the signer of a key that signs on secp256k1, or say what it is instead."""
        answer = await self.ask("GetPublicKey", {"KeyId": key_id}, _PublicKey)
        if answer.KeyUsage != "SIGN_VERIFY":
            raise Invalid(f"The KMS key is for {answer.KeyUsage}.", code="public_key_invalid")
        return AwsSigner(self, key_id, read_spki(answer.PublicKey, where="AWS KMS"))

    async def ask(self, action: str, said: dict[str, str], kind: type[_T]) -> _T:
        """Call one action. Raises SignerTrouble with the service's own name of the fault."""
        body = msgspec.json.encode(said)
        # Credentials may have to be fetched first, from the machine's own metadata service.
        headers = await asyncio.to_thread(self._signed_headers, action, body)
        try:
            answer = await self._egress.post(self._url, body, headers=headers, timeout_s=_TIMEOUT_S)
            if answer.status != _OK:
                fault = msgspec.json.decode(answer.body, type=_Fault).kind.rpartition("#")[2]
                raise SignerTrouble(f"AWS KMS answers {answer.status} {fault[:100]}.")
            return msgspec.json.decode(answer.body, type=kind)
        except EgressError as error:
            raise SignerTrouble(f"AWS KMS: {error.message}") from error
        except msgspec.MsgspecError as error:
            raise SignerTrouble("AWS KMS answers nonsense.") from error

    def _signed_headers(self, action: str, body: bytes) -> dict[str, str]:
        credentials = self._session.get_credentials()
        if credentials is None:
            raise SignerTrouble("botocore finds no AWS credentials.", code="signer_unauthorized")
        request = botocore.awsrequest.AWSRequest(
            "POST",
            self._url,
            data=body,
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": f"TrentService.{action}",
            },
        )
        frozen = credentials.get_frozen_credentials()
        botocore.auth.SigV4Auth(frozen, "kms", self._region).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}


class AwsSigner:
    """Signs with one KMS key."""

    def __init__(self, kms: AwsKms, key_id: str, public_key: bytes) -> None:
        self._kms = kms
        self._key_id = key_id
        self._public_key = public_key

    @property
    def public_key(self) -> bytes:
        """Return the public key as 33 bytes."""
        return self._public_key

    async def sign_digest(self, digest: bytes) -> Signature:
        """Sign 32 bytes as they are: MessageType DIGEST keeps KMS from hashing them again."""
        said = {
            "KeyId": self._key_id,
            "Message": base64.b64encode(require_digest(digest)).decode(),
            "MessageType": "DIGEST",
            "SigningAlgorithm": "ECDSA_SHA_256",
        }
        answer = await self._kms.ask("Sign", said, _Signed)
        return read_der(self._public_key, digest, answer.Signature)
