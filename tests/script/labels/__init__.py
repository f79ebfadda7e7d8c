"""The rule of two."""
