"""Keruen over HTTP: quotes, reference data, probes; the same answers as the command line."""
