"""The teaching executor: runs CUDA kernels without a GPU and tells what is wrong with them."""
