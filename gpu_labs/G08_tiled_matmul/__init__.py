"""G08: products of matrices by tiles in shared memory, for any size, and their gradients with transposed loads."""
