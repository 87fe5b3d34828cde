"""The lab G12: a network trained on your own kernels."""
