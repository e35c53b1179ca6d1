"""The engine against the oracle: two programs written apart from the definitions, on the same posts."""
