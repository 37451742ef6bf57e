"""Keruen: freight quotes and plans over rail, road and the Caspian."""

__version__ = "0.4.2"
