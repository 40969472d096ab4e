"""The Simple repository API: pages to values and back. Takes bytes and a content type, never a URL or a session."""
