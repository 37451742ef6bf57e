"""A forwarder's own rate sheet, in whatever layout, turned into rows of a tariff book; what is open is asked by name."""
