"""AWS's key service: moto's server, taught to sign a digest as it is.

moto hashes what it is told is a digest already (its own docstring says so), and such a signature is
worthless on any network.
"""

import contextlib
import contextvars
from collections.abc import Callable, Iterator
from typing import Any, Final

import boto3
import moto.kms.utils
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from moto.kms.responses import KmsResponse
from moto.server import ThreadedMotoServer

REGION: Final = "eu-central-1"

_is_digest: contextvars.ContextVar[bool] = contextvars.ContextVar("is_digest", default=False)


@contextlib.contextmanager
def running_kms() -> Iterator[str]:
    """Run the service on a free port and return its URL."""
    _sign_digests_as_they_are()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}/"
    finally:
        server.stop()


def make_key(url: str, spec: str = "ECC_SECG_P256K1", usage: str = "SIGN_VERIFY") -> str:
    """Make a key in the service and return its id."""
    client = boto3.client(
        "kms",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="made-up",
        aws_secret_access_key="made-up",
    )
    made = client.create_key(KeySpec=spec, KeyUsage=usage)
    return str(made["KeyMetadata"]["KeyId"])


def _sign_digests_as_they_are() -> None:
    def algorithm() -> ec.ECDSA:
        return ec.ECDSA(Prehashed(SHA256()) if _is_digest.get() else SHA256())

    def sign(self: Any, message: bytes, signing_algorithm: str) -> bytes:  # noqa: ANN401
        assert signing_algorithm == "ECDSA_SHA_256"
        signature: bytes = self.private_key.sign(message, algorithm())
        return signature

    def verify(self: Any, message: bytes, signature: bytes, signing_algorithm: str) -> bool:  # noqa: ANN401
        assert signing_algorithm == "ECDSA_SHA_256"
        try:
            self.private_key.public_key().verify(signature, message, algorithm())
        except InvalidSignature:
            return False
        return True

    def noting(action: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def noted(self: Any) -> Any:  # noqa: ANN401
            token = _is_digest.set(self._get_param("MessageType") == "DIGEST")
            try:
                return action(self)
            finally:
                _is_digest.reset(token)

        return noted

    for name, verb in (("sign", sign), ("verify", verify)):
        setattr(moto.kms.utils.ECDSAPrivateKey, name, verb)
        setattr(KmsResponse, name, noting(getattr(KmsResponse, name)))
