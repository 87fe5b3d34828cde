"""Jupyter's provisioners of notebook kernels that are forked from one preloaded process, ordinary or in a sandbox."""

from graph_duet.notebook_kernels.kernelspec import install_kernelspec
from graph_duet.notebook_kernels.shared_zygote import start_zygote

__all__ = ["install_kernelspec", "start_zygote"]
