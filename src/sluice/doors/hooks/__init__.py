"""Hooks: what other services post to us. A hint to look, never news to believe."""
