"""Numbers."""

LEAST = 21


def doubled(x: int) -> int:
    """Double."""
    return 2 * x
