"""VRF proofs: which eighty bytes are one. Whether it proves anything is the miners' business."""

from typing import Final

VRF_PROOF_BYTES: Final = 80

# edwards25519 (RFC 8032): the field, the order of its large subgroup, and the curve's d.
_FIELD: Final = (1 << 255) - 19
_ORDER: Final = (1 << 252) + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _FIELD) % _FIELD
# The y of the eight points whose multiple by eight is nothing.
_EIGHTH: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL: Final = frozenset({0, 1, _FIELD - 1, _EIGHTH, _FIELD - _EIGHTH})
_SIGN: Final = 1 << 255
_POINT_BYTES: Final = 32
_SCALAR_AT: Final = 48


def is_vrf_proof(raw: bytes) -> bool:
    """Say whether a point of large order, 16 free bytes and a reduced scalar follow each other."""
    if len(raw) != VRF_PROOF_BYTES or int.from_bytes(raw[_SCALAR_AT:], "little") >= _ORDER:
        return False
    y = int.from_bytes(raw[:_POINT_BYTES], "little") & ~_SIGN
    if y >= _FIELD or y in _SMALL:
        return False
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _FIELD)
    return pow(square, (_FIELD - 1) // 2, _FIELD) == 1
