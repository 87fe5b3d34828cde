"""From a Recording to facts: what an op means, which steps loop, which nodes are gradients."""
