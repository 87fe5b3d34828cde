"""From a Recording to a Scene, and from a Scene to SVG, DOT, PNG and GIF."""
