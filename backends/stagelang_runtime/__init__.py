"""The runtime: carries out a Plan."""
