"""The language: what a `pipeline.py` imports."""
