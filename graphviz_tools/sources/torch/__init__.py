"""A PyTorch program, as it runs, to a Recording."""
