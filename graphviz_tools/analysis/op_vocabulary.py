"""What an op means, whatever its framework calls it: `mul` and `Mul`, `linear` and `MatMul` + `BiasAdd`.

Sources: PyTorch's operator names as `__torch_function__` reports them, and TensorFlow's op registry.
"""

from __future__ import annotations

# One meaning a line: PyTorch's names | TensorFlow's ops.
_SAME = """
add add_ iadd radd | Add AddV2 BiasAdd AddN AssignAddVariableOp AssignAdd
sub sub_ subtract rsub isub | Sub AssignSubVariableOp AssignSub
mul mul_ multiply rmul | Mul
div div_ true_divide divide rdiv rtruediv truediv | RealDiv Div DivNoNan Xdivy
floor_divide floordiv | FloorDiv
remainder fmod mod | FloorMod Mod
pow pow_ rpow square float_power | Pow Square
neg negative | Neg
abs absolute | Abs ComplexAbs
exp exp_ | Exp
expm1 | Expm1
log | Log
log1p | Log1p
sqrt | Sqrt
rsqrt | Rsqrt
reciprocal | Reciprocal Inv
sin | Sin
cos | Cos
tan | Tan
atan arctan | Atan
sinh | Sinh
cosh | Cosh
erf | Erf
sign sgn | Sign
floor | Floor
ceil | Ceil
round | Round Rint
sigmoid sigmoid_ | Sigmoid
tanh tanh_ | Tanh
relu relu_ | Relu
relu6 | Relu6
elu | Elu
selu | Selu
leaky_relu | LeakyRelu
softplus | Softplus
softmax | Softmax
log_softmax | LogSoftmax
matmul mm bmm mv dot inner addmm linear | MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3
einsum | Einsum
conv1d conv2d | Conv2D DepthwiseConv2dNative
conv3d | Conv3D
conv_transpose2d | Conv2DBackpropInput
max_pool2d max_pool1d | MaxPool
avg_pool2d avg_pool1d | AvgPool
batch_norm | FusedBatchNormV3 FusedBatchNorm
sum nansum | Sum
mean | Mean
prod | Prod
max amax | Max
min amin | Min
all | All
any | Any
argmax | ArgMax
argmin | ArgMin
cumsum | Cumsum
cumprod | Cumprod
maximum | Maximum
minimum | Minimum
clamp clamp_ clip | ClipByValue
where masked_fill masked_fill_ | SelectV2 Select
tril triu | MatrixBandPart
eq | Equal
ne | NotEqual
lt less | Less
le less_equal | LessEqual
gt greater | Greater
ge greater_equal | GreaterEqual
logical_and and bitwise_and | LogicalAnd BitwiseAnd
logical_or or bitwise_or | LogicalOr BitwiseOr
logical_not invert bitwise_not | LogicalNot Invert
isnan | IsNan
isinf | IsInf
isfinite | IsFinite
cat concat concatenate | ConcatV2
stack | Pack
unbind | Unpack
split chunk | Split SplitV
reshape view flatten unflatten view_as squeeze unsqueeze ravel | Reshape Squeeze ExpandDims
transpose t T mT permute swapaxes movedim | Transpose
getitem select narrow | StridedSlice Slice
index_select gather take embedding take_along_dim | GatherV2 GatherNd Gather ResourceGather
scatter_add scatter_add_ index_add index_add_ | TensorScatterAdd UnsortedSegmentSum ResourceScatterAdd
expand broadcast_to expand_as | BroadcastTo
repeat tile | Tile
flip | ReverseV2
roll | Roll
sort | Sort
topk | TopKV2
arange | Range
one_hot | OneHot
eye | MatrixDiagV3
diag diagonal | MatrixDiagPartV3
inverse inv | MatrixInverse
cholesky | Cholesky
fft | FFT
copy_ set_ setitem | AssignVariableOp Assign TensorScatterUpdate
full_like zeros_like ones_like zeros ones full | Fill ZerosLike OnesLike
cross_entropy nll_loss | SparseSoftmaxCrossEntropyWithLogits SoftmaxCrossEntropyWithLogits
square_difference | SquaredDifference
__bool__ | If StatelessIf While StatelessWhile
"""

# One op in PyTorch, several in TensorFlow; the last of them gives the result.
_ENDS_IN = """
linear: AddV2 BiasAdd
addmm: AddV2 BiasAdd
baddbmm: AddV2
mse_loss: Mean Sum DivNoNan
l1_loss: Mean Sum DivNoNan
huber_loss: Mean
smooth_l1_loss: Mean
cross_entropy: Mean Sum DivNoNan Neg
nll_loss: Mean Neg
binary_cross_entropy: Mean Neg
binary_cross_entropy_with_logits: Mean AddV2
softmax: RealDiv
log_softmax: Sub
layer_norm: AddV2 Mul
group_norm: AddV2 Mul
rms_norm: Mul
batch_norm: AddV2
gelu: Mul
silu: Mul
hardtanh: ClipByValue Minimum Maximum
clamp: Minimum Maximum
sigmoid: Reciprocal RealDiv
softplus: Log1p Log
logsumexp: AddV2 Log Squeeze
var: Mean RealDiv Mul
std: Sqrt
norm: Sqrt
vector_norm: Sqrt
linalg_norm: Sqrt
linalg_vector_norm: Sqrt
dot: Sum
inner: Sum
outer: Mul
square: Mul
pow: Mul
scaled_dot_product_attention: MatMul BatchMatMulV2 Einsum
cosine_similarity: Sum
lerp: AddV2
addcmul: AddV2
addcdiv: AddV2
clip: Minimum Maximum
"""

