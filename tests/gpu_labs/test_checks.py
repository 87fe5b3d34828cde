"""The instant check: what a learner sees, what a grader receives, and that the reference answers hold."""

import json
from html import unescape

import numpy as np
import pytest
import torch
from numba import float64
from torch.autograd import gradcheck, gradgradcheck

from gpu_labs import cuda
from gpu_labs.autograd import kernel_function
from gpu_labs.checks import Case, KernelTask, second_opinion
from gpu_labs.G01_guards import task as g01_task
from gpu_labs.G03_broadcasting import task as g03_task
from gpu_labs.G06_block_reduction import task as g06_task
from gpu_labs.G08_tiled_matmul import task as g08_task
from graphviz_tools.frameworks import import_tensorflow
from tests.gpu_labs.solved_labs import solution

g01, g02, g03, g04, g05, g06, g07, g08, g09, g10, g11, g12 = map(
    solution,
    (
        *("G01_guards", "G02_grid_stride", "G03_broadcasting", "G04_atomics"),
        *("G05_shared_memory", "G06_block_reduction", "G07_scan", "G08_tiled_matmul"),
        *("G09_softmax", "G10_fusion", "G11_clinic", "G12_training"),
    ),
)


@cuda.jit
def no_guard(x, a, b, y):
    i = cuda.grid(1)
    y[i] = a * x[i] + b  # the line that a report must show


