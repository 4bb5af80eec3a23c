"""A workload by Flower: flower_peer.py FOLDER SEED torch|numpy ACTORS THREADS

Its simulation runtime, on Ray with two processors, its message-based FedAvg and a ClientApp as its tutorials write
them. ACTORS processes of the runtime train, each with THREADS threads of PyTorch; numpy, for logistic regression only,
leaves PyTorch out.
"""
import functools
import random
import sys

import numpy as np
from flwr.app import ArrayRecord, MetricRecord, RecordDict, Message
from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp
from flwr.serverapp.strategy import FedAvg

import common


@functools.cache
def workload(folder):
    return common.Workload(folder)


@functools.cache
def network(model, threads):
    import torch

    torch.set_num_threads(threads)
    return common.network(model)


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def train_numpy(work, span, arrays):
    w, b = (a.copy() for a in arrays)
    x, y = work.train_x[span], work.train_y[span]
    order, size = np.random.permutation(len(y)), work.batch or len(y)
    for i in range(0, len(y), size):
        k = order[i:i + size]
        g = softmax(x[k] @ w.T + b)
        g[np.arange(len(k)), y[k]] -= 1
        g *= np.float32(work.lr / len(k))
        w -= g.T @ x[k]
        b -= g.sum(0)
    return [w, b]


def train_torch(work, span, arrays, threads):
    import torch  # Flower converts to its tensors only where it is loaded

    net = network(work.model, threads)
    net.load_state_dict(arrays.to_torch_state_dict())
    x, y = torch.from_numpy(work.train_x[span]), torch.from_numpy(work.train_y[span])
    optimizer = torch.optim.SGD(net.parameters(), lr=work.lr)
    for k in torch.randperm(len(y)).split(work.batch or len(y)):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x[k]), y[k]).backward()
        optimizer.step()
    return net.state_dict()


def client_app(folder, backend, threads):
    app = ClientApp()

    @app.train()
    def train(message, context):
        work = workload(folder)
        span = work.span(int(context.node_config["partition-id"]))
        arrays = message.content["arrays"]
        if backend == "numpy":
            result = ArrayRecord(train_numpy(work, span, arrays.to_numpy_ndarrays()))
        else:
            result = ArrayRecord(train_torch(work, span, arrays, threads))
        metrics = MetricRecord({"num-examples": span.stop - span.start})
        return Message(content=RecordDict({"arrays": result, "metrics": metrics}), reply_to=message)

    return app


def evaluate_numpy(arrays, work):
    w, b = arrays.to_numpy_ndarrays()
    z = work.test_x @ w.T + b
    z -= z.max(1, keepdims=True)
    loss = np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), work.test_y]
    return loss.mean(), (z.argmax(1) == work.test_y).mean()


def evaluate_torch(arrays, work):
    net = network(work.model, 2)
    net.load_state_dict(arrays.to_torch_state_dict())
    return common.evaluate(net, work)


def server_app(work, backend):
    app = ServerApp()

    def evaluated(number, arrays):
        if number % work.every == 0:
            common.say_eval(number, *(evaluate_numpy if backend == "numpy" else evaluate_torch)(arrays, work))
        common.say_round(number)

    @app.main()
    def main(grid, context):
        if backend == "numpy":
            first = ArrayRecord([np.zeros((10, 784), np.float32), np.zeros(10, np.float32)])
        else:
            first = ArrayRecord(network(work.model, 2).state_dict())
        strategy = FedAvg(fraction_train=work.cohort / work.users, min_train_nodes=work.cohort,
                          min_available_nodes=work.users, fraction_evaluate=0.0)
        strategy.start(grid=grid, initial_arrays=first, num_rounds=work.rounds, evaluate_fn=evaluated)

    return app


def main():
    from flwr.simulation import run_simulation

    work, seed, (backend, actors, threads) = common.arguments()
    random.seed(seed)
    if backend == "torch":
        import torch
        torch.manual_seed(seed)
    run_simulation(server_app=server_app(work, backend), client_app=client_app(sys.argv[1], backend, int(threads)),
                   num_supernodes=work.users,
                   backend_config={"init_args": {"num_cpus": 2, "include_dashboard": False},
                                   "client_resources": {"num_cpus": 2 // int(actors), "num_gpus": 0.0}})


if __name__ == "__main__":
    import flower_peer  # so that actors find the client's functions by name

    flower_peer.main()
