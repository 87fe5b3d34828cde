"""From an ONNX model to a Recording."""
