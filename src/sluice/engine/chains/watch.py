"""Watch: the addresses somebody waits at, eight bytes each, however many there are."""

import hashlib
from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from typing import Final

_BYTES: Final = 8


class Watch:
    """Says of an output script whether somebody may wait at its address.

    It never says no of one that was added. A wrong yes, once in some 10^14 scripts at 200,000
    addresses, costs a look into the database, which knows for sure.
    """

    def __init__(self, script_of: Callable[[str], bytes]) -> None:
        self._script_of = script_of
        self._marks = array("Q")
        # Addresses whose payments may come any moment, for sources that are asked for each.
        self.open: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self._marks)

    def __contains__(self, script: object) -> bool:
        if not isinstance(script, bytes):
            return False
        mark = _mark(script)
        place = bisect_left(self._marks, mark)
        return place < len(self._marks) and self._marks[place] == mark

    def add(self, addresses: Iterable[str]) -> None:
        """Watch these addresses from now on, too."""
        fresh = {_mark(self._script_of(address)) for address in addresses}
        few = len(fresh) < 1 + len(self._marks) // 64
        if few:
            for mark in fresh:
                place = bisect_left(self._marks, mark)
                if place == len(self._marks) or self._marks[place] != mark:
                    insort(self._marks, mark)
        else:
            self._marks = array("Q", sorted(fresh.union(self._marks)))


def _mark(script: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(script, digest_size=_BYTES).digest(), "big")
