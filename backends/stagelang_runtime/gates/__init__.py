"""Gates from contracts: whether a table keeps its promises, and whether the parts of a split share nothing."""
