"""Clarity values: what contracts are called with, answer and print."""
