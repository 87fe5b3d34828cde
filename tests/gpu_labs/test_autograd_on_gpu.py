"""The glue on a real GPU: no copy, torch's stream, and the labs' kernels against torch's own operators."""

import pytest
import torch

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU that torch can use"),
]

from gpu_labs.autograd import launch  # noqa: E402
from tests.gpu_labs.solved_labs import solution  # noqa: E402

g01, g02, g03, g04, g05, g06, g07, g08, g09, g10, g11, g12 = map(
    solution,
    (
        *("G01_guards", "G02_grid_stride", "G03_broadcasting", "G04_atomics"),
        *("G05_shared_memory", "G06_block_reduction", "G07_scan", "G08_tiled_matmul"),
        *("G09_softmax", "G10_fusion", "G11_clinic", "G12_training"),
    ),
)


def pooled(x):
    return torch.nn.functional.avg_pool1d(x[None, None], 5, 1, 2, count_include_pad=False)[0, 0]


def table_and_places(x):
    return x[:10_000].reshape(100, 100), torch.arange(999, device=x.device) % 97


def rows_of(x):
    return x[:9900].reshape(100, 99)


def gelu_times_itself(x):
    return torch.nn.functional.gelu(rows_of(x) + x[:99]) * rows_of(x)


def network(x):
    """Points, labels and weights of a small network, made of the elements of x."""
    labels = torch.arange(100, device=x.device) % 3
    return x[:500].reshape(100, 5), labels, x[500:585].reshape(5, 17), x[600:617], x[700:751].reshape(17, 3)


def mean_loss(x, labels, w1, bias, w2):
    z = torch.relu(x @ w1 + bias) @ w2
    return torch.nn.functional.cross_entropy(z, labels).reshape(1)


def looked_up(x):
    table, places = table_and_places(x)
    return table[places]


def two_matrices(x):
    return x[:9_900].reshape(99, 100), x[:10_000].reshape(100, 100)


@pytest.mark.parametrize(
    ("function", "oracle"),
    [
        (lambda x: g01.affine(x, 2.0, 1.0), lambda x: 2 * x + 1),
        (g02.relu, torch.relu),
        (lambda x: g03.broadcast_add(x[:101, None], x[None, :500]), lambda x: x[:101, None] + x[None, :500]),
        (lambda x: g04.lookup(*table_and_places(x)), looked_up),
        (g05.average_pool, pooled),
        (g06.total, lambda x: x.sum().reshape(1)),
        (g07.running_sums, lambda x: x.cumsum(0)),
        (lambda x: g08.matmul(*two_matrices(x)), lambda x: torch.matmul(*two_matrices(x))),
        (lambda x: g09.softmax(rows_of(x)), lambda x: rows_of(x).softmax(1)),
        (lambda x: g10.fused(rows_of(x), x[:99], rows_of(x)), gelu_times_itself),
        (g11.neighbour_sums, lambda x: torch.nn.functional.pad(x, (1, 1)).unfold(0, 3, 1).sum(1)),
        (lambda x: g12.mlp_loss(*network(x)), lambda x: mean_loss(*network(x))),
    ],
    ids=[
        "affine",
        "relu",
        "broadcast_add",
        "lookup",
        "average_pool",
        "total",
        "running_sums",
        "matmul",
        "softmax",
        "fused",
        "neighbour_sums",
        "mlp_loss",
    ],
)
def test_values_and_gradients_are_torchs_own(function, oracle):
    x = torch.linspace(-3, 3, 10_007, dtype=torch.float64, device="cuda").requires_grad_()
    twin = x.detach().clone().requires_grad_()
    value, right = function(x), oracle(twin)
    value.sum().backward()
    right.sum().backward()
    torch.testing.assert_close(value, right)
    torch.testing.assert_close(x.grad, twin.grad)


def test_a_launch_writes_the_tensors_own_memory_on_torchs_current_stream():
    x = torch.zeros(5003, device="cuda")
    y = torch.empty_like(x)
    address = y.data_ptr()
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        torch.cuda._sleep(50_000_000)  # the launch must queue behind this, and behind the addition
        x += 1
        launch(g01.affine_kernel, 40, 128, x, 2.0, 1.0, out=y)
        doubled = y * 2
    torch.cuda.current_stream().wait_stream(stream)
    assert y.data_ptr() == address
    assert set(doubled.tolist()) == {6.0}


def test_tensors_on_two_devices_are_refused():
    with pytest.raises(ValueError, match="move them to one device"):
        launch(g01.affine_kernel, 1, 4, torch.ones(4), 2.0, 1.0, out=torch.empty(4, device="cuda"))
