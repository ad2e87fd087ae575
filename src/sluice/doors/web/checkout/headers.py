"""The headers of every answer to a payer's browser: nothing foreign, nothing inline."""

from typing import Final

_SOURCES: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
)
_POLICY: Final = "; ".join(_SOURCES)
_UNUSED: Final = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid", "magnetometer",
    "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb",
)  # fmt: skip
_PERMISSIONS: Final = ", ".join((*(f"{name}=()" for name in _UNUSED), "clipboard-write=(self)"))
_TWO_YEARS_S: Final = 2 * 365 * 86_400


def secure_headers(*, https: bool) -> dict[str, str]:
    """Return what every answer carries; a browser heeds HSTS over https only."""
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": _PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
    }
    if https:
        headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS_S}"
    return headers
