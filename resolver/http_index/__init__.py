"""The `Index` port over HTTP, with its cache."""
