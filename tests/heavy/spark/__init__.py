"""The engine on a cluster says what the embedded engine says, byte for byte."""
