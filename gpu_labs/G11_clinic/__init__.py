"""G11, a clinic: twelve sick kernels, each with one fault, to name from the code, to watch and to cure."""
