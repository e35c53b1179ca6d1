"""The box of wire languages: each parses into one canonical query and renders one canonical answer."""
