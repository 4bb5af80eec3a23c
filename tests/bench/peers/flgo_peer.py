"""A workload by FLGo: flgo_peer.py FOLDER SEED THREADS; before, once, flgo_peer.py FOLDER prepare makes its task."""
import os
import sys

import common

os.environ["KITH_PEERS_WORKLOAD"] = sys.argv[1]  # flgo_task reads it

import flgo
import flgo.algorithm.fedavg as fedavg
import flgo.experiment.logger as loggers
import flgo_task
from flgo.benchmark.toolkits.partition import BasicPartitioner


class AsPrepared(BasicPartitioner):
    def __init__(self, work):
        self.work = work
        self.num_clients = work.users

    def __call__(self, data):
        spans = map(self.work.span, range(self.work.users))
        return [list(range(s.start, s.stop)) for s in spans]


def task_of(folder):
    return f"{folder}/flgo"


class Server(fedavg.Server):
    """Says when rounds end; what it does is its parent's."""

    def iterate(self):
        changed = super().iterate()
        if self.current_round < self.num_rounds:
            common.say_round(self.current_round)
        return changed


class Algorithm:
    """What FLGo takes for an algorithm: a Server and a Client by these names."""
    __name__ = "fedavg"
    Server, Client = Server, fedavg.Client


class Evaluation(loggers.BasicLogger):
    """Test loss and accuracy only."""

    def log_once(self, *args, **kwargs):
        result = self.coordinator.test()
        number = 0 if not self.output["test_loss"] else self.current_round
        self.output["test_loss"].append(result["loss"])
        common.say_eval(number, result["loss"], result["accuracy"])


def main():
    work = common.Workload(sys.argv[1])
    if sys.argv[2] == "prepare":
        flgo.gen_task_by_(flgo_task, AsPrepared(work), task_of(sys.argv[1]), overwrite=True)
        return
    seed, threads = map(int, sys.argv[2:])
    sys.argv[1:] = []  # FLGo reads options from it
    option = dict(num_rounds=work.rounds, proportion=work.cohort / work.users, sample="uniform", aggregate="other",
                  num_epochs=1, batch_size=work.batch or -1, optimizer="SGD", learning_rate=work.lr,
                  learning_rate_decay=1.0, train_holdout=0.0, test_holdout=0.0, eval_interval=work.every,
                  test_batch_size=1000, seed=seed, dataseed=seed, torch_num_threads=threads, no_log_console=True,
                  no_tqdm=True, gpu=[])
    model = flgo.convert_model(lambda: common.network(work.model), "network")
    flgo.init(task_of(work.folder), Algorithm, option=option, model=model, Logger=Evaluation).run()


if __name__ == "__main__":
    main()
