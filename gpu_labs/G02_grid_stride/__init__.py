"""G02: a grid-stride loop, so that a few threads serve any number of elements: ReLU and its gradient."""
