"""One token against one operation: what happens step by step, why it is refused or let in, and what to change."""
