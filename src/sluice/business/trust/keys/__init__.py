"""The master keys, held against the database they belong to."""
