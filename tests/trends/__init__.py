"""The engine on small worlds whose numbers were counted by hand, and on its invariances."""
