"""L14: two loops, one curve."""

from graph_duet.authoring.answers import Answers, Wrong

_TWIN = """
layers = tf.keras.layers
first, last = layers.Dense(6), layers.Dense(1)
norm = layers.BatchNormalization(NORM)
model = tf.keras.Sequential([tf.keras.Input((3,)), first, norm, layers.ReLU(), last])
for dense, linear in ((first, net[0]), (last, net[3])):
    dense.set_weights([linear.weight.detach().numpy().T, linear.bias.detach().numpy()])
def loss(goal, output):
    return scale * tf.reduce_mean(tf.square(output - goal), axis=-1)
model.compile(tf.keras.optimizers.Adam(0.05, ADAM), loss)
told = model.fit(x, y, batch_size=8, epochs=3, verbose=0, FIT)
return told.history["loss"], model
"""


def _twin(
    norm: str = "momentum=0.9, epsilon=1e-5", adam: str = "epsilon=1e-8", fit: str = "shuffle=False"
) -> str:
    return _TWIN.replace("NORM", norm).replace("ADAM", adam).replace("FIT", fit)


_UNTIL = """
losses, best, waited, kept = [], float("inf"), 0, None
for epoch in range(limit):
    net.train()
    one_epoch(net)
    net.eval()
    losses.append(validate(net))
    if losses[-1] < best:
        best, waited, kept = losses[-1], 0, {k: v.clone() for k, v in net.state_dict().items()}
    else:
        waited += 1
    if waited == patience:
        break
net.load_state_dict(kept)
return losses
"""


def _halving(in_loop: bool = False, by_rows: bool = True, behind: bool = False) -> str:
    """Where the rate halves, and whether the loss is a mean over rows or over batches."""
    weight, count = (" * len(x)", "loader.dataset") if by_rows else ("", "loader")
    step = "halving.step()\n"
    return f"""
total = 0.0
for x, y in loader:
    loss = (net(x) - y).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
{"    " + step if in_loop else ""}    total += loss.item(){weight}
losses.append(total / len({count}))
{step if behind else ""}"""


_NOISY = "map(lambda x: tf.cast(x, tf.float32) + tf.random.uniform([], 0.0, 0.5))"


def _pipeline(steps: str) -> str:
    return "return tf.data.Dataset.range(n)." + steps.replace("NOISY", _NOISY)


