"""What a payer does for a PaymentIntent himself: ask his wallet, sign, show what he sent."""

from typing import Final

from sluice.engine.chains.wallets import WalletRequest
from sluice.wire.fields import Flag, Integer, Text
from sluice.wire.shapes import Shape
from sluice.wire.show import Shown

WALLET: Final = Shape(
    "payment_intent.wallet_request",
    {
        "network": Text(40, required=True, doc="A network that was offered."),
        "token": Text(20, required=True, doc="An asset that was offered there."),
        "payer": Text(200, required=True, doc="The address that the wallet pays from."),
        "authorization": Flag(
            doc="Ask for a signature instead of a transaction (EIP-3009), which the shop brings to "
            "the network: send it to `/v1/payment_intents/{id}/authorization`."
        ),
        "client_secret": Text(200),
    },
)
AUTHORIZATION: Final = Shape(
    "payment_intent.authorization",
    {
        "network": Text(40, required=True, doc="A network that was offered."),
        "token": Text(20, required=True, doc="An asset that was offered there."),
        "payer": Text(200, required=True, doc="The address that signed."),
        "valid_before": Integer(1, 1 << 53, required=True, doc="`validBefore`, as it was signed."),
        "nonce": Text(
            66,
            "0x[0-9a-fA-F]{64}",
            required=True,
            doc="`nonce`, as it was signed.",
        ),
        "signature": Text(
            8_194,
            "0x(?:[0-9a-fA-F]{2})+",
            required=True,
            doc="What the wallet answered.",
        ),
        "client_secret": Text(200),
    },
)
MATCH: Final = Shape(
    "payment_intent.match",
    {
        "network": Text(40, required=True, doc="A network that was offered."),
        "transaction": Text(100, required=True, doc="The id of a transaction on it."),
        "payer": Text(200, doc="Who sent it; needed with a publishable key."),
        "payer_signature": Text(
            8_400,
            doc="The payer's signature (`personal_sign`, in hex) of the text "
            "`I paid <id of the PaymentIntent> with <transaction>.`",
        ),
        "client_secret": Text(200),
    },
)


def show_wallet_request(asked: WalletRequest) -> Shown:
    """Show what a wallet is asked; a page passes method and params on as they are."""
    return {
        "object": "wallet_request",
        "method": asked.method,
        "params": dict(asked.params),
        "amount": str(asked.units),
    }
