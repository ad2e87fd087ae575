"""Endpoint: a provider's URL taken apart, so that its keys are sent and never told."""

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

# A path or query part shorter than this is a word such as `rpc` or `v3`, not a key.
_SECRET_MIN: Final = 8
_MESSAGE_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to ask and with which headers; only the host may be shown."""

    host: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    secrets: Sequence[str] = field(repr=False)

    @classmethod
    def of(cls, url: str, *, key_header: str | None = None) -> "Endpoint":
        """Take a URL apart; a user in it becomes a header.

        Without a password and where the provider has a header for keys, the user is the key.
        """
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        headers = {"Content-Type": "application/json"}
        secrets = [part for part in parts.path.split("/") if len(part) >= _SECRET_MIN]
        secrets += [value for _, value in parse_qsl(parts.query) if len(value) >= _SECRET_MIN]
        if parts.username is not None:
            user, password = unquote(parts.username), unquote(parts.password or "")
            token = base64.b64encode(f"{user}:{password}".encode()).decode()
            if key_header is not None and not password:
                headers[key_header] = user
            else:
                headers["Authorization"] = f"Basic {token}"
            secrets += [secret for secret in (token, password, user) if secret]
        return cls(
            host, urlunsplit((parts.scheme, host, parts.path, parts.query, "")), headers, secrets
        )

    def at(self, path: str) -> str:
        """Return the URL of a path below this one; the endpoint's own query stays."""
        parts = urlsplit(self.url)
        path, _, query = path.partition("?")
        queries = "&".join(one for one in (query, parts.query) if one)
        return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + path, queries, ""))

    def scrub(self, text: str) -> str:
        """Return the beginning of a provider's own words without our keys."""
        for secret in self.secrets:
            text = text.replace(secret, "…")
        return "".join(letter if letter.isprintable() else " " for letter in text[:_MESSAGE_MAX])


def retry_after_s(headers: Mapping[str, str], now: dt.datetime) -> float | None:
    """Return how long a provider asks us to wait, or None when it does not say."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:6])
    try:
        return max((parsedate_to_datetime(text) - now).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None
