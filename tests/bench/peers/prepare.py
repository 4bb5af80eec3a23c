"""Writes one workload's data, once, in the forms that every simulator reads: prepare.py NAME FOLDER KITH LR_MNIST_INI

FOLDER/NAME/ gets train_x.npy and test_x.npy (bytes, for Kith), the same scaled to float32 (for the others), labels,
users.csv (learner,example), workload.json and kith.ini. Images are MNIST's, from ${KITH_DATA}/mnist.
"""
import gzip
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

# longer: how many times the rounds Kith makes for its time of a round, as the system counts in hundredths of a second
WORKLOADS = {
    # all learners, whole-learner batches: nothing is drawn, so that losses must be equal
    "check": dict(users=10, cohort=10, batch=0, lr=0.03, rounds=5, every=1, longer=10, model="linear",
                  scaling="feature"),
    "lr-mnist": dict(users=1000, cohort=10, batch=10, lr=0.03, rounds=100, every=20, longer=10, model="linear",
                     scaling="feature"),
    "many": dict(users=10000, cohort=100, batch=10, lr=0.03, rounds=20, every=20, longer=10, model="linear",
                 scaling="feature"),
    "mlp": dict(users=100, cohort=10, batch=32, lr=0.1, rounds=20, every=20, longer=1, model="mlp", scaling="unit"),
    "cnn": dict(users=100, cohort=2, batch=10, lr=0.05, rounds=3, every=3, longer=1, model="cnn", scaling="unit",
                tests=1000),
    # fictitious play: steps iterations a round
    "matrix": dict(actions=40, rounds=10, steps=10, every=10, longer=10000, longer_every=100000),
}

INI = """[run]
algorithm = fedavg
model = {model}
dataset = npy
learners = {users}
rounds = {rounds}

[npy]
train_features = {folder}/train_x.npy
train_labels = {folder}/train_y.npy
test_features = {folder}/test_x.npy
test_labels = {folder}/test_y.npy

[data]
scaling = {scaling}

[partition]
kind = file
file = {folder}/users.csv

[participation]
arrivals = {cohort}

[local]
lr = {lr}
batch = {batch}
steps = 1
unit = epochs

[eval]
every = {every}

[checkpoint]
seconds = 0
"""


GAME = """[run]
algorithm = fictitious-play
game = matrix
rounds = {rounds}

[matrix]
file = {folder}/payoffs.txt

[fictitious-play]
steps = {steps}

[eval]
every = {every}
"""


def idx(name, header):
    root = os.environ.get("KITH_DATA", "../shared/data")
    with gzip.open(f"{root}/mnist/{name}.gz") as f:
        return np.frombuffer(f.read(), np.uint8, offset=header)


def mnist():
    x = [idx(f"{s}-images-idx3-ubyte", 16).reshape(-1, 28, 28) for s in ("train", "t10k")]
    y = [idx(f"{s}-labels-idx1-ubyte", 8).astype(np.int64) for s in ("train", "t10k")]
    return x, y


def lr_mnist(kith, ini, learners):
    """As Kith deals all 70,000 images in experiments/lr-mnist.ini; a tenth of each learner's, drawn here, are tests."""
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([kith, "run", "--quiet", ini, "--set", "run.rounds=1", "--set", f"run.output={out}/run",
                        "--set", f"partition.save={out}/deal"], check=True, stdout=subprocess.DEVNULL)
        deal = np.loadtxt(f"{out}/deal", delimiter=",", dtype=np.int64)
    x, y = (np.concatenate(a) for a in mnist())
    draw = np.random.default_rng(1)
    train, test = [], []
    for u in range(learners):
        own = draw.permutation(deal[deal[:, 0] == u, 1])
        kept = max(1, int(0.9 * len(own)))
        train.append(own[:kept])
        test.append(own[kept:])
    held, tested = np.concatenate(train), np.concatenate(test)
    sizes = [len(t) for t in train]
    return x[held], y[held], x[tested], y[tested], np.repeat(np.arange(learners), sizes)


def iid(learners):
    (x, x_test), (y, y_test) = mnist()
    order = np.random.default_rng(1).permutation(len(x))
    return x[order], y[order], x_test, y_test, np.arange(len(x)) * learners // len(x)


def scaled(x, train, how):
    """As Kith's data.scaling says."""
    flat = x.reshape(len(x), -1).astype(np.float32)
    if how == "unit":
        return flat / np.float32(255)
    all_of = train.reshape(len(train), -1).astype(np.float64)
    deviation = all_of.std(0)
    deviation[deviation == 0] = 1
    return ((flat - all_of.mean(0)) / deviation).astype(np.float32)


def game(work, folder):
    """What the row wins, all drawn from a normal distribution; what it loses when the two change places."""
    draw = np.random.default_rng(1).normal(size=(work["actions"], work["actions"]))
    np.savetxt(f"{folder}/payoffs.txt", draw - draw.T, fmt="%.6f")
    with open(f"{folder}/kith.ini", "w") as f:
        f.write(GAME.format(folder=folder, **work))


def learners(name, work, folder, kith, ini):
    skewed = name in ("check", "lr-mnist")
    x, y, x_test, y_test, user = lr_mnist(kith, ini, work["users"]) if skewed else iid(work["users"])
    x_test, y_test = x_test[:work.get("tests")], y_test[:work.get("tests")]
    np.save(f"{folder}/train_x.npy", x)
    np.save(f"{folder}/test_x.npy", x_test)
    np.save(f"{folder}/train_y.npy", y)
    np.save(f"{folder}/test_y.npy", y_test)
    np.save(f"{folder}/train_f32.npy", scaled(x, x, work["scaling"]))
    np.save(f"{folder}/test_f32.npy", scaled(x_test, x, work["scaling"]))
    np.save(f"{folder}/starts.npy", np.searchsorted(user, np.arange(work["users"] + 1)))
    with open(f"{folder}/users.csv", "w") as f:
        f.writelines(f"{u},{k}\n" for k, u in enumerate(user))
    with open(f"{folder}/kith.ini", "w") as f:
        f.write(INI.format(folder=folder, **work))
        if work["model"] == "cnn":
            f.write("\n[cnn]\npreset = mcmahan\n")


def main():
    name, root, kith, ini = sys.argv[1:]
    work = WORKLOADS[name]
    folder = f"{os.path.abspath(root)}/{name}"
    os.makedirs(folder, exist_ok=True)
    if name == "matrix":
        game(work, folder)
    else:
        learners(name, work, folder, kith, ini)
    with open(f"{folder}/workload.json", "w") as f:
        json.dump(work, f)


main()
