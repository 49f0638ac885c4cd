"""What those who run it ask: is it alive, ready, which release, how fast."""
