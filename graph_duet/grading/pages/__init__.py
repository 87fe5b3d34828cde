"""Reports and feedback as web pages."""
