"""A workload by pfl-research, in one process: pfl_peer.py FOLDER SEED THREADS"""
import numpy as np
import torch
from pfl.aggregate.simulate import SimulatedBackend
from pfl.aggregate.weighting import WeightByDatapoints
from pfl.algorithm.base import NNAlgorithmParams
from pfl.algorithm.federated_averaging import FederatedAveraging
from pfl.callback.base import TrainingProcessCallback
from pfl.data.dataset import Dataset
from pfl.data.federated_dataset import FederatedDataset
from pfl.data.sampling import get_user_sampler
from pfl.hyperparam import NNTrainHyperParams
from pfl.metrics import Metrics
from pfl.model.pytorch import PyTorchModel

import common


def model_of(work):
    """The network with the two methods that pfl asks for."""
    net = common.network(work.model)

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def loss(self, x, y):
            return torch.nn.functional.cross_entropy(self.net(x), y)

        def metrics(self, x, y):
            return {}

    return Model()


def learners(work):
    """Each visit has its examples in a new order: pfl cuts batches in the order that it is given."""
    def make(user):
        span = work.span(user)
        order = torch.randperm(span.stop - span.start)
        return Dataset((torch.from_numpy(work.train_x[span])[order], torch.from_numpy(work.train_y[span])[order]))

    return FederatedDataset(make, get_user_sampler("minimize_reuse", list(range(work.users))))


class Evaluation(TrainingProcessCallback):
    """Test loss and accuracy before, and after every so many rounds and the last."""

    def __init__(self, work):
        self.work = work

    def on_train_begin(self, *, model):
        common.say_eval(0, *common.evaluate(model.pytorch_model.net, self.work))
        return Metrics()

    def after_central_iteration(self, aggregate_metrics, model, *, central_iteration):
        done = central_iteration + 1
        if done % self.work.every == 0:
            common.say_eval(done, *common.evaluate(model.pytorch_model.net, self.work))
        common.say_round(done)
        return False, Metrics()


def main():
    work, seed, (threads,) = common.arguments()
    torch.set_num_threads(int(threads))
    torch.manual_seed(seed)
    np.random.seed(seed)
    net = model_of(work)
    model = PyTorchModel(net, local_optimizer_create=torch.optim.SGD,
                         central_optimizer=torch.optim.SGD(net.parameters(), lr=1.0))
    users = learners(work)
    FederatedAveraging().run(
        algorithm_params=NNAlgorithmParams(central_num_iterations=work.rounds, evaluation_frequency=work.rounds + 1,
                                           train_cohort_size=work.cohort, val_cohort_size=0),
        backend=SimulatedBackend(training_data=users, val_data=users, postprocessors=[WeightByDatapoints()]),
        model=model,
        model_train_params=NNTrainHyperParams(local_num_epochs=1, local_learning_rate=work.lr,
                                              local_batch_size=work.batch or None),
        callbacks=[Evaluation(work)])


if __name__ == "__main__":
    main()
