"""The engine: from facts to the charts and details of one `as_of`. Pure in time: nothing here reads the wall."""
