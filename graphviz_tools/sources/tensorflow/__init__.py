"""From TensorFlow functions, graphs and sessions to Recordings."""
