"""How good the charts are, measured in simulated worlds whose truth is known: `python -m tests.quality`."""
