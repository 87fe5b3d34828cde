"""`duet class`: a local page over the gradebook, for instructors."""
