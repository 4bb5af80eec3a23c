"""A workload by a plain loop over PyTorch, without any simulator: plain_peer.py FOLDER SEED THREADS

What a simulator's time is beyond this one's is its own; what this one's is beyond Kith's is the price of PyTorch's
steps and of the interpreter.
"""
import numpy as np
import torch

import common


def train(net, work, span):
    x, y = torch.from_numpy(work.train_x[span]), torch.from_numpy(work.train_y[span])
    optimizer = torch.optim.SGD(net.parameters(), lr=work.lr)
    for k in torch.randperm(len(y)).split(work.batch or len(y)):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x[k]), y[k]).backward()
        optimizer.step()


@torch.no_grad()
def assign(net, values):
    for parameter, value in zip(net.parameters(), values):
        parameter.copy_(value)


def a_round(net, work, draw):
    """Federated averaging, learners weighed by their examples."""
    first = [p.detach().clone() for p in net.parameters()]
    total, sums = 0, [torch.zeros_like(p) for p in first]
    for user in draw.choice(work.users, work.cohort, replace=False):
        span = work.span(user)
        assign(net, first)
        train(net, work, span)
        for s, p in zip(sums, net.parameters()):
            s.add_(p.detach(), alpha=span.stop - span.start)
        total += span.stop - span.start
    assign(net, [s / total for s in sums])


def main():
    work, seed, (threads,) = common.arguments()
    torch.set_num_threads(int(threads))
    torch.manual_seed(seed)
    draw, net = np.random.default_rng(seed), common.network(work.model)
    common.say_eval(0, *common.evaluate(net, work))
    for number in range(1, work.rounds + 1):
        a_round(net, work, draw)
        if number % work.every == 0:
            common.say_eval(number, *common.evaluate(net, work))
        common.say_round(number)


if __name__ == "__main__":
    main()
