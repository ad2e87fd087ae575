"""Story: what one provider tells, lies included; pure, and it notes which lies it told."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sluice.engine.chains.model import Block, Header, Transfer
from sluice.engine.chains.sandbox.model import Lie, LieKind


class Story:
    """One answer of a provider: the truth, bent by its lies; `told` are those that mattered."""

    def __init__(self, lies: Mapping[int, Lie]) -> None:
        self._lies = lies
        self.told: set[int] = set()

    def is_silent(self, kind: LieKind) -> bool:
        """Say whether the provider gives an error here instead of an answer."""
        numbers = [number for number, _ in self._of(kind)]
        self.told.update(numbers)
        return bool(numbers)

    def branch(self) -> str | None:
        """Return the tip of the branch the provider follows, if it is not the best one."""
        for number, lie in self._of(LieKind.BRANCH):
            self.told.add(number)
            return lie.tip
        return None

    def lag(self) -> int:
        """Return how many of the newest blocks the provider does not know yet."""
        lag_blocks = 0
        for number, lie in self._of(LieKind.STALE):
            self.told.add(number)
            lag_blocks += lie.lag_blocks or 0
        return lag_blocks

    def bend_headers(self, headers: Sequence[Header]) -> list[Header]:
        """Return the headers as the provider tells them."""
        bent = list(headers)
        for number, lie in self._of(LieKind.PARENT):
            for place, header in enumerate(bent):
                if lie.height in (None, header.height):
                    wrong = hashlib.sha256(f"not {header.parent}".encode()).hexdigest()
                    bent[place] = replace(header, parent=wrong)
                    self.told.add(number)
                    break
        return bent

    def bend_blocks(self, blocks: Sequence[Block]) -> list[Block]:
        """Return whole blocks as the provider tells them."""
        headers = self.bend_headers([block.header for block in blocks])
        bent = [
            Block(header, block.transfers) for header, block in zip(headers, blocks, strict=True)
        ]
        for number, lie in self._lies.items():
            for place, block in enumerate(bent):
                transfers = _bend(block.transfers, lie, height=block.header.height)
                if transfers is not None:
                    bent[place] = replace(block, transfers=tuple(transfers))
                    self.told.add(number)
                    break
        for number, _ in self._of(LieKind.PARTIAL):
            if bent:
                self.told.add(number)
                bent.pop()
        return bent

    def bend_pending(self, transfers: Sequence[Transfer]) -> list[Transfer]:
        """Return the waiting transfers as the provider tells them."""
        bent = list(transfers)
        for number, lie in self._lies.items():
            told = _bend(bent, lie, height=None)
            if told is not None:
                bent = told
                self.told.add(number)
        return bent

    def _of(self, kind: LieKind) -> Iterable[tuple[int, Lie]]:
        return [(number, lie) for number, lie in self._lies.items() if lie.kind is kind]


def _bend(transfers: Sequence[Transfer], lie: Lie, *, height: int | None) -> list[Transfer] | None:
    """Return one block's transfers bent by one lie, or None when it does not apply here."""
    if lie.kind is LieKind.INVENT and lie.transfer is not None:
        # An invention for a certain block waits for it; any other appears wherever it can.
        return [*transfers, lie.transfer] if lie.height in (None, height) else None
    meant = [transfer for transfer in transfers if lie.tx_id in (None, transfer.tx_id)]
    return _bend_first(transfers, meant, lie) if meant else None


def _bend_first(
    transfers: Sequence[Transfer], meant: Sequence[Transfer], lie: Lie
) -> list[Transfer] | None:
    first = meant[0]
    match lie.kind:
        case LieKind.HIDE:
            gone = meant if lie.tx_id else [first]
            return [transfer for transfer in transfers if transfer not in gone]
        case LieKind.DOUBLE:
            last_index = max(t.index for t in transfers if t.tx_id == first.tx_id)
            return [*transfers, replace(first, index=last_index + 1)]
        case LieKind.REPEAT:
            return [*transfers, first]
        case LieKind.UNITS:
            units = first.units + 1 if lie.units is None else lie.units
            return [replace(t, units=units) if t == first else t for t in transfers]
        case _:
            return None
