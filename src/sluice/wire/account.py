"""Account on the wire: the merchant, as Stripe's SDK asks for it first."""

from collections.abc import Mapping
from typing import Final

from sluice.business.accounts.merchants.model import Merchant
from sluice.wire.shapes import Shape
from sluice.wire.show import Shown, stamp

RETRIEVE: Final = Shape("account.retrieve", {})


def show_account(merchant: Merchant, payable: Mapping[str, bool]) -> Shown:
    """Show a merchant; `payable` says of each network whether it can be paid there."""
    return {
        "id": merchant.id,
        "object": "account",
        "business_profile": {"name": merchant.name, "url": None},
        "business_type": None,
        "capabilities": {
            f"{network}_payments": "active" if can else "inactive"
            for network, can in payable.items()
        },
        "charges_enabled": merchant.status == "active",
        "country": None,
        "created": stamp(merchant.created_at),
        "default_currency": "usd",
        "details_submitted": True,
        "email": None,
        "metadata": {},
        "payouts_enabled": False,
        "settings": {
            "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
            "card_payments": {"statement_descriptor_prefix": None},
            "dashboard": {"display_name": merchant.name, "timezone": "Etc/UTC"},
            "payments": {"statement_descriptor": None},
        },
        "type": "standard",
        # The merchant's wallets are watched; no key to them is here.
        "custody": "watch_only",
    }
