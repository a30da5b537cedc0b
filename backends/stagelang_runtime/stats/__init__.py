"""Statistics: a metric's mergeable state, its value with an interval, and the verdict of a gate on it."""
