"""G07: running sums in log2(n) steps, over many blocks, and their gradient, the sums from the other end."""
