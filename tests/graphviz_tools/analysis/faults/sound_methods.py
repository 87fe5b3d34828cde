"""Sound methods that cut, stop or turn gradients on purpose: adversarial, contrastive, reinforcement, meta learning."""

from __future__ import annotations

import copy
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from tests.graphviz_tools.analysis.faults.programs import sound


def net(*widths):
    layers = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers[:-1])


def generator():
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))


@sound
def generator_against_discriminator():
    g, d = generator(), net(2, 8, 1)
    g_optimizer, d_optimizer = torch.optim.Adam(g.parameters()), torch.optim.Adam(d.parameters())
    ones, zeros = torch.ones(6, 1), torch.zeros(6, 1)
    bce = nn.BCEWithLogitsLoss()
    for _ in range(2):
        fake = g(torch.randn(6, 3))
        d_loss = bce(d(torch.randn(6, 2)), ones) + bce(d(fake.detach()), zeros)
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        g_loss = bce(d(fake), ones)
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()


@sound
def critic_with_a_gradient_penalty():
    g, d = generator(), net(2, 8, 1)
    g_optimizer, d_optimizer = torch.optim.Adam(g.parameters()), torch.optim.Adam(d.parameters())
    for turn in range(3):
        real = torch.randn(6, 2)
        with torch.no_grad():
            fake = g(torch.randn(6, 3))
        mixed = (real + torch.rand(6, 1) * (fake - real)).requires_grad_()
        (slope,) = torch.autograd.grad(d(mixed).sum(), mixed, create_graph=True)
        penalty = (slope.norm(dim=1) - 1).pow(2).mean()
        loss = d(fake).mean() - d(real).mean() + 10 * penalty
        d_optimizer.zero_grad()
        loss.backward()
        d_optimizer.step()
        if turn == 2:
            loss = -d(g(torch.randn(6, 3))).mean()
            g_optimizer.zero_grad()
            loss.backward()
            g_optimizer.step()


@sound
def network_that_predicts_its_slow_copy():
    online, predictor = generator(), net(2, 4, 2)
    target = copy.deepcopy(online)
    optimizer = torch.optim.SGD([*online.parameters(), *predictor.parameters()], lr=0.05)
    for _ in range(2):
        x = torch.randn(6, 3)
        p = predictor(online(x + 0.1))
        with torch.no_grad():
            z = target(x - 0.1)
        loss = 2 - 2 * F.cosine_similarity(p, z).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
                slow.mul_(0.99).add_(fast, alpha=0.01)


@sound
def two_views_told_apart_from_all_others():
    model = net(4, 8, 5)
    optimizer = torch.optim.Adam(model.parameters())
    for _ in range(2):
        x = torch.randn(4, 4)
        z = F.normalize(torch.cat([model(x + 0.1), model(x - 0.1)]), dim=1)
        similar = z @ z.T / 0.5
        similar = similar.masked_fill(torch.eye(8, dtype=torch.bool), float("-inf"))
        loss = F.cross_entropy(similar, torch.arange(8).roll(4))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def siamese_model_with_a_cut_branch():
    model, head = net(4, 8, 5), net(5, 5)
    optimizer = torch.optim.SGD([*model.parameters(), *head.parameters()], lr=0.05)
    x = torch.randn(6, 4)
    z1, z2 = model(x + 0.1), model(x - 0.1)
    p1, p2 = head(z1), head(z2)
    loss = -(F.cosine_similarity(p1, z2.detach()) + F.cosine_similarity(p2, z1.detach())).mean() / 2
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


@sound
def deep_q_learning():
    q, target = net(4, 8, 2), net(4, 8, 2)
    target.load_state_dict(q.state_dict())
    optimizer = torch.optim.Adam(q.parameters())
    for _ in range(3):
        state, after = torch.randn(6, 4), torch.randn(6, 4)
        with torch.no_grad():
            action = q(state).argmax(1, keepdim=True)
            goal = torch.rand(6, 1) + 0.99 * target(after).max(1, keepdim=True).values
        loss = F.smooth_l1_loss(q(state).gather(1, action), goal)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def policy_gradient_with_probabilities():
    """Here `sample` makes a view of the probabilities, whose memory lives until the episode's backward."""
    policy = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2), nn.Softmax(-1))
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.01)
    for _episode in range(2):
        state, logs = torch.randn(4), []
        for _step in range(5):
            choices = torch.distributions.Categorical(policy(state))
            choice = choices.sample()
            logs.append(choices.log_prob(choice))
            state = state + 0.1 * torch.randn(4)
        optimizer.zero_grad()
        loss = torch.stack([-log * (step - 2) for step, log in enumerate(logs)]).sum()
        loss.backward()
        optimizer.step()


