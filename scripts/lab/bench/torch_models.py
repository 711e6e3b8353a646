"""Networks, noise schedule and samplers of the yardstick, in eager PyTorch."""

import math

import torch
from torch import nn
from torch.nn import functional

TASKS = 5
BETA_MIN, BETA_MAX = 0.1, 20.0


def alpha_sigma(time_):
    """VP-linear schedule."""
    log_alpha = -time_ * (time_ * (BETA_MAX - BETA_MIN) / 4 + BETA_MIN / 2)
    return log_alpha.exp(), (-torch.expm1(2 * log_alpha)).sqrt()


def half_log_snr(time_):
    alpha, sigma = alpha_sigma(time_)
    return alpha.log() - sigma.log()


def time_of(half_log):
    decay = functional.softplus(-2 * half_log)
    return ((BETA_MIN**2 + 2 * (BETA_MAX - BETA_MIN) * decay).sqrt() - BETA_MIN) / (BETA_MAX - BETA_MIN)


class ResidualMlp(nn.Module):
    def __init__(self, features, width, blocks=4):
        super().__init__()
        self.first, self.last = nn.Linear(features, width), nn.Linear(width, features)
        self.inner = nn.ModuleList(nn.Linear(width, width) for _ in range(2 * blocks))

    def forward(self, x):
        hidden = self.first(x)
        for one, two in zip(self.inner[::2], self.inner[1::2]):
            hidden = hidden + two(functional.silu(one(functional.silu(hidden))))
        return self.last(functional.silu(hidden))


class LayerNormDenoiser(nn.Module):
    """The architecture of our `default` preset: 3 blocks of 256, time and task embedding added within each block."""

    def __init__(self, dim, condition_dim, width=256, blocks=3):
        super().__init__()
        self.first, self.last = nn.Linear(dim + condition_dim, width), nn.Linear(width, dim)
        self.time = nn.Sequential(nn.Linear(64, width), nn.SiLU(), nn.Linear(width, width))
        self.task = nn.Embedding(TASKS, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(blocks))
        self.inner = nn.ModuleList(nn.Linear(width, width) for _ in range(2 * blocks))
        self.register_buffer("frequencies", torch.logspace(0, 3, 32))

    def forward(self, x, time_, task, condition=None):
        phase = torch.outer(time_, self.frequencies)
        context = self.time(torch.cat([phase.sin(), phase.cos()], -1)) + self.task(task)
        hidden = self.first(x if condition is None else torch.cat([x, condition], -1))
        for block, norm in enumerate(self.norms):
            change = functional.silu(self.inner[2 * block](norm(hidden)) + context)
            hidden = hidden + self.inner[2 * block + 1](change)
        return self.last(functional.silu(hidden))


class PaperBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.one, self.two = nn.Linear(inputs, outputs), nn.Linear(outputs, outputs)
        self.of_time, self.of_condition = nn.Linear(128, outputs), nn.Linear(128, outputs)
        self.skip = nn.Linear(inputs, outputs) if inputs != outputs else nn.Identity()

    def forward(self, x, time_, condition):
        hidden = functional.silu(self.one(x)) + self.of_time(time_) + self.of_condition(condition)
        return functional.silu(self.two(hidden)) + self.skip(x)


class PaperDenoiser(nn.Module):
    """The paper's U-shaped network of dense layers."""

    def __init__(self, dim, condition_dim):
        super().__init__()
        self.register_buffer("frequencies", 60 * math.pi * torch.randn(32))
        self.time, self.condition = nn.Linear(64, 64), nn.Linear(condition_dim, 64)
        self.context = nn.Sequential(nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 128))
        self.down = nn.ModuleList([PaperBlock(dim, 512), PaperBlock(512, 256), PaperBlock(256, 128)])
        self.middle = PaperBlock(128, 128)
        self.up = nn.ModuleList([PaperBlock(256, 256), PaperBlock(512, 512), PaperBlock(1024, 512)])
        self.last = nn.Linear(512, dim)

    def forward(self, x, time_, condition):
        phase = torch.outer(time_, self.frequencies)
        of_time = functional.silu(self.context(self.time(torch.cat([phase.sin(), phase.cos()], -1))))
        of_condition = functional.silu(self.context(functional.silu(self.condition(condition))))
        kept = []
        for block in self.down:
            x = block(x, of_time, of_condition)
            kept.append(x)
        x = self.middle(x, of_time, of_condition)
        for block in self.up:
            x = block(torch.cat([kept.pop(), x], -1), of_time, of_condition)
        return self.last(x)


@torch.no_grad()
def multistep(predict, rows, dim, evaluations=10, end=1e-3):
    """DPM-Solver++(2M), uniform in log-SNR, then a final denoising."""
    bounds = half_log_snr(torch.tensor([1.0, end]))
    times = time_of(torch.linspace(float(bounds[0]), float(bounds[1]), evaluations + 1))
    step = float(bounds[1] - bounds[0]) / evaluations
    alphas, sigmas = (part.tolist() for part in alpha_sigma(times))
    x, before = torch.randn(rows, dim), None
    for index in range(evaluations + 1):
        predicted = predict(x, times[index].expand(rows))
        clean = ((x - sigmas[index] * predicted) / alphas[index]).clamp(-1, 1)
        if index == evaluations:
            return clean
        direction = clean if before is None else 1.5 * clean - 0.5 * before
        x = sigmas[index + 1] / sigmas[index] * x - alphas[index + 1] * math.expm1(-step) * direction
        before = clean


@torch.no_grad()
def singlestep(predict, rows, dim, evaluations=100, end=1e-3):
    """DPM-Solver-3 as the paper runs it: single-step, uniform in time, orders 3, 3, ..., 3, 1 for 100 evaluations."""
    orders = [3] * (evaluations // 3) + ([evaluations % 3] if evaluations % 3 else [])
    times = torch.linspace(1.0, end, evaluations + 1)
    x, at = torch.randn(rows, dim), 0
    for order in orders:
        nodes = [times[at + i] for i in range(order)] + [times[at + order]]
        x = advance(predict, x, nodes, rows)
        at += order
    return x.clamp(-1, 1)


def advance(predict, x, nodes, rows):
    logs = [half_log_snr(node) for node in nodes]
    (alpha, _), (alpha_end, sigma_end) = alpha_sigma(nodes[0]), alpha_sigma(nodes[-1])
    h = logs[-1] - logs[0]
    first = predict(x, nodes[0].expand(rows))
    result = alpha_end / alpha * x - sigma_end * torch.expm1(h) * first
    change, share = None, None
    for node, log in zip(nodes[1:-1], logs[1:-1]):
        part, (alpha_i, sigma_i) = (log - logs[0]) / h, alpha_sigma(node)
        inner = alpha_i / alpha * x - sigma_i * torch.expm1(part * h) * first
        if change is not None:
            curve = torch.expm1(part * h) / (part * h) - 1
            inner = inner - part / share * sigma_i * curve * change
        change, share = predict(inner, node.expand(rows)) - first, part
    if change is None:
        return result
    weight = torch.expm1(h) / 2 if len(nodes) == 3 else torch.expm1(h) / h - 1
    return result - weight / share * sigma_end * change
