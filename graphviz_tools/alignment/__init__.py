"""Two Recordings to pairs of nodes that compute the same."""
