"""BitcoinOutside: a send as a PSBT, signed in another wallet.

Its id does not depend on signatures, so what that wallet sends by itself is found, too.
"""

import base64
import binascii
from collections.abc import Sequence

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.derive import script_for
from sluice.engine.chains.bitcoin.extended_keys import Scheme
from sluice.engine.chains.bitcoin.hashing import hash160
from sluice.engine.chains.bitcoin.psbt.check import check_signed
from sluice.engine.chains.bitcoin.psbt.model import Global, In, Psbt, key_of
from sluice.engine.chains.bitcoin.psbt.write import show_psbt
from sluice.engine.chains.bitcoin.sending.contents import read_unsigned
from sluice.engine.chains.bitcoin.sending.spender import Spender
from sluice.engine.chains.bitcoin.transactions.model import Output
from sluice.engine.chains.bitcoin.transactions.write import (
    encode_output,
    encode_stripped,
    tx_id_of,
)
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.outside import Returned
from sluice.engine.chains.writer import Account, Sealed, Unsigned

_FINGERPRINT_BYTES = 4


class BitcoinOutside:
    """Gives PSBTs out; `spenders` are asked whether their transactions are out already."""

    def __init__(self, spenders: Sequence[Spender]) -> None:
        self._spenders = spenders

    def show(self, unsigned: Unsigned, account: Account) -> str:
        """Return the PSBT in base64."""
        return show_psbt(_issued(unsigned, account))

    async def read(self, text: str, unsigned: Unsigned, account: Account) -> Returned:
        """Read a signed PSBT in base64, or the transaction in hex."""
        return _checked(_bytes(text), unsigned, account)

    async def find(self, unsigned: Unsigned, account: Account) -> Returned | None:
        """Return the transaction, where a source has it."""
        tx_id = tx_id_of(read_unsigned(unsigned)[0])
        trouble: ProviderTrouble | None = None
        for spender in self._spenders:
            try:
                raw = await spender.raw(tx_id)
            except ProviderTrouble as error:
                trouble = error
                continue
            if raw is not None:
                return _checked(raw, unsigned, account)
        if trouble is not None:
            raise trouble
        return None


def _checked(returned: bytes, unsigned: Unsigned, account: Account) -> Returned:
    signed = check_signed(_issued(unsigned, account), returned)
    return Returned(Sealed(signed.tx_id, signed.raw), unsigned.digests)


def _issued(unsigned: Unsigned, account: Account) -> Psbt:
    """Return the PSBT: what each input spends, and the one key that signs it, its own root."""
    transaction, amounts = read_unsigned(unsigned)
    public = account.public_key
    script = script_for(Scheme.WPKH, public)
    return Psbt(
        unsigned=transaction,
        whole={key_of(Global.UNSIGNED): encode_stripped(transaction)},
        inputs=tuple(
            {
                key_of(In.SPENT): encode_output(Output(sats, script)),
                key_of(In.DERIVATION, public): hash160(public)[:_FINGERPRINT_BYTES],
            }
            for sats in amounts
        ),
        outputs=tuple({} for _ in transaction.outputs),
    )


def _bytes(text: str) -> bytes:
    stripped = text.strip()
    try:
        if stripped.startswith("cHNid"):
            return base64.b64decode(stripped, validate=True)
        return bytes.fromhex(stripped)
    except (binascii.Error, ValueError):
        raise Invalid(
            "A PSBT is given back in base64, a transaction in hex.", code="psbt_invalid"
        ) from None
