"""The plan: many shipments, shared capacities, whole trains and ships, at least total cost, with a bound."""
