"""The course as a site: lessons, labs and docs as static pages on which the widgets step, with no kernel."""
