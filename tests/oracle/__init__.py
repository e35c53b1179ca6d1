"""An independent recomputation of an edition, in plain Python, straight from the definitions."""
