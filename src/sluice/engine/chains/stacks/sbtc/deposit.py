"""Deposit: a Bitcoin output that becomes sBTC for somebody, or goes back to who paid it."""

from dataclasses import dataclass

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import write_address
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.bitcoin.scripts import ScriptType, script_of
from sluice.engine.chains.bitcoin.transactions.model import Outpoint, Output
from sluice.engine.chains.bitcoin.transactions.read import decode_transaction
from sluice.engine.chains.bitcoin.transactions.write import tx_id_of
from sluice.engine.chains.stacks.sbtc.contracts import is_of
from sluice.engine.chains.stacks.sbtc.locks import check_lock
from sluice.engine.chains.stacks.sbtc.scripts import (
    DepositScript,
    ReclaimScript,
    read_deposit_script,
    read_reclaim_script,
    write_deposit_script,
    write_reclaim_script,
)
from sluice.engine.chains.stacks.sbtc.taproot import control_block, output_key, root_of


@dataclass(frozen=True, slots=True)
class Deposit:
    """What a deposit's address stands for. The signers' key rotates: use it soon, or anew."""

    deposit: DepositScript
    reclaim: ReclaimScript

    @property
    def deposit_script(self) -> bytes:
        """Return the script that the signers spend by."""
        return write_deposit_script(self.deposit)

    @property
    def reclaim_script(self) -> bytes:
        """Return the script that the user spends by, after the lock."""
        return write_reclaim_script(self.reclaim)

    @property
    def root(self) -> bytes:
        """Return the root of the tree of both scripts."""
        return root_of(self.deposit_script, self.reclaim_script)

    @property
    def output_script(self) -> bytes:
        """Return the script of the output."""
        return script_of(ScriptType.P2TR, output_key(self.root)[1:])

    @property
    def deposit_control(self) -> bytes:
        """Return the signers' control block."""
        return control_block(self.deposit_script, self.reclaim_script)

    @property
    def reclaim_control(self) -> bytes:
        """Return the user's control block."""
        return control_block(self.reclaim_script, self.deposit_script)


@dataclass(frozen=True, slots=True)
class FoundDeposit:
    """An output that is the deposit it should be."""

    outpoint: Outpoint
    sats: int


def offer_deposit(deposit: DepositScript, reclaim: ReclaimScript, net: Net) -> Deposit:
    """Return a deposit that the signers would take: of this network, with time for them to act.

    Raises Invalid: `lock_time_invalid`, `deposit_invalid`, `deposit_script_invalid`.
    """
    check_lock(reclaim.lock_blocks)
    offered = Deposit(deposit, reclaim)
    _check_recipient(offered, net)
    return read_deposit(offered.deposit_script, offered.reclaim_script)


def deposit_address(deposit: Deposit, net: Net) -> str:
    """Return the address to pay to. Raises Invalid for a recipient of the other network.

    Mainnet's sBTC stands on Bitcoin's mainnet; testnet's stands on a regtest of Hiro's.
    """
    _check_recipient(deposit, net)
    return write_address(deposit.output_script, net)


def read_deposit(deposit_script: bytes, reclaim_script: bytes) -> Deposit:
    """Read both scripts, strictly. Raises Invalid: `deposit_script_invalid`; Malformed."""
    return Deposit(read_deposit_script(deposit_script), read_reclaim_script(reclaim_script))


def check_deposit(raw: bytes, outpoint: Outpoint, deposit: Deposit, net: Net) -> FoundDeposit:
    """Return the deposit in a transaction's bytes, after the checks that the signers make.

    Raises Invalid: `deposit_invalid` for another transaction, a missing output, an output of other
    scripts or a recipient of the other network; Malformed for what is no transaction.
    """
    transaction = decode_transaction(raw)
    if tx_id_of(transaction) != outpoint.tx_id:
        raise _refused("The transaction is another.")
    if outpoint.index >= len(transaction.outputs):
        raise _refused(f"The transaction has no output {outpoint.index}.")
    output: Output = transaction.outputs[outpoint.index]
    if output.script != deposit.output_script:
        raise _refused("The output stands for other scripts.")
    _check_recipient(deposit, net)
    return FoundDeposit(outpoint, output.sats)


def _check_recipient(deposit: Deposit, net: Net) -> None:
    if not is_of(deposit.deposit.recipient, is_mainnet=net.is_main):
        raise _refused(f"Its recipient is not of the Stacks network over Bitcoin's {net.name}.")


def _refused(why: str) -> Invalid:
    return Invalid(f"This is not the sBTC deposit it should be. {why}", code="deposit_invalid")
