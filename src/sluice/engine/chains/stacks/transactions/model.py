"""A transaction of Stacks."""

from enum import IntEnum
from typing import Final

import msgspec

from sluice.engine.chains.stacks.transactions.authorization import Condition
from sluice.engine.chains.stacks.transactions.payloads import Payload
from sluice.engine.chains.stacks.transactions.post_conditions import PostCondition

BYTES_MAX: Final = 2 << 20

MAINNET_CHAIN: Final = 1
TESTNET_CHAIN: Final = 0x80000000


class Version(IntEnum):
    """Which kind of network it is for; which network exactly is the chain id's business."""

    MAINNET = 0x00
    TESTNET = 0x80


class AnchorMode(IntEnum):
    """In which blocks it may stand; of no effect since Nakamoto, where ANY is written."""

    ON_CHAIN = 1
    OFF_CHAIN = 2
    ANY = 3


class PostConditionMode(IntEnum):
    """What may move that no condition names: anything, nothing, or what is not the origin's."""

    ALLOW = 1
    DENY = 2
    ORIGINATOR = 3


class Transaction(msgspec.Struct, frozen=True, gc=False):
    """Who authorises (and who pays, when sponsored), what may move, and what is done."""

    version: Version
    chain_id: int
    origin: Condition
    payload: Payload
    sponsor: Condition | None = None
    anchor_mode: AnchorMode = AnchorMode.ANY
    post_condition_mode: PostConditionMode = PostConditionMode.DENY
    post_conditions: tuple[PostCondition, ...] = ()

    @property
    def is_mainnet(self) -> bool:
        """Say whether it is for mainnet."""
        return self.version is Version.MAINNET
