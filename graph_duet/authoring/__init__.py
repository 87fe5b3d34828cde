"""Writing the course: lessons, exercises and labs as text, and everything that is built from them."""