@cuda.jit
def last_element_wrong(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = a * x[i] + b if i < x.size - 1 else 0


@cuda.jit
def sum_by_one_thread(x, partial):
    if cuda.threadIdx.x == 0:
        total = 0.0
        for i in range(cuda.grid(1), min(cuda.grid(1) + cuda.blockDim.x, x.size)):
            total += x[i]
        partial[cuda.blockIdx.x] = total


@cuda.jit
def warps_walk_down_columns(x, y, z):
    (row, first), (rows, columns) = cuda.grid(2), cuda.gridsize(2)
    while row < z.shape[0]:
        for column in range(first, z.shape[1], columns):
            z[row, column] = (
                x[row % x.shape[0], column % x.shape[1]] + y[row % y.shape[0], column % y.shape[1]]
            )
        row += rows


@cuda.jit
def transposed_by_columns(x, y):
    tile = cuda.shared.array((16, 16), float64)
    across, down = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    if row < x.shape[0] and column < x.shape[1]:
        tile[down, across] = x[row, column]
    cuda.syncthreads()
    row, column = cuda.blockIdx.x * 16 + down, cuda.blockIdx.y * 16 + across
    if row < y.shape[0] and column < y.shape[1]:
        y[row, column] = tile[across, down]  # the cells of a column lie in one bank


@cuda.jit
def add_one(x, y):
    i = cuda.grid(1)
    if i < y.size:
        y[i] += x[i]


def numbers(n):
    return torch.linspace(-1.9, 2.1, n, dtype=torch.float64).requires_grad_()


def test_a_finding_is_shown_with_its_line_block_and_thread():
    report = g01_task.forward.check(no_guard)
    failure = report.first_failure
    assert failure is not None and failure.reason == "out-of-bounds"
    assert failure.finding is not None
    assert failure.finding["text"].startswith("y[i] = a * x[i] + b")
    for shown in (str(report), report._repr_html_()):
        assert f"line {failure.finding['line']}: y[i] = a * x[i] + b" in shown
        assert "block (0, 0, 0), thread (1, 0, 0)" in shown
        assert failure.hint in unescape(shown)
        assert "n = 1" in shown


def test_a_wrong_value_is_shown_among_its_neighbours():
    report = g01_task.forward.check(last_element_wrong)
    failure = report.first_failure
    assert failure is not None and failure.reason == "wrong-values"
    assert [cell.right for cell in failure.cells] == [False]
    assert "is not the expected one" in str(report)
    assert "<table" in report._repr_html_()


def test_the_failing_launch_is_kept_for_a_picture():
    launch = g01_task.forward.check(no_guard).launch
    assert launch is not None and launch.kernel == "no_guard"
    assert g01_task.forward.check(g01.affine_kernel).launch is None


def test_a_check_stops_at_the_first_failing_case():
    assert len(g01_task.forward.check(no_guard).verdicts) == 1
    assert len(g01_task.forward.check(g01.affine_kernel).verdicts) == 3 * 7


def test_a_budget_says_how_much_is_enough():
    failure = g06_task.forward.check(sum_by_one_thread).first_failure
    assert failure is not None and failure.reason == "depth"
    assert f"{g06_task.MOST_DEPTH} is enough" in failure.sentence


def test_sectors_have_a_budget_too():
    failure = g03_task.forward.check(warps_walk_down_columns).first_failure
    assert failure is not None and failure.reason == "sectors"
    assert "sectors of global memory" in failure.sentence


def test_passes_over_the_banks_have_a_budget_too():
    failure = g08_task.hunt.check(transposed_by_columns).first_failure
    assert failure is not None and failure.reason == "passes"
    assert "passes over its banks" in failure.sentence


def test_an_output_holds_what_a_case_says_it_holds_before():
    ones, twos = np.ones(4), np.full(4, 2.0)
    task = KernelTask("add", "(x, y)", lambda rng: [Case("n = 4", 1, 4, (ones,), (twos,), before=(ones,))])
    assert task.check(add_one).passed


def test_observations_are_plain_data_and_depend_on_the_seed():
    observations = json.loads(json.dumps(g01_task.forward.observe(g01.affine_kernel, seed=1)))
    assert g01_task.forward.judge(observations, seed=1).passed
    failure = g01_task.forward.judge(observations, seed=2).first_failure
    assert failure is not None and failure.reason == "wrong-values"
    with pytest.raises(ValueError, match="launches, but 1 were observed"):
        g01_task.forward.judge(observations[:1], seed=1)


def test_a_report_is_plain_data():
    report = g01_task.forward.check(no_guard)
    data = json.loads(json.dumps(report.to_dict()))
    assert data["passed"] is False
    assert data["verdicts"][0]["reason"] == "out-of-bounds"


@pytest.mark.parametrize(
    ("change", "expected"),
    [({"canaries_intact": False}, "canary"), ({"inputs_intact": False}, "input-changed"), ({}, "")],
)
def test_a_canary_and_a_changed_input_fail_a_right_result(change, expected):
    observations = [seen | change for seen in g01_task.forward.observe(g01.affine_kernel)]
    assert g01_task.forward.judge(observations).verdicts[0].reason == expected


def test_memory_that_a_kernel_never_writes_is_not_right_by_chance():
    @cuda.jit
    def nothing(x, y):
        pass

    zeros = np.zeros(4, np.float32)
    task = KernelTask("zeros", "(x, y)", lambda rng: [Case("n = 4", 1, 4, (zeros,), (zeros,))])
    failure = task.check(nothing).first_failure
    assert failure is not None and "Nothing sensible was written" in failure.sentence


@pytest.mark.parametrize(
    ("forward", "backward", "backward_of_backward", "constants"),
    [
        (g01.affine_forward, g01.affine_backward, lambda up, a: g01.affine_backward(up, a), (3.0, -1.0)),
        (g02.relu_forward, g02.relu_backward, lambda up, x: (g02.relu_backward(up, x), None), ()),
        (g05.average_pool_forward, g05.average_pool_backward, g05.average_pool_forward, ()),
        (g06.total_forward, g06.total_backward, lambda up, x: (g06.total_forward(up), None), ()),
        (g07.running_sums_forward, g07.running_sums_backward, g07.running_sums_forward, ()),
    ],
    ids=["affine", "relu", "average_pool", "total", "running_sums"],
)
def test_the_solutions_pass_gradcheck_twice_over(forward, backward, backward_of_backward, constants):
    function = kernel_function(forward, kernel_function(backward, backward_of_backward))
    assert gradcheck(function, (numbers(9), *constants))
    assert gradgradcheck(function, (numbers(9), *constants))


@pytest.mark.parametrize(
    ("forward", "backward", "backward_of_backward", "arguments"),
    [
        (
            g03.broadcast_add_forward,
            g03.broadcast_add_backward,
            lambda up_x, up_y: (g03.broadcast_add_forward(up_x, up_y), None, None),
            (numbers(3).reshape(3, 1), numbers(2).reshape(1, 2)),
        ),
        (
            g04.lookup_forward,
            g04.lookup_backward,
            lambda up, index: (g04.lookup_forward(up, index), None, None),
            (numbers(6).reshape(3, 2), torch.tensor([2, 0, 2])),
        ),
        (
            g08.matmul_forward,
            g08.matmul_backward,
            lambda up_a, up_b, grad, a, b: (
                g08.matmul_forward(up_a, b) + g08.matmul_forward(a, up_b),
                g08.matmul_forward(grad, up_b.T),
                g08.matmul_forward(up_a.T, grad),
            ),
            (numbers(6).reshape(3, 2), numbers(8).reshape(2, 4)),
        ),
    ],
    ids=["broadcast_add", "lookup", "matmul"],
)
def test_so_do_those_of_two_tensors(forward, backward, backward_of_backward, arguments):
    function = kernel_function(forward, kernel_function(backward, backward_of_backward))
    arguments = tuple(a.detach().requires_grad_(a.is_floating_point()) for a in arguments)
    assert gradcheck(function, arguments)
    assert gradgradcheck(function, arguments)


def test_tensorflow_agrees_with_every_reference_answer():
    tf = import_tensorflow()

    x = numbers(301).detach()
    assert second_opinion(g01.affine, lambda x, a, b: a * x + b, x, 3.0, -1.0).passed
    assert second_opinion(g02.relu, tf.nn.relu, x).passed
    column, row, table = x[:20, None], x[None, :30], x[:60].reshape(20, 3)
    places = torch.tensor([2, 0, 2, 19])
    assert second_opinion(g03.broadcast_add, lambda x, y: x + y, column, row).passed
    assert second_opinion(
        lambda t: g04.lookup(t, places), lambda t: tf.gather(t, places.numpy()), table
    ).passed
    assert second_opinion(
        g05.average_pool, lambda x: tf.nn.avg_pool1d(x[None, :, None], 5, 1, "SAME")[0, :, 0], x
    ).passed
    assert second_opinion(g06.total, lambda x: tf.reshape(tf.reduce_sum(x), [1]), x).passed
    assert second_opinion(g07.running_sums, tf.cumsum, x).passed
    assert second_opinion(g08.matmul, tf.matmul, column @ row, x[:90].reshape(30, 3)).passed
    rows = x[:300].reshape(3, 100)
    ones = tf.ones((3, 1, 1), tf.float64)
    assert second_opinion(g09.softmax, tf.nn.softmax, rows).passed
    by_tensorflow = second_opinion(
        g10.fused, lambda x, b, g: tf.nn.gelu(x + b) * g, rows, x[:100], rows, tolerance=1e-7
    )  # whose erf is right to eight digits
    assert by_tensorflow.passed
    assert second_opinion(
        g11.neighbour_sums, lambda x: tf.nn.conv1d(x[None, :, None], ones, 1, "SAME")[0, :, 0], x
    ).passed


def test_tensorflow_disagrees_with_a_wrong_function():
    tf = import_tensorflow()

    report = second_opinion(g02.relu, tf.nn.elu, numbers(9).detach())
    assert report.first_failure is not None
    assert "TensorFlow's" in report.first_failure.sentence


def test_the_capstone_trains_like_torch_and_keras():
    x, labels, weights = g12.spirals(3)
    _, _, theirs = g12.spirals(3)
    mine = g12.train(x, labels, weights, 0.5, 8)
    by_torch, optimizer = [], torch.optim.SGD(theirs, lr=0.5)
    for _ in range(8):
        loss = torch.nn.functional.cross_entropy(torch.relu(x @ theirs[0] + theirs[1]) @ theirs[2], labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        by_torch.append(loss.item())
    assert mine == pytest.approx(by_torch, abs=1e-12)
    tf = import_tensorflow()
    dense = tf.keras.layers.Dense
    network = tf.keras.Sequential(
        [
            tf.keras.Input((2,), dtype="float64"),
            dense(16, "relu", dtype="float64"),
            dense(3, use_bias=False, dtype="float64"),
        ]
    )
    network.set_weights([w.detach().numpy() for w in g12.spirals(3)[2]])
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(tf.keras.optimizers.SGD(0.5), loss)
    fitted = network.fit(x.numpy(), labels.numpy(), batch_size=48, epochs=8, shuffle=False, verbose=0)
    assert mine == pytest.approx(fitted.history["loss"], abs=1e-4)
