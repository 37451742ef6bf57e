"""After the client says yes: what must be at hand before the first wagon is loaded, border by border."""
