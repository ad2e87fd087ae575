"""What an Ethereum wallet is asked (EIP-1193): a transfer on one network, our reference behind."""

from collections.abc import Mapping
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.evm.calldata import transfer_call
from sluice.engine.chains.wallets import WalletOrder, WalletRequest

SEND: Final = "eth_sendTransaction"


class EvmWallets:
    """Requests for one network. The wallet must be on it first: `chainId` says which."""

    def __init__(self, tokens: Mapping[str, str], *, chain_id: int) -> None:
        self._tokens = tokens
        self._chain_id = chain_id

    def ask_wallet(self, order: WalletOrder) -> WalletRequest:
        """Return the call of the token's `transfer`; nothing of the network's own coin moves."""
        token = self._tokens.get(order.asset)
        if token is None:
            raise Invalid("No wallet is asked for this asset.", code="asset_not_on_network")
        call = transfer_call(token, order.address, order.units, order.memo)
        transaction = {"from": order.payer, "to": call.to, "value": "0x0", "data": call.data}
        params = {"chainId": hex(self._chain_id), "transaction": transaction}
        return WalletRequest(SEND, params, order.units)
