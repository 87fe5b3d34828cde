"""What TensorFlow's common errors mean, in a sentence, and what to do."""

from __future__ import annotations

import re

from graphviz_tools.language import _

# The first pattern that is found in an error's text decides.
_MEANINGS = (
    # Loops and branches of a graph.
    (
        r"shape invariants|but shape .* after one iteration",
        _(
            "A loop of a graph is built once, so what it carries must keep its shape. Keep the "
            "shape, or say which sizes "
            "may change with tf.autograph.experimental.set_loop_options(shape_invariants=[...])."
        ),
    ),
    (
        r"has dtype \w+ before the loop, but dtype",
        _(
            "What a loop of a graph carries must keep its dtype. Give it the right one before the loop, or tf.cast it."
        ),
    ),
    (
        r"has dtype \w+ in the main branch, but dtype",
        _(
            "Both branches of an `if` on a tensor are in the graph, and must give the same dtype. tf.cast one of them."
        ),
    ),
    (
        r"must also be initialized in the (else|main) branch|may be undefined|must be defined",
        _(
            "Both branches of an `if` on a tensor are in the graph, so each must set this variable. Set it before."
        ),
    ),
    (
        r"is None at the end of the (else|main) branch|None before the loop",
        _("A graph cannot hold None: give the variable a tensor in both branches, or before the loop."),
    ),
    (
        r"only supports singleton tf\.Variables|[Tt]ried to create variables on non-first call",
        _(
            "A traced function runs its Python again for each new graph, and would make another "
            "variable each time. Make "
            "variables and layers outside, once."
        ),
    ),
    (
        r"out of scope and cannot be used here|defined in another function or code block",
        _(
            "A tensor of a loop, a branch or a traced function was kept in a Python list or variable and used outside, "
            "where it has no value. Return it, or collect in a tf.TensorArray."
        ),
    ),
    (
        r"symbolic `tf\.Tensor` as a Python `bool`",
        _(
            "In a graph a tensor has no value yet, so Python cannot decide on it. Use tf.cond, or "
            "let AutoGraph rewrite "
            "the `if`: tf.function does, unless it was told not to or cannot read the source."
        ),
    ),
    (
        r"Iterating over a symbolic `tf\.Tensor`",
        _(
            "In a graph a tensor has no value yet, so Python cannot walk through it (in a comprehension, a `zip`, "
            "`range(n)`). Use a plain `for` over tf.range or the tensor, tf.map_fn, or tf.unstack."
        ),
    ),
    (
        r"symbolic tf\.Tensor .* to a numpy array",
        _(
            "NumPy needs values, and in a graph a tensor has none yet. Use TensorFlow's function of that name, or "
            "tf.numpy_function."
        ),
    ),
    (
        r"'SymbolicTensor' object has no attribute 'numpy'",
        _(
            "While a function is traced its tensors have no values, so there is no .numpy(). Use "
            "TensorFlow's ops, or call "
            ".numpy() on what the function returns."
        ),
    ),
    (
        r"indices must be integers.*Tensor|SymbolicTensor' object cannot be interpreted as an integer",
        _(
            "A Python list is indexed by Python, and in a graph a tensor has no value yet. Make the "
            "list a tensor and use "
            "tf.gather."
        ),
    ),
    (
        r"does not support item assignment",
        _("Tensors never change. Use tf.tensor_scatter_nd_update, tf.where or tf.concat, or a tf.Variable."),
    ),
    # Arguments and feeds.
    (
        r"Can not cast TensorSpec",
        _("The argument does not fit the function's input_signature: compare the two shapes and dtypes."),
    ),
    (
        r"Binding inputs to tf\.function failed",
        _("The arguments do not fit the function's own parameters: count them and look at their names."),
    ),
    (
        r"You must feed a value for placeholder",
        _("A placeholder has no value of its own: put it into feed_dict."),
    ),
    (r"Cannot feed value of shape", _("What is fed must have the placeholder's shape.")),
    (
        r"Cannot interpret feed_dict key as Tensor",
        _("The keys of feed_dict are the placeholders themselves, or tensor names such as 'x:0'."),
    ),
    (
        r"Could not find variable|uninitialized value",
        _(
            "The variable has no value yet: run tf.compat.v1.global_variables_initializer() in the session first."
        ),
    ),
    (
        r"Session graph is empty|is not an element of this graph|from a different graph",
        _(
            "A session runs one graph, and this tensor is in another: make the tensor and the session under the same "
            "`with graph.as_default()`."
        ),
    ),
    # Shapes, dtypes, places.
    (
        r"Matrix size-incompatible|Dimensions must be equal.*MatMul|incompatible with the layer|Matrix dimensions",
        _(
            "The inner sizes must agree: the columns of the left one with the rows of the right one (or with what "
            "the layer was built for). Transpose or reshape one of them."
        ),
    ),
    (
        r"[Ii]ncompatible shapes|Dimensions must be equal|Shapes must be equal rank|required broadcastable shapes",
        _(
            "From the last dimension on, sizes must be equal or 1 to be combined. Reshape one of "
            "them, or add a dimension "
            "with tf.expand_dims."
        ),
    ),
    (
        r"does not match type \w+ of argument|was expected to be an? \w+ tensor but is an? \w+ tensor"
        r"|Tensor conversion requested dtype",
        _("TensorFlow does not mix dtypes by itself: tf.cast one of the two."),
    ),
    (
        r"Cannot reshape a tensor|requested shape has|requested shape requires a multiple of",
        _("A reshape keeps the number of elements: let one size be -1, and TensorFlow works it out."),
    ),
    (r"is not in \[0, ", _("Indices count from 0, and must be smaller than the size of that dimension.")),
    (r"out of bounds", _("Indices count from 0 (or back from -1), and must lie inside the dimension.")),
    (
        r"ConcatOp|Dimension \d+ in both shapes must be equal|all input tensors must have the same shape",
        _("Tensors that are joined must agree in every dimension but the one along which they are joined."),
    ),
    (
        r"Cannot assign value to variable|Shapes .* are incompatible|Shape mismatch",
        _(
            "A variable keeps the shape that it was made with: assign one of that shape, or make it with "
            "shape=tf.TensorShape(None)."
        ),
    ),
    # Gradients.
    (
        r"non-persistent GradientTape can only be used",
        _(
            "A tape releases what it recorded once it has been asked. Ask for all gradients in one call, or make it "
            "with persistent=True."
        ),
    ),
    (
        r"No gradients provided for any variable",
        _(
            "Every gradient is None: nothing that the tape recorded leads from these variables to "
            "the loss. Compute the "
            "loss inside the `with` of the tape, from these variables, without .numpy() or integers on the way."
        ),
    ),
    (
        r"No gradient defined for operation",
        _("This op has no gradient: write one with tf.custom_gradient."),
    ),
    (
        r"Tensor had (NaN|Inf)",
        _("check_numerics found a value that is not finite: look at what was computed before it."),
    ),
    (
        r"assertion failed|did not hold",
        _("A tf.debugging.assert_* in the program found its condition false."),
    ),
    (
        r"OOM when allocating|ResourceExhausted|failed to allocate memory",
        _("There is not enough memory for this tensor: use a smaller batch, or smaller layers."),
    ),
)
_PATTERNS = tuple((re.compile(pattern, re.S), words) for pattern, words in _MEANINGS)


def meaning(error: str) -> str:
    """The meaning of an error's text; "" where the message says it all."""
    return next((words for pattern, words in _PATTERNS if pattern.search(error)), "")


def explanation(error: BaseException) -> str:
    """What an error means, by its message, else by that of the error behind it."""
    behind = error.__cause__
    return meaning(str(error)) or (meaning(str(behind)) if behind is not None else "")
