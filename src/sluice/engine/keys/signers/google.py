"""Who we are to Google Cloud: an access token of a service account's key, or of this machine."""

import base64
import datetime as dt
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sluice.base.clock import Clock
from sluice.base.egress import Answer, Egress, EgressError
from sluice.base.errors import Invalid
from sluice.engine.keys.signer import SignerTrouble

METADATA_URL: Final = "http://metadata.google.internal"

_TOKEN_PATH: Final = "/computeMetadata/v1/instance/service-accounts/default/token"  # noqa: S105
_SCOPE: Final = "https://www.googleapis.com/auth/cloudkms"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE: Final = dt.timedelta(hours=1)
# A token is not used in its last minute, so that it does not end on the way.
_MARGIN: Final = dt.timedelta(minutes=1)
_OK: Final = 200


class _Account(msgspec.Struct):
    client_email: str
    private_key: str
    token_uri: str
    private_key_id: str = ""


class _Token(msgspec.Struct):
    access_token: str
    expires_in: int


class GoogleTokens:
    """Access tokens for Google's APIs, each kept until shortly before it ends."""

    def __init__(
        self,
        egress: Egress,
        clock: Clock,
        *,
        credentials: Path | None = None,
        metadata_url: str = METADATA_URL,
    ) -> None:
        self._egress = egress
        self._clock = clock
        self._account = None if credentials is None else _read_account(credentials)
        self._metadata_url = metadata_url.rstrip("/")
        self._token = ""
        self._ends_at = clock.now()

    async def token(self) -> str:
        """Return a token that is good for another minute at least. Raises SignerTrouble."""
        now = self._clock.now()
        if now + _MARGIN >= self._ends_at:
            try:
                answer = await self._ask(now)
                fresh = msgspec.json.decode(answer.body, type=_Token)
            except EgressError as error:
                raise SignerTrouble(f"Google's tokens: {error.message}") from error
            except msgspec.MsgspecError as error:
                raise SignerTrouble("Google's tokens: the answer is nonsense.") from error
            self._token, self._ends_at = (
                fresh.access_token,
                now + dt.timedelta(seconds=fresh.expires_in),
            )
        return self._token

    async def _ask(self, now: dt.datetime) -> Answer:
        if self._account is None:
            answer = await self._egress.get(
                self._metadata_url + _TOKEN_PATH, headers={"Metadata-Flavor": "Google"}
            )
        else:
            form = {"grant_type": _GRANT, "assertion": _assertion(self._account, now)}
            answer = await self._egress.post(
                self._account.token_uri,
                urlencode(form).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
        if answer.status != _OK:
            raise SignerTrouble(
                f"Google gives no token: {answer.status}.", code="signer_unauthorized"
            )
        return answer


def _read_account(path: Path) -> _Account:
    try:
        account = msgspec.json.decode(path.read_bytes(), type=_Account)
        key = load_pem_private_key(account.private_key.encode(), None)
    except (OSError, ValueError) as error:
        raise Invalid(f"{path} is no service account's key.", code="signers_invalid") from error
    if not isinstance(key, RSAPrivateKey):
        raise Invalid(f"{path} is no service account's key.", code="signers_invalid")
    return account


def _assertion(account: _Account, now: dt.datetime) -> str:
    """Return the signed claim that a service account makes to get a token (RFC 7523)."""
    key = load_pem_private_key(account.private_key.encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise Invalid("The service account's key is not RSA.", code="signers_invalid")
    issued = int(now.timestamp())
    head = {"alg": "RS256", "typ": "JWT", "kid": account.private_key_id}
    claims = {
        "iss": account.client_email,
        "scope": _SCOPE,
        "aud": account.token_uri,
        "iat": issued,
        "exp": issued + int(_LIFE.total_seconds()),
    }
    text = f"{_base64url(msgspec.json.encode(head))}.{_base64url(msgspec.json.encode(claims))}"
    return f"{text}.{_base64url(key.sign(text.encode(), PKCS1v15(), SHA256()))}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
