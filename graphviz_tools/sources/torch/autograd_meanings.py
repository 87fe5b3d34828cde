"""PyTorch's common errors about gradients: a pattern of the text, and what it means and what to do."""

from __future__ import annotations

from graphviz_tools.language import _

AUTOGRAD = (
    (
        r"backward through the graph a second time",
        _(
            "The first backward pass freed the saved tensors of this node. Call the first one with "
            "retain_graph=True to run it twice, or compute the loss again."
        ),
    ),
    (
        r"is a view and is being modified inplace|is a view and its base or another view",
        _(
            "Autograd cannot follow a write into this view (one of several made at once, or made under no_grad). "
            "Compute a new tensor instead, or write into a clone."
        ),
    ),
    (
        r"modified by an inplace operation",
        _(
            "This node saved a tensor for its backward, and the program has written into it since: its version "
            "moved on. Compute a new tensor instead (y = y + 1), or write into a clone."
        ),
    ),
    (
        r"a view of a leaf Variable that requires grad is being used in an in-place operation",
        _(
            "The view shares the leaf's memory, so this writes into the leaf. Write under torch.no_grad(), or into "
            "a clone."
        ),
    ),
    (
        r"a leaf Variable that requires grad (is being used in an in-place|has been moved into)",
        _(
            "Autograd could not tell the leaf's old value from its new one. Write under torch.no_grad(), as an "
            "optimizer does, or into a clone."
        ),
    ),
    (
        r"does not require grad and does not have a grad_fn",
        _(
            "Nothing that this was computed from requires grad, or it was computed under no_grad or from a "
            "detached tensor: there is no graph to go back through."
        ),
    ),
    (
        r"grad can be implicitly created only for (scalar|real)",
        _(
            "A gradient is that of one real number. Reduce to a scalar first (sum, mean), or say with gradient= how "
            "much each element counts."
        ),
    ),
    (
        r"Mismatch in shape: grad_output",
        _("The gradient passed to backward() must have the shape of the tensor it is called on."),
    ),
    (
        r"appears to not have been used in the graph|One of the differentiated Tensors does not require grad",
        _("The output does not depend on this input. Pass allow_unused=True to get None for it."),
    ),
    (
        r"Inference tensors cannot be saved for backward|Inplace update to inference tensor"
        r"|Setting requires_grad=True on inference",
        _("What inference_mode made never joins a graph. Use torch.no_grad() instead, or clone it outside."),
    ),
    (
        r"returned nan values",
        _(
            "detect_anomaly looked at what this node gave back: its gradient is not a number. Look for a division by "
            "zero, or a square root or logarithm at zero, in the line that it belongs to."
        ),
    ),
    (
        r"returned an invalid gradient at index|returned an incorrect number of gradients",
        _(
            "A backward must return one gradient for each input of its forward, of that input's shape; None for an "
            "input that has none."
        ),
    ),
    (
        r"can't retain_grad on Tensor that has requires_grad=False"
        r"|cannot register a hook on a tensor that doesn't require gradient",
        _(
            "No gradient reaches this tensor, as it does not require grad. Call requires_grad_() on the input that it "
            "is computed from."
        ),
    ),
    (
        r"(can only change|you can only change) requires_grad flags of leaf",
        _(
            "A computed tensor requires grad because of what it was computed from. Use detach() for one that does not."
        ),
    ),
    (
        r"Only Tensors of floating point and complex dtype can require grad"
        r"|only Tensors of floating point (and complex )?dtype can require gradients",
        _(
            "Whole numbers have no gradient: make the tensor of a floating-point dtype (1.0 for 1, or .float())."
        ),
    ),
    (
        r"Can't call numpy\(\) on Tensor that requires grad",
        _("NumPy keeps no graph. Leave the graph first: x.detach().numpy()."),
    ),
    (
        r"Only Tensors created explicitly by the user .* support the deepcopy",
        _("A copy of a computed tensor would have no graph behind it. Copy x.detach().clone(), or the leaf."),
    ),
    (
        r"cannot resize variables that require grad",
        _("Autograd needs the tensor's shape as it was. Make a new tensor of the other size."),
    ),
    (
        r"can't optimize a non-leaf Tensor|optimizer got an empty parameter list",
        _(
            "An optimizer updates leaves: parameters, or tensors made with requires_grad=True, not computed ones. Pass "
            "it model.parameters()."
        ),
    ),
    (
        r"derivative for .* is not implemented|does not support (automatic differentiation|backward)",
        _("PyTorch has no gradient for this operation. Use another one, or write a torch.autograd.Function."),
    ),
)
