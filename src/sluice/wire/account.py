"""Account on the wire: the merchant, as Stripe's SDK asks for it first."""

from typing import Final

from sluice.business.accounts.merchants.model import Merchant
from sluice.wire.shapes import Shape
from sluice.wire.show import Shown, stamp

RETRIEVE: Final = Shape("account.retrieve", {})


def show_account(merchant: Merchant, capabilities: dict[str, str]) -> Shown:
    """Show a merchant; `capabilities` say in the open who holds the keys on each network."""
    return {
        "id": merchant.id,
        "object": "account",
        "business_profile": {"name": merchant.name, "url": None},
        "business_type": None,
        "capabilities": capabilities,
        "charges_enabled": merchant.status == "active",
        "country": None,
        "created": stamp(merchant.created_at),
        "default_currency": "usd",
        "details_submitted": True,
        "email": None,
        "metadata": {},
        "payouts_enabled": False,
        "settings": {"dashboard": {"display_name": merchant.name, "timezone": "Etc/UTC"}},
        "type": "standard",
    }
