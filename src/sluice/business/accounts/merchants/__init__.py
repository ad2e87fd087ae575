"""The business that is paid."""
