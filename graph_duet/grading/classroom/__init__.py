"""A whole class: submissions, roster, workers, gradebook, export."""
