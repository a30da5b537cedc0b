"""What a reviewer sees of a change: the difference of two plans as sections of a comment."""
