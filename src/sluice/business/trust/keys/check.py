"""Hold the key file against the database, before anything is sealed with the wrong one."""

from typing import Final

from sluice.base.errors import Unavailable
from sluice.base.sealing import SealBroken, Sealer, place
from sluice.base.work import Works
from sluice.business.trust.keys import store

_ID: Final = "master"
_WORD: Final = b"sluice"


async def check_key_file(works: Works, sealer: Sealer) -> None:
    """Refuse to go on with a key file that is not this database's; the first start decides."""
    context = place("key_checks", "sealed", "", _ID)
    async with works.begin() as work:
        if not await store.is_there(work):
            raise Unavailable("The database is behind; run `sluice migrate` first.")
        kept = await store.keep(work, _ID, sealer.seal(_WORD, context=context))
    try:
        sealer.open(kept, context=context)
    except SealBroken as error:
        raise SealBroken(
            "The key file does not belong to this database: it cannot open what was sealed here. "
            "Put the right one at SLUICE_KEY_FILE, or in SLUICE_HOME.",
            code="key_file_wrong",
        ) from error
