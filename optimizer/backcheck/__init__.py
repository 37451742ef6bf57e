"""The forecast held against the tonnes that went."""
