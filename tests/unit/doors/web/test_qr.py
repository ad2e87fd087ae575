"""QR codes: the right text, drawn without anything a policy would refuse."""

import re
from typing import Final

import segno

from sluice.doors.web.checkout.qr import draw_qr

URI: Final = "sandbox:sb1Dyi5kxi1EEqZDSYfiaXhHnZ8XG3HUGgN7?asset=usdc&amount=12.50"


def test_the_dark_modules_are_those_of_the_text() -> None:
    drawn = str(draw_qr(URI, "QR code"))

    code = segno.make(URI, error="m", micro=False)
    dark = sum(sum(row) for row in code.matrix)
    assert sum(int(run) for run in re.findall(r"h(\d+)", drawn.rpartition("<path")[2])) == dark


def test_nothing_inline_is_in_it_and_its_label_is_text() -> None:
    drawn = str(draw_qr(URI, 'pay "<b>"'))

    assert drawn.startswith('<svg role="img" aria-label="pay &#34;&lt;b&gt;&#34;" ')
    assert "style" not in drawn
    assert "<script" not in drawn
