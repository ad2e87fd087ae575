"""x402 on the wire: what is asked, what is paid and what came of it, in headers and bodies."""
