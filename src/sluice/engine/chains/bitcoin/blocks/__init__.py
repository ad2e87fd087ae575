"""Blocks: their header, and the outputs in them that somebody waits for."""
