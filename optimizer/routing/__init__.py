"""Hauls, the graph of forms and places, and exact searches over it. Knows no currencies."""
