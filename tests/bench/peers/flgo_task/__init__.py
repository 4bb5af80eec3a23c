"""The workload whose folder KITH_PEERS_WORKLOAD names, as a benchmark of FLGo."""


def visualize(generator, partitioner, task_path):
    """Draws nothing."""
