"""Conversion on the wire: bitcoin on its way to the merchant's sBTC, both legs side by side."""

from typing import Final

from sluice.business.payments.conversions.model import Conversion
from sluice.wire.fields import Text
from sluice.wire.shapes import Shape
from sluice.wire.show import Shown

LIST: Final = Shape("conversion.list", {"client_secret": Text(200)})


def show_conversion(conversion: Conversion) -> Shown:
    """Show a conversion."""
    minted = conversion.minted
    return {
        "id": f"{conversion.network}:{conversion.tx_id}:{conversion.index}",
        "object": "conversion",
        "payment_intent": conversion.intent_id,
        "livemode": conversion.livemode,
        "status": conversion.state.value,
        "delayed": conversion.is_delayed,
        "paid": {
            "network": conversion.network,
            "transaction_hash": conversion.tx_id,
            "output_index": conversion.index,
            "amount": str(conversion.units),
            "block_height": conversion.mined_at,
        },
        "signers": {
            "told": conversion.is_told,
            "status": conversion.news,
            "sweep_transaction_hash": conversion.sweep_tx_id,
        },
        "received": None
        if minted is None
        else {
            "transaction_hash": conversion.minted_tx_id,
            "amount": str(minted),
            "fee": str(conversion.units - minted),
        },
    }
