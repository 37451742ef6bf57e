"""The network as typed facts: model, reader, names, checks and map export."""
