"""Open connections: what changes is told while somebody looks."""