# An op that may be another one in TensorFlow, depending on its arguments.
_OTHERWISE = """
getitem: GatherV2 GatherNd
"""

# The other ops that one op may be made of, from any line of the source.
_MADE_OF = """
batch_norm: Mean SquaredDifference Square Sub Rsqrt Sqrt Mul RealDiv AddV2
layer_norm: Mean SquaredDifference Square Sub Rsqrt Sqrt Mul RealDiv AddV2
group_norm: Mean SquaredDifference Square Sub Rsqrt Sqrt Mul RealDiv AddV2
"""

_ENDS_IN_EAGER = """
SquaredDifference: pow square mul
L2Loss: div mul sum
ClipByValue: clamp minimum maximum
Softplus: log log1p
Sigmoid: div reciprocal
Softmax: div
LogSoftmax: sub
Square: mul
Rsqrt: reciprocal div
SparseSoftmaxCrossEntropyWithLogits: neg nll_loss logsumexp sub
SigmoidGrad: mul
"""

# Bookkeeping of a static graph, and of eager programs: no arithmetic of the user's.
_PLUMBING = """
Placeholder PlaceholderWithDefault Const Identity IdentityN NoOp ReadVariableOp VarHandleOp VariableV2
VarIsInitializedOp Shape ShapeN Size Rank BroadcastGradientArgs DynamicStitch StopGradient PreventGradient
PartitionedCall StatefulPartitionedCall FakeParam Assert PrintV2 Cast DestroyResourceOp InvertPermutation
placeholder get_attr
input output parameter buffer to float double int long half bool type detach detach_ clone contiguous cpu
requires_grad_ item __int__ __float__ __index__ tolist backward data grad zero_ tensor as_tensor
from_numpy set_grad_enabled manual_seed
"""
# Ops that one framework may need when the other does not: shown as a pair if there is one, not missed if not.
_OPTIONAL = """
Reshape Squeeze ExpandDims Transpose StridedSlice Slice Fill ZerosLike OnesLike Range BroadcastTo Tile
Pack Unpack AddN LogicalAnd LogicalOr LogicalNot ConcatV2 ConcatOffset
reshape view flatten unflatten squeeze unsqueeze ravel transpose t T mT permute expand expand_as
getitem select unbind stack split diagonal new_zeros new_ones new_full fill_ full_like zeros_like ones_like zeros
ones full arange view_as empty eye
randn rand randint randperm normal_ uniform_ kaiming_uniform_ kaiming_normal_ xavier_uniform_ xavier_normal_
RandomStandardNormal RandomUniform RandomUniformInt StatelessRandomNormalV2 StatelessRandomUniformV2
"""
PLUMBING, OPTIONAL = frozenset(_PLUMBING.split()), frozenset(_OPTIONAL.split())


def _pairs(table: str) -> tuple[dict[str, str], dict[str, str]]:
    eager: dict[str, str] = {}
    static: dict[str, str] = {}
    for line in table.strip().splitlines():
        left, right = line.split("|")
        meaning = left.split()[0]
        eager |= dict.fromkeys(left.split(), meaning)
        static |= dict.fromkeys(right.split(), meaning)
    return eager, static


def _lists(table: str) -> dict[str, frozenset[str]]:
    split = (line.split(":") for line in table.strip().splitlines())
    return {name: frozenset(ends.split()) for name, ends in split}


_LISTS = ("TensorList", "EmptyTensorList", "TensorArray", "Optional")
_EAGER, _STATIC = _pairs(_SAME)
_EAGER_ENDS, _STATIC_ENDS = _lists(_ENDS_IN), _lists(_ENDS_IN_EAGER)
_EAGER_PARTS, _EAGER_OTHERWISE = _lists(_MADE_OF), _lists(_OTHERWISE)


def plain(op: str) -> str:
    """An op without the marks of how it is called: `add` for `add_`, `__add__` and `aten.add`."""
    return op if op == "__bool__" else op.removeprefix("aten.").strip("_")


def meaning(op: str) -> str:
    """The common word for an op of any framework; an op that has no line in the table means itself."""
    word = plain(op)
    return _EAGER.get(op) or _STATIC.get(op) or _EAGER.get(word) or word


def same_meaning(one: str, other: str) -> bool:
    return meaning(one) == meaning(other)


def ends_in(one: str, other: str) -> bool:
    """True when one of the two ops corresponds to several of the other side, and the other may be their last."""
    return _ends_in(one, other) or _ends_in(other, one)


def _ends_in(eager: str, static: str) -> bool:
    word = plain(eager)
    ends = (*_EAGER_ENDS.get(word, ()), *_EAGER_OTHERWISE.get(word, ()))
    return static in ends or word in _STATIC_ENDS.get(static, ())


def stands_for_several(op: str) -> bool:
    """True for an op that the other side may write as several."""
    return plain(op) in _EAGER_ENDS or op in _STATIC_ENDS


def made_of(eager: str, static: str) -> bool:
    """True when a static op may be a part of what an eager op does."""
    return static in _EAGER_PARTS.get(plain(eager), ())


def computes(op: str) -> bool:
    """True for arithmetic, comparisons, decisions and moves of data; False for bookkeeping."""
    return op not in PLUMBING and plain(op) not in PLUMBING and not op.startswith(_LISTS)


def is_optional(op: str) -> bool:
    """True for an op that need not have a partner."""
    return op in OPTIONAL or plain(op) in OPTIONAL
