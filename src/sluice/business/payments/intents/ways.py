"""Which ways of telling payments apart a network and a merchant allow; pure."""

from sluice.base.errors import Invalid
from sluice.business.accounts.merchants.model import Wallets
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.gateway import GatewayAccount
from sluice.engine.chains.model import Style


def can_receive(chain: Chain, wallets: Wallets) -> bool:
    """Say whether payments on a network find their way to the merchant, each known as itself."""
    return chain.network.name in wallets.deposits or _is_paid_there(chain, wallets)


def choose_style(
    chain: Chain,
    asked: Style | None,
    wallets: Wallets,
    gateway: GatewayAccount | None,
    *,
    has_own: bool,
) -> Style:
    """Return the strongest style that anybody can pay by here, or the one asked for.

    A contract can only be called by a wallet that signs calls; so it is taken when it is asked for,
    and else waited for beside what can be paid by hand.
    """
    name = chain.network.name
    if is_deposit(chain, asked, wallets):
        return Style.DEPOSIT
    possible = [style for style in chain.network.styles if has_own or style is not Style.ADDRESS]
    if gateway is not None and asked is Style.CONTRACT:
        return asked
    if name in wallets.accounts:
        possible = list(dict.fromkeys((Style.ADDRESS, *possible)))
    if asked is None:
        by_amount = possible[0] is Style.MEMO and name in wallets.addresses
        return Style.AMOUNT if by_amount else possible[0]
    if asked not in possible:
        raise Invalid(
            f"{chain.network.title} payments cannot be told apart by {asked}.",
            code="parameter_invalid_enum",
            param="payment_method_options",
        )
    return asked


def is_deposit(chain: Chain, asked: Style | None, wallets: Wallets) -> bool:
    """Say whether the network's coin is taken as another network's token."""
    wanted = asked is Style.DEPOSIT or (asked is None and not _is_paid_there(chain, wallets))
    return wanted and chain.network.name in wallets.deposits


def _is_paid_there(chain: Chain, wallets: Wallets) -> bool:
    name = chain.network.name
    if chain.derive or name in wallets.accounts:
        return True
    return name in wallets.addresses and tuple(chain.network.styles) != (Style.ADDRESS,)
