"""G10: bias, GELU and dropout's scale in one kernel, forward and backward, beside what compilers make of them."""
