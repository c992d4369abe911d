"""Rules over facts: loading and checking them, judging, folding, waiving."""
