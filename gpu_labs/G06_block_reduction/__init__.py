"""G06: a tree of additions in shared memory: the sum of each block, and the sum of all."""
