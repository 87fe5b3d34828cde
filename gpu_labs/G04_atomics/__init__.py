"""G04: atomics, so that many threads add to one cell: looking up rows, its gradient, and a histogram."""
