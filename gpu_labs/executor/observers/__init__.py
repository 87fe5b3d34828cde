"""What watches a launch: races, barriers, uninitialised reads, the profile."""
