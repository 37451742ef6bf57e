"""The command `keruen`: the only part, with the API, that knows what day it is."""

from optimizer.cli.app import main

__all__ = ["main"]
