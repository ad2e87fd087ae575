"""Bolt Protocol: sBTC transfers whose fee is paid in sBTC, by a service of others."""
