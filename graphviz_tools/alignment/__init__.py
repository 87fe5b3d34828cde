"""From two Recordings to pairs of nodes that compute the same."""
