"""Who brings payers' words to the network for us: another facilitator, asked over HTTP."""

import structlog

from sluice.base.egress import Egress, EgressError
from sluice.base.errors import Invalid
from sluice.engine.chains.endpoint import Endpoint

log = structlog.get_logger()


class RemoteFacilitator:
    """Passes a seller's question on. Its answer is written to the log and never believed."""

    def __init__(self, url: str, egress: Egress) -> None:
        if not url.startswith(("https://", "http://")):
            raise Invalid("SLUICE_X402_FACILITATOR is a URL.", code="setting_invalid")
        self._endpoint = Endpoint.of(url)
        self._egress = egress

    async def __call__(self, question: bytes) -> None:
        """Ask it to settle; a word can be used once, so asking again is harmless."""
        try:
            answer = await self._egress.post(
                self._endpoint.at("/settle"),
                question,
                headers=self._endpoint.headers,
                timeout_s=_TIMEOUT_S,
            )
        except EgressError as error:
            log.warning("x402.unsent", host=self._endpoint.host, why=error.code)
            return
        log.info("x402.handed_in", host=self._endpoint.host, status=answer.status)


_TIMEOUT_S = 20.0
