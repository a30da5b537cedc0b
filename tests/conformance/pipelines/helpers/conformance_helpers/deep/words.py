"""Words."""


def shown(x: int) -> str:
    """Show."""
    return f"<{x}>"
