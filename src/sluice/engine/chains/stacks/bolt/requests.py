"""BoltWallets: what a wallet is asked where the payer pays the network's fee in sBTC, by Bolt."""

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.bolt.forms import Bolt, SimulatedBolt, pay
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.requests import CALL, network_of
from sluice.engine.chains.stacks.transactions.payloads import ContractCall
from sluice.engine.chains.stacks.transactions.post_conditions import write_post_condition
from sluice.engine.chains.wallets import WalletOrder, WalletRequest


class BoltWallets:
    """Requests for one network, at a fee that was asked for before.

    The wallet signs and does not send: `sponsored` makes it return the bytes, for the service.
    """

    def __init__(self, bolt: Bolt | SimulatedBolt, *, asset: str, chain_id: int, fee: int) -> None:
        self._bolt = bolt
        self._asset = asset
        self._network = network_of(chain_id)
        self._fee = fee

    def ask_wallet(self, order: WalletOrder) -> WalletRequest:
        """Return a transfer through Bolt's contract, which takes the fee beside the amount."""
        if order.asset != self._asset:
            raise Invalid("Bolt moves no such asset.", code="asset_not_on_network")
        content = pay(self._bolt, order, self._fee)
        call = content.payload
        if not isinstance(call, ContractCall):
            raise TypeError("a transfer through Bolt is a contract call")
        conditions = []
        for condition in content.conditions:
            written = bytearray()
            write_post_condition(written, condition)
            conditions.append(f"0x{written.hex()}")
        params = {
            "contract": str(call.contract),
            "functionName": call.function,
            "functionArgs": [f"0x{encode_value(one).hex()}" for one in call.arguments],
            "postConditions": conditions,
            "postConditionMode": "deny",
            "sponsored": True,
            "network": self._network,
        }
        return WalletRequest(CALL, params, order.units + self._fee)
