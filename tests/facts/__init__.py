"""The store of facts: nothing acknowledged is lost, nothing is doubled."""
