"""The tariff laboratory: which rates to set, what follows from them, and how far to trust the answer."""
