"""Python source of a kernel to typed statements."""
