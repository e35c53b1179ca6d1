"""Sources: whatever comes in becomes facts or is refused with a reason."""
