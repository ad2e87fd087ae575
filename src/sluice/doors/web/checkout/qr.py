"""QR codes as inline SVG: no request, no script, sharp at any size."""

from typing import Final

import segno
from markupsafe import Markup

# A quarter of the code may be unreadable: screens are dirty, and cameras shake.
_ERROR: Final = "m"
_QUIET: Final = 3


def draw_qr(text: str, label: str) -> Markup:
    """Draw a text, announced as `label`; always dark on light, as scanners expect."""
    code = segno.make(text, error=_ERROR, micro=False)
    drawn: str = code.svg_inline(
        border=_QUIET, omitsize=True, svgclass="qr", lineclass=None, dark="#000", light="#fff"
    )
    return Markup('<svg role="img" aria-label="{}" ').format(label) + Markup(  # noqa: S704 - segno's own
        drawn.removeprefix("<svg ")
    )
