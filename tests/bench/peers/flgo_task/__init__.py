"""The workload whose folder KITH_PEERS_WORKLOAD names, as a benchmark of FLGo."""
visualize = None
