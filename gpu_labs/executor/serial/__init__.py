"""The serial engine: one thread after another, each a generator."""
