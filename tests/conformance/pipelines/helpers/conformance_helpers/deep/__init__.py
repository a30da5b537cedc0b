"""Deep ones."""
