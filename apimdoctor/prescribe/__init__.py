"""From a finding to the exact change that cures it: drafted, applied in memory, judged again, and only then shown."""
