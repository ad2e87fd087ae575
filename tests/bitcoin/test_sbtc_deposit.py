"""An sBTC deposit on a real node: paid by a wallet, taken back after its lock, or swept before."""

from typing import Final

import pytest
from embit import psbt as other_psbt
from embit.ec import PrivateKey as OtherKey

from sluice.engine.chains.bitcoin.addresses import read_address
from sluice.engine.chains.bitcoin.nets import REGTEST
from sluice.engine.chains.bitcoin.psbt.write import encode_psbt
from sluice.engine.chains.bitcoin.transactions.model import Input, Outpoint, Output, Transaction
from sluice.engine.chains.bitcoin.transactions.read import decode_transaction
from sluice.engine.chains.bitcoin.transactions.write import encode_transaction
from sluice.engine.chains.stacks.sbtc.deposit import (
    Deposit,
    FoundDeposit,
    check_deposit,
    deposit_address,
)
from sluice.engine.chains.stacks.sbtc.locks import is_reclaimable, reclaimable_at
from sluice.engine.chains.stacks.sbtc.reclaim import Reclaim, build_reclaim, finish_reclaim
from sluice.engine.chains.stacks.sbtc.taproot import script_path_hash
from tests.bitcoin.bitcoind import Bitcoind, RpcError
from tests.unit.engine.chains.stacks.sbtc.deposits import (
    SIGNERS,
    TEST_RECIPIENT,
    USER,
    a_deposit,
)

SATS: Final = 1_000_000


async def paid(bitcoind: Bitcoind, deposit: Deposit) -> FoundDeposit:
    """Pay a deposit from the node's wallet, mine it, and find it as the signers do."""
    tx_id = await bitcoind.pay(deposit_address(deposit, REGTEST), SATS)
    await bitcoind.mine()
    raw = bytes.fromhex(await bitcoind.ask("getrawtransaction", tx_id, 0, await tip(bitcoind)))
    outputs = decode_transaction(raw).outputs
    index = [one.script for one in outputs].index(deposit.output_script)
    return check_deposit(raw, Outpoint(tx_id, index), deposit, REGTEST)


async def tip(bitcoind: Bitcoind) -> str:
    """Return the newest block's hash."""
    best: str = await bitcoind.ask("getbestblockhash")
    return best


async def a_script(bitcoind: Bitcoind) -> bytes:
    """Return an output script of the wallet's."""
    return read_address(await bitcoind.new_address(), REGTEST)


@pytest.mark.parametrize("lock_blocks", [4, 17, 150])
@pytest.mark.parametrize("recipient", [TEST_RECIPIENT, f"{TEST_RECIPIENT}.{'a' * 40}"])
async def test_a_deposit_comes_back_after_its_lock_and_not_before(
    bitcoind: Bitcoind, recipient: str, lock_blocks: int
) -> None:
    deposit = a_deposit(recipient, lock_blocks=lock_blocks)
    found = await paid(bitcoind, deposit)
    mined_at = await bitcoind.ask("getblockcount")
    built = build_reclaim(Reclaim(deposit, found, await a_script(bitcoind), 2_000, 5_000))
    theirs = other_psbt.PSBT.parse(encode_psbt(built.psbt))
    theirs.sign_with(OtherKey(USER))
    signed = finish_reclaim(built, theirs.serialize())

    await bitcoind.mine(lock_blocks - 2)
    height = await bitcoind.ask("getblockcount")
    assert not is_reclaimable(mined_at, height, lock_blocks)
    with pytest.raises(RpcError, match="non-BIP68-final"):
        await bitcoind.ask("sendrawtransaction", signed.raw.hex())

    await bitcoind.mine()
    assert is_reclaimable(mined_at, height + 1, lock_blocks)
    assert await bitcoind.ask("sendrawtransaction", signed.raw.hex()) == signed.tx_id
    entry = await bitcoind.ask("getmempoolentry", signed.tx_id)
    assert entry["vsize"] == signed.vsize == built.vsize
    await bitcoind.mine()
    assert await bitcoind.ask("getblockcount") == reclaimable_at(mined_at, lock_blocks)
    block = await bitcoind.ask("getblock", await tip(bitcoind))
    assert signed.tx_id in block["tx"]


@pytest.mark.parametrize("recipient", [TEST_RECIPIENT, f"{TEST_RECIPIENT}.{'a' * 40}"])
async def test_the_signers_can_sweep_at_once(bitcoind: Bitcoind, recipient: str) -> None:
    deposit = a_deposit(recipient)
    found = await paid(bitcoind, deposit)
    unsigned = Transaction(
        (Input(found.outpoint),), (Output(SATS - 2_000, await a_script(bitcoind)),)
    )
    spent = [Output(found.sats, deposit.output_script)]
    digest = script_path_hash(unsigned, 0, spent, deposit.deposit_script)

    def swept(secret: bytes, control: bytes) -> str:
        signature = OtherKey(secret).schnorr_sign(digest).serialize()
        witness = (signature, deposit.deposit_script, control)
        inputs = (Input(found.outpoint, witness=witness),)
        return encode_transaction(Transaction(inputs, unsigned.outputs)).hex()

    with pytest.raises(RpcError, match="Invalid Schnorr signature"):
        await bitcoind.ask("sendrawtransaction", swept(USER, deposit.deposit_control))
    with pytest.raises(RpcError, match="Witness program hash mismatch"):
        await bitcoind.ask("sendrawtransaction", swept(SIGNERS, deposit.reclaim_control))

    sent = await bitcoind.ask("sendrawtransaction", swept(SIGNERS, deposit.deposit_control))
    await bitcoind.mine()

    assert sent in (await bitcoind.ask("getblock", await tip(bitcoind)))["tx"]
