"""Odd kernels: unusual syntax, several arrays in one variable, wrong calls, odd arguments."""
