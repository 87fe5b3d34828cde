"""L15: out of Python."""

from graph_duet.authoring.answers import Answers, Wrong

LOGITS = "(tf.cast(pixels, tf.float32) / 255.0) @ model.weight"
SERVE = f"""
model = tf.Module()
model.weight = tf.Variable(weight)
@tf.function(input_signature=[tf.TensorSpec([None, 3], tf.uint8, name="pixels")])
def serve(pixels):
    logits = {LOGITS}
    return {{"probabilities": tf.nn.softmax(logits), "best": tf.argmax(logits, 1)}}
tf.saved_model.save(model, f"{{base}}/{{version}}", signatures={{"serving_default": serve}})
"""

ANSWERS = Answers(
    right={
        "1": "files = dict(zip('abcdef', ('raises', 'runs', 'refused', 'raises', 'raises', 'runs')))",
        "2": """
            import copy
            quiet = copy.deepcopy(model).eval()
            size = torch.export.Dim("rows", min=1, max=4096)
            return torch.export.export(quiet, (torch.zeros(3, width),), dynamic_shapes={"x": {0: size}})
        """,
        "3": """
            class Served(tf.Module):
                @tf.function
                def serve(self, pixels):
                    shares = tf.nn.softmax(tf.matmul(tf.cast(pixels, tf.float32) / 255.0, weight), axis=-1)
                    return {"best": tf.argmax(shares, axis=-1), "probabilities": shares}

            served = Served()
            spec = tf.TensorSpec([None, 3], tf.uint8, name="pixels")
            concrete = served.serve.get_concrete_function(spec)
            tf.saved_model.save(served, str(base / str(version)), signatures=concrete)
        """,
        "4": """
            numbers = sorted(int(name) for name in folders if name.isdigit())
            model, colon, verb = path.removeprefix("/v1/models/").partition(":")
            if verb != "predict" or not numbers:
                return None
            wanted = int(model.split("/")[-1]) if "/versions/" in model else numbers[-1]
            return str(wanted) if wanted in numbers else None
        """,
        "5": """
            peak = x.abs().max(dim=1, keepdim=True).values
            return torch.where(peak > 1.0, x / peak, x)
        """,
    },
    wrong={
        "1": [
            Wrong("a file takes any batch", "files = dict.fromkeys('abcdef', 'runs')"),
            Wrong("no file takes another batch", "files = dict.fromkeys('abcdef', 'raises')"),
            Wrong(
                "one row is an example like any other",
                "files = dict(zip('abcdef', ('raises', 'runs', 'runs', 'raises', 'raises', 'runs')))",
            ),
            Wrong(
                "a Dim has no limits",
                "files = dict(zip('abcdef', ('raises', 'runs', 'refused', 'runs', 'raises', 'runs')))",
            ),
        ],
        "2": [
            Wrong(
                "exports while it trains",
                """
                batch = ({0: torch.export.Dim("batch")},)
                return torch.export.export(model, (torch.ones(2, width),), dynamic_shapes=batch)
                """,
            ),
            Wrong(
                "freezes the batch",
                """
                model.eval()
                program = torch.export.export(model, (torch.ones(2, width),))
                model.train()
                return program
                """,
                "error",
            ),
            Wrong(
                "leaves the model in the other mode",
                """
                batch = ({0: torch.export.Dim("batch")},)
                return torch.export.export(model.eval(), (torch.ones(2, width),), dynamic_shapes=batch)
                """,
                "wrong",
                "in training again: False",
            ),
            Wrong(
                "an example of one row",
                """
                batch = ({0: torch.export.Dim("batch")},)
                program = torch.export.export(model.eval(), (torch.ones(1, width),), dynamic_shapes=batch)
                model.train()
                return program
                """,
                "error",
            ),
            Wrong(
                "another model",
                """
                batch = ({0: torch.export.Dim("batch")},)
                other = Scorer(width, drop=0.0).eval()
                return torch.export.export(other, (torch.ones(2, width),), dynamic_shapes=batch)
                """,
            ),
        ],
        "3": [
            Wrong(
                "freezes a batch of 3",
                SERVE.replace("[None, 3]", "[3, 3]"),
                "wrong",
                "pixels uint8 [3, 3]",
            ),
            Wrong(
                "divides whole numbers",
                SERVE.replace(LOGITS, "tf.cast(pixels // 255, tf.float32) @ model.weight"),
            ),
            Wrong(
                "forgets to divide",
                SERVE.replace(LOGITS, "tf.cast(pixels, tf.float32) @ model.weight"),
            ),
            Wrong(
                "takes floats",
                SERVE.replace("tf.uint8", "tf.float32").replace(LOGITS, "(pixels / 255.0) @ model.weight"),
                "error",
            ),
            Wrong(
                "a constant",
                SERVE.replace(LOGITS, "tf.ones([tf.shape(pixels)[0], weight.shape[1]])"),
            ),
            Wrong(
                "no folder for the version",
                SERVE.replace('f"{base}/{version}"', "str(base)"),
                "error",
            ),
            Wrong(
                "a signature by another name",
                SERVE.replace("serving_default", "serve"),
                "error",
            ),
            Wrong(
                "a folder that is no version",
                SERVE.replace("{version}", "v{version}"),
                "error",
            ),
            Wrong(
                "the file calls back into Python",
                SERVE.replace(
                    f"    logits = {LOGITS}\n",
                    '    product = lambda x: x.astype("float32") / 255 @ weight.numpy()\n'
                    "    logits = tf.numpy_function(product, [pixels], tf.float32)\n"
                    "    logits = tf.ensure_shape(logits, [None, weight.shape[1]])\n",
                ),
                "error",
                "calls back into Python",
            ),
        ],
        "4": [
            Wrong(
                "the highest text",
                """
                found = re.fullmatch(r"/v1/models/\\w+(?:/versions/(\\d+))?:predict", path)
                versions = [name for name in folders if name.isdigit()]
                if not found or not versions:
                    return None
                if found[1]:
                    return found[1] if found[1] in versions else None
                return max(versions)
                """,
            ),
            Wrong("the first folder", "return folders[0] if path.endswith(':predict') else None"),
            Wrong("any folder counts", "return max(folders)"),
            Wrong("never any", "return None"),
            Wrong(
                "a version that is missing falls back to the newest",
                """
                if not path.endswith(":predict"):
                    return None
                versions = [name for name in folders if name.isdigit()]
                named = re.search(r"/versions/(\\d+)", path)
                if named and named[1] in versions:
                    return named[1]
                return max(versions, key=int, default=None)
                """,
            ),
        ],
        "5": [
            Wrong(
                "as it was",
                """
                rows = []
                for row in x:
                    peak = row.abs().max()
                    rows.append(row / peak if peak > 1.0 else row)
                return torch.stack(rows)
                """,
                "error",
            ),
            Wrong("one peak for all rows", "return x / x.abs().max().clamp(min=1.0)"),
            Wrong("always divides", "return x / x.abs().amax(1, keepdim=True)"),
            Wrong("clips each number", "return x.clamp(-1.0, 1.0)"),
            Wrong("never divides", "return x * 1.0"),
            Wrong("forgets the sign", "return x / x.amax(1, keepdim=True).clamp(min=1.0)"),
        ],
    },
    unusual={
        "2": """
            with torch.no_grad():
                modes = {name: part.training for name, part in model.named_modules()}
                for part in model.modules():
                    part.training = False
                size = {0: torch.export.Dim.DYNAMIC}
                program = torch.export.export(model, (torch.rand(7, width),), dynamic_shapes=(size,))
                for name, part in model.named_modules():
                    part.training = modes[name]
            return program
        """,
        "4": """
            for version in sorted((name for name in folders if name.isdigit()), key=int, reverse=True):
                start = "/v1/models/net"
                if path in (start + ":predict", f"{start}/versions/{version}:predict"):
                    return version
        """,
        "5": """
            return x * torch.minimum(torch.ones(()), 1.0 / torch.linalg.vector_norm(
                x, ord=float("inf"), dim=1, keepdim=True)).to(x.dtype)
        """,
    },
)
