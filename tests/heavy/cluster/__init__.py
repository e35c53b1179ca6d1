"""Several servers on one real Redis and one real PostgreSQL."""
