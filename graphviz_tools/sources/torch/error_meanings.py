"""PyTorch's common errors: what each means and what to do. The first pattern found in an error's text decides."""

from __future__ import annotations

from graphviz_tools.language import _
from graphviz_tools.sources.torch.autograd_meanings import AUTOGRAD

_SHAPES = (
    (
        r"mat1 and mat2 shapes cannot be multiplied|mat1 dim 1 must match mat2 dim 0|self must be a matrix"
        r"|mat2 must be a matrix|Expected size for first two dimensions of batch2|must be 3D tensors|batch1 must be"
        r"|size mismatch, got |inconsistent tensor size|vector \+ matrix @|both arguments to (matmul|linear)"
        r"|1D tensors expected",
        _(
            "In a product the inner sizes must agree: the columns of the left one with the rows of the right one. A "
            "Linear layer's in_features is the last size of its input. Transpose or reshape one, or change the layer."
        ),
    ),
    (
        r"subscript .* does not broadcast|fewer (dimensions|subscripts)|einsum\(\)",
        _(
            "In an einsum, a letter stands for one size wherever it appears, and each operand has one letter a "
            "dimension."
        ),
    ),
    (
        r"The expanded size of the tensor|number of sizes provided .* must be greater",
        _(
            "expand repeats only sizes of 1, and what is written must fit where it goes. Add a "
            "dimension with unsqueeze, "
            "or use repeat."
        ),
    ),
    (
        r"must match the size of tensor|Shape mismatch: objects cannot be broadcast|not broadcastable"
        r"|doesn't match the broadcast shape|shape mismatch: (value|indexing) tensor",
        _(
            "Shapes are compared from the last dimension on: two sizes must be equal, or one of "
            "them 1. Reshape one, or "
            "add a dimension with unsqueeze."
        ),
    ),
    (
        r"view size is not compatible",
        _(
            "A view reads the same memory in another shape, and after a transpose the elements do "
            "not lie in that order. "
            "Use reshape(), which copies where it must, or contiguous() first."
        ),
    ),
    (
        r"is invalid for input of size|don't multiply up to the size|cannot reshape tensor|only one dimension can be "
        r"inferred",
        _(
            "A reshape keeps the number of elements: the sizes must multiply to it. Let one be -1, "
            "and PyTorch works it "
            "out."
        ),
    ),
    (
        r"Sizes of tensors must match except in dimension|Tensors must have same number of dimensions"
        r"|stack expects each tensor to be equal size|expected a non-empty list of Tensors",
        _(
            "Tensors that are joined must agree: for stack in every size, for cat in all but the "
            "one along which they are "
            "joined."
        ),
    ),
    (
        r"expected input\[.* channels|Expected [^.]*(3D|4D|5D|2D)[^.]* input to conv|Expected \dD .*input to conv",
        _(
            "A convolution takes (batch, channels, height, width), channels as its layer was built for. Permute the "
            "input, add the missing dimension with unsqueeze, or change in_channels."
        ),
    ),
    (
        r"Kernel size can't be greater than actual input|Output size is too small",
        _(
            "The input has become smaller than the kernel. Use a larger input, padding, or fewer strides and poolings."
        ),
    ),
    (
        r"Expected more than 1 value per channel when training",
        _(
            "Batch norm needs more than one example to compute a variance. Use a larger batch (drop_last=True in the "
            "DataLoader), or model.eval()."
        ),
    ),
    (
        r"running_mean should contain|Given normalized_shape|expected \d(D|D or \dD) input \(got"
        r"|must be equal to input_size|was expecting embedding dimension|input must have \d dimensions"
        r"|For (un)?batched .* should|[Tt]he feature number of|embed_dim must be divisible"
        r"|number of channels .* divisible|weight should have at least",
        _(
            "The input does not have the shape that the layer was built for. Compare its sizes with the layer's "
            "arguments."
        ),
    ),
    (
        r"to match target batch_size|(size of|Target size|target size) .*(different|must be the same)"
        r"|multi-target not supported|input and target (batch or )?(spatial )?sizes? don't match"
        r"|input and target shapes do not match|Expected target size",
        _(
            "The loss compares predictions and targets one by one, so their shapes must fit: "
            "cross_entropy takes logits "
            "(batch, classes) and class numbers (batch,), the others two tensors of one shape. Use squeeze or view."
        ),
    ),
    (
        r"split_sizes to sum exactly|expects `chunks`|split expects|number of dimensions in the tensor input does not "
        r"match|number of dims don't match|must have (the )?same number of dimensions|t\(\) expects a tensor",
        _(
            "The arguments must fit the tensor's dimensions: one entry for each dimension, and sizes that add up."
        ),
    ),
    (
        r"more than one element of the written-to tensor refers to a single memory location"
        r"|some elements of the input tensor and the written-to tensor refer to a single memory",
        _(
            "An expanded tensor shows the same memory several times, so a write would land on itself. clone() it first."
        ),
    ),
    (
        r"expected sequence of length",
        _(
            "The lists inside must all have the same length: a tensor has no ragged rows. Pad them, or use a list of "
            "tensors."
        ),
    ),
    (
        r"size mismatch for |(Missing|Unexpected) key\(s\) in state_dict",
        _(
            "The saved parameters are not those of this model: its layers have other names or "
            "sizes. Build the model as it "
            "was when it was saved, or use strict=False for names that may be missing."
        ),
    ),
    (
        r"not enough values to unpack|too many values to unpack",
        _("What is on the right has another length. A tensor unpacks along its first dimension."),
    ),
)
_DTYPES = (
    (
        r"(have|be) the same d?type|expected scalar type|Input type .* and (weight|bias) type|should be the same"
        r"|expected m1 and m2",
        _(
            "The two dtypes differ, and products do not convert by themselves. Convert one with .float(), .long() or "
            ".to(other.dtype). NumPy's numbers are float64, PyTorch's float32."
        ),
    ),
    (
        r"scalar types: Long, Int|tensors used as indices must be|only applicable to index tensor|expected target dtype"
        r"|expected dtype int(32/int)?64|Expected (dtype )?int64 for index|to be (of type )?(Long|long)"
        r"|expected scalar type Long",
        _("Indices and class numbers must be whole numbers: convert with .long()."),
    ),
    (
        r"could not infer output dtype|not implemented for '(Long|Int|Short|Char|Byte|Bool)'"
        r"|Input dtype must be either a floating|expected (a )?floating point",
        _("This operation takes floating-point numbers: convert with .float() first."),
    ),
    (
        r"not implemented for '",
        _("PyTorch has this operation not for this dtype on this device. Convert to float32 first."),
    ),
    (
        r"can't be cast to the desired output type|result type .* can't be cast",
        _(
            "A write in place keeps the tensor's dtype, and these numbers do not fit it. Convert the tensor first, or "
            "compute a new one (x = x + 1.5)."
        ),
    ),
    (
        r"Subtraction, the `-` operator",
        _("Booleans cannot be subtracted: use ~mask, ^, or mask.float()."),
    ),
    (
        r"must be Tensor, not|unsupported operand type\(s\)|expected Tensor as element|new\(\): invalid data type"
        r"|too many dimensions 'str'|can't convert np\.ndarray of type|received an invalid combination of arguments"
        r"|Could not infer dtype",
        _(
            "Something here is not a tensor of numbers. Make it one with torch.tensor(...) or "
            "torch.from_numpy(...), and "
            "look for a None or a tuple that a call returned."
        ),
    ),
)
_PLACES = (
    (
        r"[Ee]xpected all tensors to be on the same device|is not on the expected device|but found at least two devices"
        r"|should be on the same device|device type .* should be the same|Attempted to set the storage of a tensor on"
        r"|(tensors|indices) should be either on",
        _("The tensors are on different devices. Move the model and its inputs to one: x = x.to(device)."),
    ),
    (
        r"not compiled with CUDA|No CUDA GPUs|Found no NVIDIA driver|CUDA-capable device|invalid device ordinal",
        _(
            "This PyTorch finds no such GPU. Choose the device by "
            "device = 'cuda' if torch.cuda.is_available() else 'cpu'."
        ),
    ),
    (
        r"out of meta tensor|cannot be called on meta tensors",
        _(
            "A meta tensor has a shape and no numbers. Make it on a real device: torch.empty_like(x, device='cpu')."
        ),
    ),
    (
        r"can't convert \w+(:\d+)? device type tensor to numpy",
        _("NumPy reads only the CPU's memory: x.cpu() first."),
    ),
    (
        r"[Oo]ut of memory|can't allocate memory|not enough memory|Storage size calculation overflowed",
        _(
            "There is not enough memory for this tensor. Use a smaller batch or fewer numbers, "
            "no_grad() where no gradient "
            "is needed, and keep loss.item() rather than loss in lists."
        ),
    ),
)
_INDICES = (
    (
        r"index out of range in self|Target -?\d+ is out of bounds|Class values must be (smaller|non-negative)"
        r"|class values must be",
        _(
            "A class or word number must lie between 0 and the number of classes or words less one. "
            "Print its min() and "
            "max() beside that number."
        ),
    ),
    (
        r"index -?\d+ is out of (bounds|range)|selected index k out of range|out of bounds for dimension"
        r"|start .* exceeds dimension",
        _("Indices count from 0 (or back from -1), and must be smaller than the size of that dimension."),
    ),
    (
        r"Dimension out of range|too many indices for tensor|Dimension specified as|repeated dim",
        _(
            "The tensor has fewer dimensions than this asks for: dim counts from 0, or back from -1. Print x.shape."
        ),
    ),
    (
        r"The shape of the mask",
        _("A boolean mask must have the shape of what it selects from."),
    ),
    (
        r"cannot be converted to Scalar|only one element tensors can be converted|only integer tensors of a single",
        _(
            "Only a tensor of one element is a Python number. Reduce it first (sum, mean, x[0]), or use tolist()."
        ),
    ),
    (
        r"Boolean value of Tensor with more than one value|bool value of Tensor with no values",
        _("An `if` needs one truth value. Say which: (x > 0).any() or (x > 0).all()."),
    ),
    (
        r"non-empty|operation does not have an identity|specify the 'dim' argument",
        _("An empty tensor has no maximum and no minimum. Check x.numel() before."),
    ),
)
_VALUES = (
    (
        r"input matrix is singular|is singular",
        _("This matrix has no inverse. Use torch.linalg.lstsq or pinv, or add a little to its diagonal."),
    ),
    (
        r"not positive-definite",
        _(
            "A Cholesky factor needs a symmetric matrix with positive eigenvalues. Add a little to its diagonal."
        ),
    ),
    (
        r"should be between 0 and 1|p_in >= 0|has to be between 0 and 1",
        _(
            "A probability lies between 0 and 1. Use a sigmoid first, or binary_cross_entropy_with_logits on the raw "
            "numbers."
        ),
    ),
    (
        r"probability tensor contains|invalid multinomial distribution",
        _(
            "Probabilities must be finite, not negative and not all zero. Look for a NaN in what "
            "they were computed from."
        ),
    ),
)
MEANINGS = (*AUTOGRAD, *_SHAPES, *_INDICES, *_PLACES, *_DTYPES, *_VALUES)
