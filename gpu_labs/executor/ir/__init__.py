"""The typed program of a kernel and its control flow."""
