"""From what a file holds to rows of the post record: shapes, columns, mappings, spreadsheets, reports."""
