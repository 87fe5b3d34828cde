"""G03: a grid of two dimensions: sums of arrays that are broadcast, and their gradients."""
