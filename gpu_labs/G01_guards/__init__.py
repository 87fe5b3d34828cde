"""G01: one thread for each element of `a * x + b`, and the guard that stops the threads that have none."""
