"""Which mint is a payment's: one that the real registry says what it is for."""

from typing import Final

from sluice.engine.chains.model import Transfer
from sluice.engine.chains.stacks.clarity.model import Ascii, Buffer, UInt, Value, tuple_of
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.sbtc.contracts import SbtcContracts
from sluice.engine.chains.stacks.sbtc.minted import minted_transfers
from sluice.engine.chains.stacks.shapes import RawAsset, RawEvent, RawHexed, RawPrint

TOKEN: Final = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token"
CONTRACTS: Final = SbtcContracts.of_token(TOKEN)
SHOP: Final = "ST19H4R5A58CSW8MCADYZMGP85FN2RZ0Z9MXV452Z"
TX: Final = "0x" + "ab" * 32
BITCOIN: Final = "01" + "00" * 30 + "ff"


def minted(
    index: int, units: int, *, asset: str = TOKEN, kind: str = "mint", to: str = SHOP
) -> RawEvent:
    moved = RawAsset(kind, asset, None, to, str(units))
    return RawEvent(index, "fungible_token_asset", TX, asset=moved)


def completed(
    index: int, units: int, *, contract: str = str(CONTRACTS.registry), vout: int = 1
) -> RawEvent:
    fields: dict[str, Value] = {
        "topic": Ascii("completed-deposit"),
        "bitcoin-txid": Buffer(bytes.fromhex(BITCOIN)[::-1]),
        "output-index": UInt(vout),
        "amount": UInt(units),
        "burn-hash": Buffer(bytes(32)),
        "burn-height": UInt(7),
        "sweep-txid": Buffer(bytes(32)),
    }
    printed = RawHexed(f"0x{encode_value(tuple_of(fields)).hex()}")
    return RawEvent(
        index, "smart_contract_log", TX, contract_log=RawPrint(contract, "print", printed)
    )


def test_a_mint_is_told_with_the_output_it_is_for() -> None:
    found = minted_transfers([minted(0, 900), completed(1, 900)], CONTRACTS)

    settles = f"deposit:{BITCOIN}:1"
    registry = str(CONTRACTS.registry)
    assert found == [Transfer(TX, 0, "sbtc", registry, SHOP, 900, memo=settles, settles=settles)]


def test_one_without_the_other_is_nothing() -> None:
    assert minted_transfers([minted(0, 900)], CONTRACTS) == []
    assert minted_transfers([completed(1, 900)], CONTRACTS) == []
    assert minted_transfers([minted(0, 901), completed(1, 900)], CONTRACTS) == []
    assert minted_transfers([completed(0, 900), minted(1, 900)], CONTRACTS) == []


def test_only_the_real_token_and_the_real_registry_count() -> None:
    forged = f"{SHOP}.sbtc-token::sbtc-token"
    locked = TOKEN.replace("::sbtc-token", "::sbtc-token-locked")
    for asset in (forged, locked):
        assert minted_transfers([minted(0, 900, asset=asset), completed(1, 900)], CONTRACTS) == []
    other = completed(1, 900, contract=f"{SHOP}.sbtc-registry")
    assert minted_transfers([minted(0, 900), other], CONTRACTS) == []
    assert minted_transfers([minted(0, 900, kind="burn"), completed(1, 900)], CONTRACTS) == []


def test_several_mints_of_one_transaction_are_told_apart() -> None:
    events = [minted(0, 900), completed(1, 900), minted(2, 900), completed(3, 900, vout=2)]

    found = minted_transfers(events, CONTRACTS)

    assert [(one.index, one.settles) for one in found] == [
        (0, f"deposit:{BITCOIN}:1"),
        (2, f"deposit:{BITCOIN}:2"),
    ]
    assert len(minted_transfers([*events[:2], completed(3, 900, vout=2)], CONTRACTS)) == 1
