"""What autograd's best known errors mean, in one or two sentences for the learner."""

from __future__ import annotations

# A stretch of PyTorch's message, and what it comes to.
_MEANINGS = {
    "backward through the graph a second time": (
        "The first backward pass freed the saved tensors of this node. Call the first one with "
        "retain_graph=True to run it twice, or compute the loss again."
    ),
    "modified by an inplace operation": (
        "This node saved a tensor for its backward, and the program has written into it since: its version "
        "moved on. Compute a new tensor instead (y = y + 1), or write into a clone."
    ),
    "a view of a leaf Variable that requires grad is being used in an in-place operation": (
        "The view shares the leaf's memory, so this writes into the leaf. Write under torch.no_grad(), or into "
        "a clone."
    ),
    "a leaf Variable that requires grad is being used in an in-place operation": (
        "Autograd could not tell the leaf's old value from its new one. Write under torch.no_grad(), as an "
        "optimizer does, or into a clone."
    ),
    "does not require grad and does not have a grad_fn": (
        "Nothing that this was computed from requires grad, or it was computed under no_grad or from a "
        "detached tensor: there is no graph to go back through."
    ),
    "grad can be implicitly created only for scalar outputs": (
        "A gradient is that of one number. Reduce to a scalar first (sum, mean), or say with gradient= how "
        "much each element counts."
    ),
    "appears to not have been used in the graph": (
        "The output does not depend on this input. Pass allow_unused=True to get None for it."
    ),
    "Inference tensors cannot be saved for backward": (
        "What inference_mode made never joins a graph. Use torch.no_grad() instead, or clone it outside."
    ),
    "returned nan values": "detect_anomaly looked at what this node gave back: its gradient is not a number.",
}
# Errors of the call of backward() or grad() itself, not of a node.
_OF_THE_CALL = ("does not have a grad_fn", "appears to not have been used")


def concerns_the_call(message: str) -> bool:
    """Whether no node failed, but what was asked of the engine could not be."""
    return any(words in message for words in _OF_THE_CALL)


def explanation(message: str) -> str:
    """The meaning of an error, "" where the message says it all."""
    return next((meaning for words, meaning in _MEANINGS.items() if words in message), "")
