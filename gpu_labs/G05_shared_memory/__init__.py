"""G05: a tile with a halo in shared memory, and the barrier it needs: average pooling and its gradient."""
