"""Tariff books: rules as data, and the charge they make."""
