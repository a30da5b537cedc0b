"""The compiler: loads a spec, checks it, lowers it to a Plan."""
