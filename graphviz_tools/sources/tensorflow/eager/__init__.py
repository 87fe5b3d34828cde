"""TensorFlow without a graph: each op as it runs, and the gradient tapes that watch them."""
