"""Default tariff books, exchange rates, cargoes, emission factors and samples; see README.md here."""