@sound
def policy_gradient():
    policy = net(4, 8, 2)
    optimizer = torch.optim.Adam(policy.parameters())
    for _ in range(2):
        logs, rewards = [], []
        state = torch.randn(4)
        for _ in range(4):
            choice = torch.distributions.Categorical(logits=policy(state))
            action = choice.sample()
            logs.append(choice.log_prob(action))
            rewards.append(float(action.item() == 1))
            state = torch.randn(4)
        returns = torch.tensor(rewards).flip(0).cumsum(0).flip(0)
        loss = -(torch.stack(logs) * (returns - returns.mean())).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def actor_and_critic():
    body, actor, critic = net(4, 8), nn.Linear(8, 2), nn.Linear(8, 1)
    optimizer = torch.optim.Adam([*body.parameters(), *actor.parameters(), *critic.parameters()])
    for _ in range(2):
        h = torch.tanh(body(torch.randn(5, 4)))
        logs = actor(h).log_softmax(-1)
        value = critic(h).squeeze(1)
        gain = torch.randn(5)
        advantage = gain - value.detach()
        action = logs.exp().multinomial(1)
        loss = -(logs.gather(1, action).squeeze(1) * advantage).mean() + F.mse_loss(value, gain)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def clipped_policy_ratio():
    policy = net(4, 8, 3)
    optimizer = torch.optim.Adam(policy.parameters(), lr=1e-3)
    state = torch.randn(8, 4)
    with torch.no_grad():
        old = policy(state).log_softmax(-1)
        action = old.exp().multinomial(1)
        old = old.gather(1, action)
    advantage = torch.randn(8, 1)
    for _ in range(3):
        new = policy(state).log_softmax(-1).gather(1, action)
        ratio = (new - old).exp()
        loss = -torch.min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def student_taught_by_a_teacher():
    teacher, student = net(4, 16, 3).eval(), net(4, 4, 3)
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
    for _ in range(2):
        x = torch.randn(6, 4)
        with torch.no_grad():
            soft = F.softmax(teacher(x) / 2, dim=1)
        loss = 4 * F.kl_div(F.log_softmax(student(x) / 2, dim=1), soft, reduction="batchmean")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def learning_to_learn():
    w = torch.randn(3, 1, requires_grad=True)
    meta = torch.optim.Adam([w], lr=0.01)
    for _ in range(2):
        total = torch.zeros(())
        for _ in range(3):
            x = torch.randn(5, 3)
            y = x.sum(1, keepdim=True)
            inner = F.mse_loss(x @ w, y)
            (slope,) = torch.autograd.grad(inner, w, create_graph=True)
            total = total + F.mse_loss(x @ (w - 0.1 * slope), y)
        meta.zero_grad()
        total.backward()
        meta.step()


@sound
def differential_equation_as_a_loss():
    model = nn.Sequential(nn.Linear(1, 12), nn.Tanh(), nn.Linear(12, 12), nn.Tanh(), nn.Linear(12, 1))
    optimizer = torch.optim.Adam(model.parameters())
    for _ in range(2):
        t = torch.rand(10, 1, requires_grad=True)
        u = model(t)
        (speed,) = torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)
        loss = (speed + u).pow(2).mean() + (model(torch.zeros(1, 1)) - 1).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def two_losses_with_one_graph():
    body, first, second = net(4, 8), nn.Linear(8, 3), nn.Linear(8, 1)
    optimizer = torch.optim.SGD([*body.parameters(), *first.parameters(), *second.parameters()], lr=0.1)
    h = F.silu(body(torch.randn(6, 4)))
    optimizer.zero_grad()
    F.cross_entropy(first(h), torch.randint(0, 3, (6,))).backward(retain_graph=True)
    second(h).pow(2).mean().backward()
    optimizer.step()


@sound
def slopes_of_an_input_for_a_saliency_map():
    model = net(4, 8, 3).eval()
    x = torch.randn(1, 4, requires_grad=True)
    model(x)[0, 1].backward()
    return x.grad.abs().max().item()


@sound
def image_changed_to_fool_a_model():
    model = net(4, 8, 3).eval().requires_grad_(False)
    x, y = torch.rand(2, 4), torch.tensor([0, 1])
    changed = x.clone()
    for _ in range(4):
        changed.requires_grad_()
        loss = F.cross_entropy(model(changed), y)
        (slope,) = torch.autograd.grad(loss, changed)
        changed = (changed.detach() + 0.01 * slope.sign()).clamp(0, 1)
    return changed


@sound
def stochastic_depth_that_drops_the_branch():
    branch = net(4, 4, 4)
    x = torch.randn(1, 4)
    kept = torch.empty(1, 1).bernoulli_(0.0) / 0.9  # by chance, this time
    (x + branch(x) * kept).sum().backward()
