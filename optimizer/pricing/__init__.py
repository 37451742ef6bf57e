"""Network pricing: the rates that bring a leader most when every shipper takes its cheapest way."""
