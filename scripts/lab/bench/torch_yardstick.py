"""The same work in eager PyTorch, as a yardstick for `deno task bench --torch PYTHON`.

Needs torch alone. One thread unless --threads says otherwise. Without --serve it prints all figures as one JSON line;
with --serve it answers each line "name,name,..." on standard input with one JSON line holding those figures.
"""

import argparse
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional
from torch_models import (
    TASKS,
    LayerNormDenoiser,
    PaperDenoiser,
    ResidualMlp,
    alpha_sigma,
    multistep,
    singlestep,
)

STATE_DIM, ACTION_DIM = 17, 6
FIGURES = {}


def figure(name):
    """Registers a function that measures one figure; it is made on first use."""

    def register(make):
        FIGURES[name] = make
        return make

    return register


clock = time.perf_counter


def milliseconds(work, repeats, warm_up=3):
    """Median duration of a call."""
    for _ in range(warm_up):
        work()
    durations = []
    for _ in range(repeats):
        start = clock()
        work()
        durations.append(1e3 * (clock() - start))
    return sorted(durations)[repeats // 2]


def training_step(network, loss, rate=1e-4):
    optimiser = torch.optim.Adam(network.parameters(), rate)

    def step():
        optimiser.zero_grad()
        loss().backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()

    return step


def denoising_loss(predict, clean):
    """Mean over rows of the squared error of the predicted noise, at random times."""
    time_ = torch.rand(len(clean)).clamp_min(1e-4)
    alpha, sigma = alpha_sigma(time_)
    noise = torch.randn_like(clean)
    return (predict(alpha[:, None] * clean + sigma[:, None] * noise, time_) - noise).square().sum(-1).mean()


def residual(width, batch):
    network = ResidualMlp(60, width)
    x, y = torch.randn(batch, 60), torch.randn(batch, 60)
    step = training_step(network, lambda: functional.mse_loss(network(x), y))
    rows = torch.randn(4096, 60)

    def forwards():
        with torch.no_grad():
            for _ in range(15):
                network(rows)

    return step, forwards


for _width, _batch, _step, _forwards in (
    (512, 1024, "residualTrainStepMs", "residual15ForwardsMs"),
    (256, 512, "residual256TrainStep512Ms", "residual25615ForwardsMs"),
    (64, 256, "residual64TrainStep256Ms", "residual6415ForwardsMs"),
):
    FIGURES[_step] = lambda repeats, w=_width, b=_batch: milliseconds(residual(w, b)[0], 5 * repeats)
    FIGURES[_forwards] = lambda repeats, w=_width, b=_batch: milliseconds(residual(w, b)[1], max(1, repeats // 4), 1)


@figure("lnResNetBehaviorTrainStep512Ms")
def behavior_step(repeats):
    network = LayerNormDenoiser(ACTION_DIM, STATE_DIM)
    states, actions = torch.randn(512, STATE_DIM), torch.randn(512, ACTION_DIM)
    tasks = torch.randint(0, TASKS, (512,))
    loss = lambda: denoising_loss(lambda x, t: network(x, t, tasks, states), actions)
    return milliseconds(training_step(network, loss), 5 * repeats)


@figure("lnResNet10PairsPerSecond")
def fast_pairs(repeats, rows=4096):
    of_states, of_actions = LayerNormDenoiser(STATE_DIM, 0), LayerNormDenoiser(ACTION_DIM, STATE_DIM)
    tasks = torch.zeros(rows, dtype=torch.long)

    def draw():
        states = multistep(lambda x, t: of_states(x, t, tasks), rows, STATE_DIM)
        multistep(lambda x, t: of_actions(x, t, tasks, states), rows, ACTION_DIM)

    return 1e3 * rows / milliseconds(draw, max(1, repeats // 3), 1)


@figure("lnResNet10ActOneObservationMs")
def fast_act(repeats):
    network = LayerNormDenoiser(ACTION_DIM, STATE_DIM)
    state, tasks = torch.randn(1, STATE_DIM).expand(32, STATE_DIM), torch.zeros(32, dtype=torch.long)
    return milliseconds(lambda: multistep(lambda x, t: network(x, t, tasks, state), 32, ACTION_DIM), 3 * repeats)


@figure("paperTrainStep4096Ms")
def paper_step(repeats):
    network = PaperDenoiser(ACTION_DIM, STATE_DIM)
    states, actions = torch.randn(4096, STATE_DIM), torch.randn(4096, ACTION_DIM)
    loss = lambda: denoising_loss(lambda x, t: network(x, t, states), actions)
    return milliseconds(training_step(network, loss), max(1, repeats // 4), 1)


@figure("paperPairsPerSecond")
def paper_pairs(repeats):
    rows = 1024 if repeats > 5 else 256
    of_states, of_actions = PaperDenoiser(STATE_DIM, TASKS), PaperDenoiser(ACTION_DIM, STATE_DIM)
    tasks = functional.one_hot(torch.zeros(rows, dtype=torch.long), TASKS).float()

    def draw():
        states = singlestep(lambda x, t: of_states(x, t, tasks), rows, STATE_DIM)
        singlestep(lambda x, t: of_actions(x, t, states), rows, ACTION_DIM)

    return 1e3 * rows / milliseconds(draw, 1, 0)


@figure("paperActOneObservationMs")
def paper_act(repeats):
    network = PaperDenoiser(ACTION_DIM, STATE_DIM)
    state = torch.randn(1, STATE_DIM).expand(32, STATE_DIM)
    return milliseconds(lambda: singlestep(lambda x, t: network(x, t, state), 32, ACTION_DIM), max(1, repeats // 4), 1)


def main():
    global clock
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    options = parser.parse_args()
    clock = time.process_time if options.clock == "cpu" else time.perf_counter
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    repeats = 5 if options.quick else 9
    measure = lambda names: {name: FIGURES[name](repeats) for name in names if name in FIGURES}
    if not options.serve:
        print(json.dumps({"torch": torch.__version__, "threads": options.threads, **measure(FIGURES)}))
        return
    print(json.dumps({"torch": torch.__version__, "threads": options.threads}), flush=True)
    for line in sys.stdin:
        print(json.dumps(measure(line.strip().split(","))), flush=True)


if __name__ == "__main__":
    main()
