"""Actor: who is asking, in which mode, with which permissions."""

from dataclasses import dataclass

from sluice.base.errors import Forbidden
from sluice.base.ids import MerchantId


@dataclass(frozen=True, slots=True)
class Actor:
    """A merchant's program, or the system itself, which sees every merchant."""

    merchant_id: MerchantId | None
    livemode: bool
    permissions: frozenset[str]
    key_id: str | None = None

    @property
    def merchant(self) -> MerchantId:
        """Return the merchant, or refuse when the system itself is acting."""
        if self.merchant_id is None:
            raise Forbidden("this can only be done on behalf of a merchant")
        return self.merchant_id

    def require(self, permission: str) -> None:
        """Refuse unless the permission was given."""
        if permission not in self.permissions:
            raise Forbidden(f"The key lacks the scope {permission}.")


SYSTEM = Actor(merchant_id=None, livemode=False, permissions=frozenset())
