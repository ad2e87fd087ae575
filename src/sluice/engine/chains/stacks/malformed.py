"""Malformed: bytes that consensus would not accept, and where they go wrong."""

from sluice.base.errors import Invalid


class Malformed(Invalid):
    """These bytes are not what they should be; `offset` counts from the first byte, which is 0."""

    default_code = "malformed_bytes"

    def __init__(self, offset: int, expected: str, found: str) -> None:
        super().__init__(f"Byte {offset}: expected {expected}, found {found}.")
        self.offset = offset
        self.expected = expected
        self.found = found
