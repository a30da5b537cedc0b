"""The backends: write files from a Plan."""
