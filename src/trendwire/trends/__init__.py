"""The engine: from facts to the charts and details of one `as_of`. Nothing here reads the wall."""
