"""Questions about the past, and watching for answers that change."""
