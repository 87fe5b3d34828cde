"""From a jaxpr to a Recording."""
