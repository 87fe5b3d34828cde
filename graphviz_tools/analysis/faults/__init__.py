"""Faults of a model that its Recording shows, one file for each family."""
