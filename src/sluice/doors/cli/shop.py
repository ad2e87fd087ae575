"""The demo's shop: an ordinary Stripe integration in which one URL was changed."""

import html
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import stripe

_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Corner shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:17px/1.5 system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem}}
button{{font:inherit;padding:.6rem 1.2rem}}td{{padding:.2rem 1rem .2rem 0}}</style>
<h1>Corner shop</h1>{body}</html>"""


class Shop:
    """Sells one thing. Its server speaks to Sluice with the unmodified `stripe` package."""

    def __init__(self, *, api_key: str, api_base: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.orders: dict[str, str] = {}
        self.heard: list[str] = []
        self.webhook_secret = ""
        # The one line that differs from a shop that is paid through Stripe.
        self.client = stripe.StripeClient(api_key, base_addresses={"api": api_base})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler_for(self))

    def start(self) -> None:
        """Open the shop, and tell Sluice where to send its webhooks."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        endpoint = self.client.v1.webhook_endpoints.create(
            {"url": f"{self.url}/webhook", "enabled_events": ["*"]}
        )
        self.webhook_secret = str(endpoint.secret)

    def stop(self) -> None:
        """Close the shop."""
        self._server.shutdown()
        self._server.server_close()

    def order(self, unit_amount: int = 2_450) -> Any:  # noqa: ANN401 - what the stripe package returns
        """Open a checkout for one bag of coffee; amounts are cents."""
        session = self.client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "success_url": f"{self.url}/thanks?session={{CHECKOUT_SESSION_ID}}",
                "cancel_url": self.url,
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": "usd",
                            "unit_amount": unit_amount,
                            "product_data": {"name": "Coffee beans, 1 kg"},
                        },
                    }
                ],
            }
        )
        self.orders[session.id] = "waiting for payment"
        return session

    def hear(self, payload: bytes, signature: str) -> None:
        """Take a webhook, as Stripe's documentation says to."""
        event = stripe.Webhook.construct_event(payload, signature, self.webhook_secret)
        self.heard.append(event.type)
        if event.type == "checkout.session.completed":
            self.orders[event.data.object["id"]] = "paid"


def _handler_for(shop: Shop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            rows = "".join(
                f"<tr><td><code>{html.escape(order[:24])}…</code><td>{state}"
                for order, state in shop.orders.items()
            )
            self._answer(
                _PAGE.format(
                    body="<p>Coffee beans, 1 kg: $24.50</p>"
                    '<form method="post" action="/buy"><button>Buy</button></form>'
                    f"<h2>Orders</h2><table>{rows}</table>"
                )
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if self.path == "/buy":
                self.send_response(303)
                self.send_header("Location", str(shop.order().url))
                self.end_headers()
            elif self.path == "/webhook":
                try:
                    shop.hear(body, self.headers.get("stripe-signature", ""))
                except (ValueError, stripe.SignatureVerificationError):
                    self.send_error(400)
                else:
                    self._answer("ok")
            else:
                self.send_error(404)

        def _answer(self, text: str) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - silence
            """Say nothing: the demo tells the story itself."""

    return Handler
