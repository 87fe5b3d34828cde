"""Recording to Scene, and Scene to SVG, DOT, PNG and GIF."""
