"""Benchmarks against peers: the same work, in the same run, as ratios. `make bench` runs them all."""
