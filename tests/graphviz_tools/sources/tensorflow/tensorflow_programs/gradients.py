"""Derivatives of TensorFlow programs: tapes, symbolic gradients, products with Jacobians."""

# ruff: noqa: SIM108
from __future__ import annotations

from tests.graphviz_tools.sources.tensorflow.tensorflow_programs.corpus import numbers, program, tf


@program
def gradient_tape():
    w = tf.Variable([[1.0, -2.0], [0.5, 3.0]], name="w")

    def fn(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.tanh(x @ w) ** 2)
        grad = tape.gradient(loss, w)
        w.assign_sub(0.1 * grad)
        return loss, grad

    return fn, (numbers(3, 2),), (w,)


@program
def gradient_through_a_while():
    def fn(x, n):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            while n > 0:
                y = y * x
                n -= 1
        return tape.gradient(y, x)

    return fn, (tf.constant(2.0), tf.constant(3)), ()


@program
def gradient_through_a_branch():
    def fn(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            if x > 0:
                y = x * x
            else:
                y = -x
        return tape.gradient(y, x)

    return fn, (tf.constant(3.0),), ()


@program
def gradient_through_a_function():
    @tf.function
    def inner(a):
        return tf.sin(a) * a

    def fn(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = inner(x)
        return tape.gradient(y, x)

    return fn, (tf.constant(0.5),), ()


@program
def second_derivative():
    def fn(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x * x * x
            first = inner.gradient(y, x)
        return outer.gradient(first, x)

    return fn, (tf.constant(2.0),), ()


@program
def jacobian():
    def fn(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.stack([x[0] * x[1], tf.sin(x[0])])
        return tape.jacobian(y, x)

    return fn, (numbers(2),), ()


@program
def symbolic_gradients():
    def fn(x):
        y = tf.exp(x) * x
        return tf.gradients(y, [x])

    return fn, (tf.constant(1.5),), ()


@program
def custom_gradient():
    @tf.custom_gradient
    def softplus(x):
        e = tf.exp(x)
        return tf.math.log1p(e), lambda upstream: upstream * (1 - 1 / (1 + e))

    def fn(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = softplus(x)
        return y, tape.gradient(y, x)

    return fn, (tf.constant(2.0),), ()


@program
def checkpointed():
    def fn(x):
        block = tf.recompute_grad(lambda v: tf.sin(v) * v)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = block(x)
        return tape.gradient(y, x)

    return fn, (tf.constant(2.0),), ()


@program
def embedding_gradient():
    table = tf.Variable(numbers(5, 3), name="table")

    def fn(ids):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.nn.embedding_lookup(table, ids) ** 2)
        return tf.convert_to_tensor(tape.gradient(loss, table))

    return fn, (tf.constant([1, 1, 4]),), (table,)


@program
def convolution():
    kernel = tf.Variable(numbers(2, 2, 1, 3), name="kernel")

    def fn(image):
        with tf.GradientTape() as tape:
            out = tf.nn.max_pool2d(tf.nn.conv2d(image, kernel, 1, "SAME"), 2, 2, "VALID")
        return out, tape.gradient(out, kernel)

    return fn, (numbers(1, 4, 4, 1),), (kernel,)


@program
def persistent_tape():
    def fn(x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x * x
            z = tf.sin(y)
        return tape.gradient(y, x), tape.gradient(z, x)

    return fn, (tf.constant(3.0),), ()


@program
def hessian_vector():
    def fn(x, v):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(x**3)
            g = inner.gradient(y, x)
        return outer.gradient(g, x, output_gradients=v)

    return fn, (numbers(3), numbers(3, seed=2)), ()


@program
def forward_accumulator():
    def fn(x, v):
        with tf.autodiff.ForwardAccumulator(x, v) as acc:
            y = tf.tanh(x) * x
        return acc.jvp(y)

    return fn, (numbers(3), numbers(3, seed=2)), ()


@program
def hessians():
    def fn(x):
        return tf.hessians(tf.reduce_sum(x**3), x)

    return fn, (numbers(2),), ()


@program
def custom_gradient_with_variables():
    w = tf.Variable(3.0, name="w")

    def fn(x):
        @tf.custom_gradient
        def f(x):
            y = w * x

            def grad(up, variables=None):
                return up * w, [up * x]

            return y, grad

        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, [x, w])

    return fn, (tf.constant(2.0),), (w,)


@program
def gradient_through_map_fn():
    w = tf.Variable(2.0, name="w")

    def fn(xs):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.map_fn(lambda x: x * w, xs))
        return tape.gradient(y, w)

    return fn, (numbers(3),), (w,)


@program
def gradient_through_scan():
    def fn(xs):
        with tf.GradientTape() as tape:
            tape.watch(xs)
            y = tf.scan(lambda a, x: a * x, xs)
        return tape.gradient(y, xs)

    return fn, (numbers(3),), ()


@program
def gradient_nested_cond_while():
    def fn(x, n):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            while n > 0:
                if y > 2.0:
                    y = y * 0.5
                else:
                    y = y * x
                n -= 1
        return y, tape.gradient(y, x)

    return fn, (tf.constant(1.7), tf.constant(4)), ()


@program
def second_derivative_of_a_loop():
    def fn(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x
                for _ in tf.range(3):
                    y = y * x
            first = inner.gradient(y, x)
        return outer.gradient(first, x)

    return fn, (tf.constant(1.5),), ()


@program
def second_derivative_of_a_branch():
    def fn(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                if x > 0:
                    y = x * x * x
                else:
                    y = tf.sin(x)
            first = inner.gradient(y, x)
        return outer.gradient(first, x)

    return fn, (tf.constant(1.5),), ()


@program
def second_derivative_of_branches_in_a_loop():
    def fn(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x
                for _ in tf.range(3):
                    if y > 2.0:
                        y = y * x
                    else:
                        y = y * y
            first = inner.gradient(y, x)
        return outer.gradient(first, x)

    return fn, (tf.constant(1.5),), ()


@program
def gradient_of_gradients_of_two_loops():
    def fn(x):
        total = tf.constant(0.0)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            for _ in range(2):
                y = x
                for _ in tf.range(2):
                    y = y * x
                total += y + tape.gradient(y, x)
        return tape.gradient(total, x)

    return fn, (tf.constant(1.5),), ()


@program
def gradient_of_a_loop_in_a_loop_that_assigns():
    counter = tf.Variable(0.0, name="counter")

    def fn(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for _ in tf.range(2):
                for _ in tf.range(2):
                    counter.assign_add(1.0)
                    y = tf.sin(y) * x
        return tape.gradient(y, x)

    return fn, (tf.constant(1.5),), (counter,)


@program
def product_with_a_jacobian_through_a_loop():
    def fn(x):
        with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as tangents:
            y = x
            for _ in tf.range(2):
                y = y * x
        return tangents.jvp(y)

    return fn, (tf.constant(1.5),), ()