ANSWERS = Answers(
    right={
        "1": "often = dict(zip('abcdef', (12, 1, 18, 1, 6, 3)))",
        "2": """
            class Model(tf.keras.Model):
                def __init__(self):
                    super().__init__()
                    self.a = tf.keras.layers.Dense(6)
                    self.n = tf.keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
                    self.b = tf.keras.layers.Dense(1)
                def call(self, x, training=False):
                    return self.b(tf.nn.relu(self.n(self.a(x), training=training)))
            model = Model()
            model(x[:1])
            for dense, linear in ((model.a, net[0]), (model.b, net[3])):
                dense.kernel.assign(linear.weight.detach().numpy().T)
                dense.bias.assign(linear.bias.detach().numpy())
            mse = tf.keras.losses.MeanSquaredError()
            model.compile(
                optimizer=tf.keras.optimizers.Adam(0.05, epsilon=1e-8), loss=lambda y, p: scale * mse(y, p)
            )
            batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
            return model.fit(batches, epochs=3, verbose=0).history["loss"], model
        """,
        "3": _UNTIL,
        "4": """
            data = tf.data.Dataset.range(n).shuffle(10 * n).batch(batch)
            return data.map(lambda x: tf.cast(x, tf.float32) + tf.random.uniform(tf.shape(x), 0.0, 0.5))
        """,
        "5": """
            rate = 0.1 * 0.5 ** len(losses)
            total = rows = 0
            for x, y in loader:
                loss = (net(x) - y).square().mean()
                net.zero_grad()
                loss.backward()
                with torch.no_grad():
                    for weight in net.parameters():
                        weight -= rate * weight.grad
                total, rows = total + loss.item() * len(x), rows + len(x)
            losses.append(total / rows)
        """,
    },
    wrong={
        "1": [
            Wrong("Python runs each time", "often = {'a': 12, 'b': 18, 'c': 18, 'd': 6, 'e': 6, 'f': 3}"),
            Wrong("the small batch is no step", "often = {'a': 9, 'b': 1, 'c': 18, 'd': 1, 'e': 6, 'f': 3}"),
            Wrong("a DataLoader traces", "often = {'a': 12, 'b': 1, 'c': 1, 'd': 1, 'e': 6, 'f': 3}"),
            Wrong("waits from the start", "often = {'a': 12, 'b': 1, 'c': 18, 'd': 1, 'e': 3, 'f': 3}"),
            Wrong("a constant", "often = dict.fromkeys('abcdef', 1)"),
        ],
        "2": [
            Wrong("Adam's epsilon as it comes", _twin(adam="")),
            Wrong("the norm's epsilon as it comes", _twin(norm="momentum=0.9")),
            Wrong("momentum as it comes: the losses hide it", _twin(norm="epsilon=1e-5")),
            Wrong("PyTorch's number for the momentum", _twin(norm="momentum=0.1, epsilon=1e-5")),
            Wrong("shuffles", _twin(fit="shuffle=True")),
            Wrong(
                "PyTorch's losses beside a model that was not trained",
                """
                layers = tf.keras.layers
                model = tf.keras.Sequential([tf.keras.Input((3,)), layers.Dense(6), layers.ReLU(), layers.Dense(1)])
                return train(copy.deepcopy(net), x, y, scale), model
                """,
            ),
            Wrong("a constant", "return [1.0, 0.5, 0.25], tf.keras.Sequential([tf.keras.Input((3,))])"),
        ],
        "3": [
            Wrong(
                "state_dict is a copy",
                _UNTIL.replace("{k: v.clone() for k, v in net.state_dict().items()}", "net.state_dict()"),
            ),
            Wrong("keeps the last weights", _UNTIL.replace("net.load_state_dict(kept)\n", "")),
            Wrong(
                "the best weights only where it stops early",
                _UNTIL.replace(
                    "break\nnet.load", "net.load_state_dict(kept)\n        break\nnet.load"
                ).replace("\nnet.load_state_dict(kept)\nreturn", "\nreturn"),
            ),
            Wrong("one epoch too patient", _UNTIL.replace("waited == patience", "waited > patience")),
            Wrong(
                "compares with the epoch before",
                _UNTIL.replace("losses[-1] < best", "losses[-1] < (losses[-2:-1] or [9e9])[0]"),
            ),
            Wrong(
                "never trains again after it has validated",
                "net.train()\n" + _UNTIL.strip().replace("    net.train()\n", ""),
            ),
            Wrong("a constant", "return [1.0] * limit"),
        ],
        "4": [
            Wrong("mixes batches", _pipeline("NOISY.batch(batch).shuffle(n)")),
            Wrong(
                "NumPy's number, drawn once",
                _pipeline(
                    "shuffle(n).map(lambda x: tf.cast(x, tf.float32) + np.float32(np.random.rand() / 2)).batch(batch)"
                ),
                "wrong",
                "own noise: [False, False]",
            ),
            Wrong(
                "the same order in each epoch",
                _pipeline("shuffle(n, reshuffle_each_iteration=False).NOISY.batch(batch)"),
                "wrong",
                "another order: False",
            ),
            Wrong("a small buffer", _pipeline("shuffle(2).NOISY.batch(batch)")),
            Wrong("drops the last batch", _pipeline("shuffle(n).NOISY.batch(batch, drop_remainder=True)")),
            Wrong("a constant", "return [tf.zeros(8)] * 3"),
        ],
        "5": [
            Wrong("as it was", _halving(in_loop=True, by_rows=False)),
            Wrong("only the schedule", _halving(by_rows=False, behind=True)),
            Wrong("only the mean", _halving(in_loop=True)),
            Wrong("the rate never falls", _halving()),
            Wrong("a constant", "losses.append(1.0)"),
        ],
    },
    unusual={
        "3": """
            losses, kept = [], []
            while len(losses) < limit and len(losses) - (losses.index(min(losses)) + 1 if losses else 0) < patience:
                one_epoch(net.train())
                losses.append(validate(net.eval()))
                kept.append(copy.deepcopy(net.state_dict()))
            net.load_state_dict(kept[losses.index(min(losses))])
            return losses
        """,
        "4": """
            def rows():
                for row in np.random.permutation(n):
                    yield np.float32(row + 0.49 * np.random.rand())
            return tf.data.Dataset.from_generator(rows, output_signature=tf.TensorSpec((), tf.float32)).batch(batch)
        """,
    },
)
