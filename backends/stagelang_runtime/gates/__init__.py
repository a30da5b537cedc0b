"""Gates from contracts: whether a table keeps what its contract promises, and whether parts of a split share nothing."""
