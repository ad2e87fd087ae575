"""Which signer a hot wallet has: of the signers file, or the sandbox's own for each merchant."""

from collections.abc import Awaitable, Callable

from sluice.base.sealing import Sealer
from sluice.engine.chains.sandbox.model import NAME as SANDBOX
from sluice.engine.keys.ring import Ring
from sluice.engine.keys.signer import Signer
from sluice.engine.keys.signers.local import LocalSigner


def find_signer(ring: Ring, sealer: Sealer) -> Callable[[str], Awaitable[Signer]]:
    """Return what finds a wallet's signer by the name it has for it."""

    async def find(name: str) -> Signer:
        network, _, merchant = name.partition(":")
        if network == SANDBOX and merchant:
            return sandbox_key(sealer, merchant)
        return await ring.signer(name)

    return find


def sandbox_key(sealer: Sealer, merchant_id: str) -> Signer:
    """Return the signer of a merchant's wallet on the sandbox, where no key is worth anything."""
    return LocalSigner(sealer.mac("sandbox wallets", merchant_id.encode()))
