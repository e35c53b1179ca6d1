"""From outside to facts: one way in for files, pushes, connectors and the simulator."""
