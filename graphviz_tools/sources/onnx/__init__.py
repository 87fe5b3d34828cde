"""An ONNX model to a Recording."""
