"""The lock-step engine: all lanes of a launch advance together, as NumPy arrays."""
