"""FLGo's three parts of a benchmark, from its own classes for tensors in memory."""
import os

import torch
from flgo.benchmark.toolkits.cv.classification import FromDatasetGenerator, FromDatasetPipe, GeneralCalculator
from torch.utils.data import Subset, TensorDataset

import common

work = common.Workload(os.environ["KITH_PEERS_WORKLOAD"])
train_data = TensorDataset(torch.from_numpy(work.train_x), torch.from_numpy(work.train_y))
test_data = TensorDataset(torch.from_numpy(work.test_x), torch.from_numpy(work.test_y))


class TaskGenerator(FromDatasetGenerator):
    def __init__(self):
        super().__init__(benchmark="flgo_task", train_data=train_data, val_data=None, test_data=test_data)


class TaskPipe(FromDatasetPipe):
    class TaskDataset(Subset):
        """FLGo's own is refused by this version of PyTorch."""

        def __init__(self, dataset, indices, perturbation=None):
            super().__init__(dataset, indices)

    def __init__(self, task_path):
        super().__init__(task_path, train_data=train_data, val_data=None, test_data=test_data)


TaskCalculator = GeneralCalculator
