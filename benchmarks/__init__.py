"""What we claim about speed, each claim runnable."""
