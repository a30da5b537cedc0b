"""What enters a pipeline: finding, peeking into, reading and dividing its sources."""
