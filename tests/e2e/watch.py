"""What a page may never do, whatever its state; and how a state is looked at."""

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page

LOOKS: Final = ("light", "dark")
_AXE: Final = str(Axe().axe_script)
_RULES: Final = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
_REPORTS: Final = """
document.addEventListener("securitypolicyviolation", (event) => console.error(
  "POLICY " + event.violatedDirective + " " + event.blockedURI));
"""
_OVERFLOW: Final = """
() => [...document.querySelectorAll("body *")]
  .filter((each) => !each.closest(".unseen"))
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
  .map((each) => each.tagName + "." + each.className)
  .concat(document.documentElement.scrollWidth > innerWidth ? ["document"] : [])
"""
# The browser says this of every answer that is not 200; some of our states are such answers.
_EXPECTED: Final = "Failed to load resource: the server responded with a status of"


@dataclass
class Watch:
    """Collects what a page does; `verify` says what of it was wrong."""

    page: Page
    origin: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)

    async def see(self, state: str) -> None:
        """Wait for a state and look at it, light and dark: accessible, and nothing sticks out."""
        await self.page.locator(f"main[data-state={state}]").wait_for()
        self.looked_at.append(state)
        sticking_out: list[str] = await self.page.evaluate(_OVERFLOW)
        assert not sticking_out, f"{state} is wider than the screen: {sticking_out}"
        for look in LOOKS:
            await self.page.emulate_media(color_scheme=look)
            found = await self._axe()
            assert not found, f"{state}, {look}: {found}"

    async def _axe(self) -> list[str]:
        """Return what axe finds; its script is handed over once for each document."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(_AXE)
        response: dict[str, Any] = await self.page.evaluate("(options) => axe.run(options)", _RULES)
        return [
            f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
            for rule in response["violations"]
            for node in rule["nodes"]
        ]

    def verify(self) -> None:
        """Fail when the page asked another host for something, or broke its own policy."""
        assert not self.foreign, f"asked others: {self.foreign}"
        assert not self.complaints, f"complained: {self.complaints}"


async def watched(page: Page, origin: str) -> Watch:
    """Watch a page from before its first request."""
    watch = Watch(page, origin)
    await page.add_init_script(_REPORTS)

    def on_request(request: Any) -> None:  # noqa: ANN401 - playwright's Request
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and f"{parts.scheme}://{parts.netloc}" != origin:
            watch.foreign.append(request.url)

    def on_console(message: Any) -> None:  # noqa: ANN401 - playwright's ConsoleMessage
        if message.type in {"error", "warning"} and not message.text.startswith(_EXPECTED):
            watch.complaints.append(message.text)

    page.on("request", on_request)
    page.on("console", on_console)
    page.on("pageerror", lambda error: watch.complaints.append(str(error)))
    page.on("dialog", lambda dialog: watch.complaints.append(f"dialog {dialog.message}"))
    return watch
