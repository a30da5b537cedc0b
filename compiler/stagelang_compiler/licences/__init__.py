"""Which licences the distributions have that a stage's code reaches, and by which way they are reached."""
