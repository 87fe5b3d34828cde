"""A jaxpr to a Recording."""
