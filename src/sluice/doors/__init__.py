"""Ways in: thin, no rule of business lives here."""
