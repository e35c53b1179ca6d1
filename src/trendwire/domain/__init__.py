"""The vocabulary all boxes share: posts, periods, taxonomy, charts, details, queries. Pure, no effects."""
