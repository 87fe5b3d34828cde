"""L16: two ranks, one training."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": "weights = dict(zip('abcdef', (4, 4, -2, -2, 2, 7)))",
        "2": """
            # A chain: the sum travels up, the mean travels down.
            total = x if rank == 0 else x + wire.recv(x, rank - 1)
            if rank < world - 1:
                wire.send(total, rank + 1)
                mean = wire.recv(x, rank + 1)
            else:
                mean = total / world
            if rank > 0:
                wire.send(mean, rank - 1)
            return mean
        """,
        "3": """
            grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in model.parameters()]
            flat = torch.cat([grad.flatten() for grad in grads])
            all_reduce(flat)
            flat /= get_world_size()
            for p, piece in zip(model.parameters(), flat.split([grad.numel() for grad in grads])):
                p.grad = piece.reshape(p.shape).clone()
        """,
        "4": """
            share = torch.tensor([float(len(x))])
            total = share.clone()
            all_reduce(total)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            for _ in range(steps):
                optimizer.zero_grad()
                (torch.nn.functional.mse_loss(model(x), y) * (share / total).item()).backward()
                for p in model.parameters():
                    all_reduce(p.grad)
                optimizer.step()
        """,
        "5": """
            copy = loss.detach() + 0.0
            all_reduce(copy)
            if rank == 0:
                return copy.item() / get_world_size()
        """,
    },
    wrong={
        "1": [
            Wrong("DDP adds", "weights = {'a': 4, 'b': -2, 'c': -14, 'd': -2, 'e': -6, 'f': 7}"),
            Wrong("TensorFlow averages", "weights = {'a': 4, 'b': 4, 'c': -2, 'd': 4, 'e': 2, 'f': 7}"),
            Wrong("rows are weighed", "weights = {'a': 4, 'b': 4, 'c': -2, 'd': -2, 'e': 4, 'f': 7}"),
            Wrong("no_sync only waits", "weights = {'a': 4, 'b': 4, 'c': -2, 'd': -2, 'e': 2, 'f': 4}"),
            Wrong("a constant", "weights = dict.fromkeys('abcdef', 4)"),
        ],
        "2": [
            Wrong(
                "everyone to everyone",
                """
                total = x.clone()
                for other in range(world):
                    for source in range(world):
                        if source != other:
                            if rank == source:
                                wire.send(x, other)
                            if rank == other:
                                total += wire.recv(x, source)
                return total / world
                """,
                "wrong",
                "few vectors: False",
            ),
            Wrong(
                "the sum",
                """
                if rank > 0:
                    wire.send(x, 0)
                    return wire.recv(x, 0)
                total = x + sum(wire.recv(x, other) for other in range(1, world))
                for other in range(1, world):
                    wire.send(total, other)
                return total
                """,
            ),
            Wrong(
                "draws the others' numbers instead of receiving them",
                """
                draws = [np.random.default_rng([seed, r]).normal(size=len(x)) for r in range(world)]
                return torch.tensor(np.mean(draws, axis=0))
                """,
                "wrong",
                "reached: [[0], [1]]",
            ),
            Wrong(
                "two ranks only",
                """
                if rank == 0:
                    wire.send(x, 1)
                    return (x + wire.recv(x, 1)) / 2
                if rank == 1:
                    theirs = wire.recv(x, 0)
                    wire.send(x, 0)
                    return (x + theirs) / 2
                return x
                """,
            ),
            Wrong("its own numbers", "return x"),
            Wrong(
                "a log without a message",
                """
                draws = [np.random.default_rng([seed, r]).normal(size=len(x)) for r in range(world)]
                for other in range(world):
                    if other != rank:
                        wire.log.append(["recv", other, draws[other].tolist()])
                return torch.tensor(np.mean(draws, axis=0))
                """,
                "wrong",
                "reached: None",
            ),
        ],
        "3": [
            Wrong(
                "adds and does not divide",
                """
                for p in model.parameters():
                    p.grad = torch.zeros_like(p) if p.grad is None else p.grad
                    all_reduce(p.grad)
                """,
            ),
            Wrong(
                "leaves out what has no gradient",
                """
                for p in model.parameters():
                    if p.grad is not None:
                        all_reduce(p.grad)
                        p.grad /= get_world_size()
                """,
                "error",
            ),
            Wrong(
                "fills the gaps and sends nothing",
                "for p in model.parameters():\n    p.grad = torch.zeros_like(p) if p.grad is None else p.grad",
            ),
            Wrong("a constant", "for p in model.parameters():\n    p.grad = torch.ones_like(p)"),
            Wrong(
                "divides by two, whatever the number of ranks",
                """
                for p in model.parameters():
                    p.grad = torch.zeros_like(p) if p.grad is None else p.grad
                    all_reduce(p.grad)
                    p.grad /= 2
                """,
            ),
        ],
        "4": [
            Wrong(
                "the mean of means",
                """
                optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                for _ in range(steps):
                    optimizer.zero_grad()
                    torch.nn.functional.mse_loss(model(x), y).backward()
                    for p in model.parameters():
                        all_reduce(p.grad)
                        p.grad /= get_world_size()
                    optimizer.step()
                """,
                "wrong",
                "as one process: [False, False, False]",
            ),
            Wrong(
                "each for itself",
                """
                optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                for _ in range(steps):
                    optimizer.zero_grad()
                    torch.nn.functional.mse_loss(model(x), y).backward()
                    optimizer.step()
                """,
            ),
            Wrong(
                "averages the weights at the end",
                """
                optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                for _ in range(steps):
                    optimizer.zero_grad()
                    torch.nn.functional.mse_loss(model(x), y).backward()
                    optimizer.step()
                for p in model.parameters():
                    all_reduce(p.data)
                    p.data /= get_world_size()
                """,
            ),
            Wrong(
                "never clears the gradients",
                """
                count = torch.tensor(float(y.numel()))
                all_reduce(count)
                for _ in range(steps):
                    ((model(x) - y).square().sum() / count).backward()
                    for p in model.parameters():
                        all_reduce(p.grad)
                        p.data -= 0.1 * p.grad
                """,
            ),
            Wrong("a constant", "for p in model.parameters():\n    p.data.fill_(1.0)"),
        ],
        "5": [
            Wrong(
                "as it was",
                """
                if rank == 0:
                    all_reduce(loss)
                    return loss.item() / get_world_size()
                """,
                "error",
                "Timed out",
            ),
            Wrong(
                "writes into the loss",
                """
                all_reduce(loss)
                if rank == 0:
                    return loss.item() / get_world_size()
                """,
            ),
            Wrong("tells its own loss", "return loss.item() if rank == 0 else None"),
            Wrong(
                "tells everybody",
                """
                total = loss.clone()
                all_reduce(total)
                return total.item() / get_world_size()
                """,
            ),
            Wrong("a constant", "return 1.5 if rank == 0 else None"),
        ],
    },
    unusual={
        "2": """
            # The last rank collects.
            last = world - 1
            if rank != last:
                wire.send(x, last)
                return wire.recv(x, last)
            vectors = torch.stack([wire.recv(x, other) for other in range(last)] + [x])
            for other in range(last):
                wire.send(vectors.mean(0), other)
            return vectors.mean(0)
        """,
        "5": """
            losses = torch.zeros(get_world_size(), dtype=torch.float64)
            losses[rank] = loss
            all_reduce(losses)
            return losses.mean().item() if rank == 0 else None
        """,
    },
)
