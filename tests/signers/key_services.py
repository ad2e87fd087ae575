"""Google's key service and Vault's transit engine, as their protocols say, on ports of their own.

Neither can be installed here; both are plain HTTP, and these answer nothing that the real ones
would not: Google's signs with a fresh number each time, so every other s is high.
"""

import base64
import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
METADATA: Final = "/computeMetadata/v1/instance/service-accounts/default/token"
VERSION: Final = "projects/p/locations/l/keyRings/r/cryptoKeys/hot/cryptoKeyVersions/1"

_Reply = tuple[int, object]


@dataclass
class Google:
    """Cloud KMS, its token endpoint and the metadata service of a machine."""

    url: str = ""
    keys: dict[str, tuple[str, ec.EllipticCurvePrivateKey]] = field(default_factory=dict)
    account: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(65537, 2048)
    )
    tokens: list[str] = field(default_factory=list)
    answers_with: ec.EllipticCurvePrivateKey | None = None  # another key than it says
    life_s: int = 3600

    def account_file(self) -> bytes:
        """Return the file that Google gives out for a service account."""
        pem = self.account.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return msgspec.json.encode(
            {
                "type": "service_account",
                "client_email": "sluice@p.iam.gserviceaccount.com",
                "private_key": pem,
                "private_key_id": "k1",
                "token_uri": f"{self.url}/token",
            }
        )

    def add(self, version: str, algorithm: str, curve: ec.EllipticCurve) -> None:
        """Put a key version in."""
        self.keys[version] = (algorithm, ec.generate_private_key(curve))

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> _Reply:
        """Answer one request."""
        if path == METADATA:
            return self._token() if headers.get("Metadata-Flavor") == "Google" else (403, {})
        if path == "/token":
            return self._token() if self._is_claimed(body) else (400, {"error": "invalid_grant"})
        if headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens[-1:]:
            return 401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}}
        return self._answer_kms(f"{method} {path}", body)

    def _answer_kms(self, asked: str, body: bytes) -> _Reply:
        for name, (algorithm, key) in self.keys.items():
            if asked == f"GET /v1/{name}/publicKey":
                pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
                return 200, {"pem": pem.decode(), "algorithm": algorithm, "name": name}
            if asked == f"POST /v1/{name}:asymmetricSign":
                digest = base64.b64decode(msgspec.json.decode(body)["digest"]["sha256"])
                signing = self.answers_with or key
                return 200, {"signature": signing.sign(digest, ec.ECDSA(Prehashed(SHA256())))}
        return 404, {"error": {"code": 404, "status": "NOT_FOUND"}}

    def _token(self) -> _Reply:
        self.tokens.append(f"token-{len(self.tokens)}")
        return 200, {
            "access_token": self.tokens[-1],
            "expires_in": self.life_s,
            "token_type": "Bearer",
        }

    def _is_claimed(self, body: bytes) -> bool:
        form = parse_qs(body.decode())
        if form["grant_type"] != [GRANT]:
            return False
        text, _, signature = form["assertion"][0].rpartition(".")
        self.account.public_key().verify(_unbase64(signature), text.encode(), PKCS1v15(), SHA256())
        head, claims = (msgspec.json.decode(_unbase64(part)) for part in text.split("."))
        return bool(
            head["alg"] == "RS256"
            and claims["aud"] == f"{self.url}/token"
            and claims["scope"] == "https://www.googleapis.com/auth/cloudkms"
            and 0 < claims["exp"] - claims["iat"] <= 3600
            and abs(claims["iat"] - time.time()) < 60  # noqa: TID251 - Google's own clock
        )


@dataclass
class Vault:
    """A transit engine with one key, and one token that may use it."""

    url: str = ""
    token: str = "hvs.made-up"
    key: bytes = b"\7" * 32
    is_sealed: bool = False
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> _Reply:
        """Answer one request."""
        self.asked.append(path)
        if self.is_sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if method != "POST" or headers.get("X-Vault-Token") != self.token:
            return 403, {"errors": ["permission denied"]}
        said = msgspec.json.decode(body)
        if path == "/v1/transit/datakey/plaintext/sluice":
            plain = AESGCM.generate_key(said["bits"])
            nonce = AESGCM.generate_key(128)[:12]
            sealed = base64.b64encode(nonce + AESGCM(self.key).encrypt(nonce, plain, None))
            return 200, {"data": {"plaintext": plain, "ciphertext": f"vault:v1:{sealed.decode()}"}}
        if path == "/v1/transit/decrypt/sluice":
            sealed = base64.b64decode(said["ciphertext"].removeprefix("vault:v1:"))
            return 200, {
                "data": {"plaintext": AESGCM(self.key).decrypt(sealed[:12], sealed[12:], None)}
            }
        return 404, {"errors": []}


@contextlib.contextmanager
def serving(service: Google | Vault) -> Iterator[None]:
    """Serve it on a free port; it then knows its URL."""

    class Visit(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = service.answer(self.command, self.path, dict(self.headers), body)
            content = msgspec.json.encode(said)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815 - the library's names

        def log_message(self, *_args: Any) -> None:  # noqa: ANN401
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Visit)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
