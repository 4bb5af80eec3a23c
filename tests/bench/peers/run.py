#!/usr/bin/env python3
"""Kith beside other simulators, on the same data and with the same mathematics; docs/benchmarks.md has results.

    python3 run.py --venv FOLDER --install             once: a virtual environment with the others, about 6 GB
    python3 run.py --venv FOLDER --kith BUILD/launch/kith --work FOLDER [--turns N] [--only WORKLOAD,...]
                   [--systems NAME,...] [--memory]

Every turn runs every system once, one after the other, so that other load on the machine meets all alike; the table has
medians and ranges over turns, of time by the clock and of processors' time of all processes. --memory adds a turn in
which the memory of all processes is sampled. Results gather in results.jsonl in the work folder; the table is of all
that are there, and --turns 0 only prints it. Linux only. KITH_DATA names the folder of MNIST, as always.
"""
import argparse
import collections
import ctypes
import json
import os
import re
import resource
import select
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = ["flwr[simulation]==1.41.0", "pfl==0.6.0", "flgo==0.4.4", "open_spiel==2.0.2", "torch==2.15.0"]
PEERS = {
    "plain-torch-1": ["plain_peer.py", "1"],
    "plain-torch-2": ["plain_peer.py", "2"],
    "flower-numpy-2x1": ["flower_peer.py", "numpy", "2", "1"],
    "flower-torch-2x1": ["flower_peer.py", "torch", "2", "1"],
    "flower-torch-1x2": ["flower_peer.py", "torch", "1", "2"],
    "pfl-1": ["pfl_peer.py", "1"],
    "pfl-2": ["pfl_peer.py", "2"],
    "flgo-1": ["flgo_peer.py", "1"],
    "flgo-2": ["flgo_peer.py", "2"],
    "openspiel": ["openspiel_peer.py"],
}
SYSTEMS = ["kith-1", "kith-2", *PEERS]
WORKLOADS = ["check", "lr-mnist", "many", "mlp", "cnn", "matrix"]
QUIET = {"FLWR_TELEMETRY_ENABLED": "0", "RAY_USAGE_STATS_ENABLED": "0", "OMPI_ALLOW_RUN_AS_ROOT": "1",
         "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
TICK = 1.0 / os.sysconf("SC_CLK_TCK")
PR_SET_CHILD_SUBREAPER = 36

Moment = collections.namedtuple("Moment", "clock processors")


def descendants():
    """{pid: processors' seconds, children that were waited for included} of all processes below this one."""
    parent, spent = {}, {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:
            continue
        parent[int(name)] = int(fields[1])
        spent[int(name)] = TICK * sum(map(int, fields[11:15]))
    below, found = {os.getpid()}, True
    while found:
        found = {p for p, of in parent.items() if of in below and p not in below}
        below |= found
    return {p: spent[p] for p in below if p != os.getpid()}


def reap():
    """Waits for whatever has ended, orphans too, so that their time counts as ours."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def reaped():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def megabytes():
    """Of all processes below this one, shared pages counted once."""
    total = 0
    for pid in descendants():
        try:
            with open(f"/proc/{pid}/smaps_rollup") as f:
                total += int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1))
        except (OSError, AttributeError):
            pass
    return total / 1024


class Run:
    """One process with all that it starts: when which line came, what was spent by then, and the greatest memory."""

    def __init__(self, command, environment, sampled):
        self.base, self.start = reaped(), time.monotonic()
        self.moments, self.evals, self.tail, self.peak = {}, {}, collections.deque(maxlen=30), 0.0
        self.child = subprocess.Popen(command, env={**os.environ, **QUIET, **environment}, cwd=HERE,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      start_new_session=True)
        self.follow(sampled)
        self.finish()

    def now(self):
        return Moment(time.monotonic() - self.start, reaped() - self.base + sum(descendants().values()))

    def take(self, line):
        """Both forms: @eval ROUND LOSS ACCURACY and @round ROUND, and Kith's own. A game's loss is exploitability."""
        self.tail.append(line)
        found = (re.match(r"@eval (\d+) (\S+) (\S+)", line) or
                 re.match(r"round (\d+)/\d+ .*test_loss (\S+)  test_accuracy (\S+)", line) or
                 re.match(r"round (\d+)/\d+ .*exploitability (\S+)()", line))
        if found:
            self.evals[int(found[1])] = float(found[2]), float(found[3] or 0)
        found = found or re.match(r"@round (\d+)", line)
        if found:
            self.moments[int(found[1])] = self.now()

    def follow(self, sampled):
        pipe, rest = self.child.stdout.fileno(), b""
        while True:
            if select.select([pipe], [], [], 0.1 if sampled else 5.0)[0]:
                data = os.read(pipe, 65536)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self.take(line.decode(errors="replace").strip())
            elif self.child.poll() is not None:
                return
            if sampled:
                self.peak = max(self.peak, megabytes())

    def finish(self):
        self.child.wait()
        self.code, clock = self.child.returncode, time.monotonic() - self.start
        for pid in descendants():
            os.kill(pid, signal.SIGTERM)
        patience = time.monotonic() + 5
        while descendants() and time.monotonic() < patience:
            reap()
            time.sleep(0.05)
        for pid in descendants():
            os.kill(pid, signal.SIGKILL)
        while descendants():
            reap()
            time.sleep(0.05)
        self.whole = Moment(clock, reaped() - self.base)


def command_of(system, workload, options, seed, rounds, every):
    folder = f"{options.work}/{workload}"
    if system.startswith("kith"):
        workers = system[5:]
        several = ["-n", workers] if workers != "1" else []
        settings = {"run.seed": seed, "run.rounds": rounds, "run.output": f"{options.work}/kith-{os.getpid()}",
                    "eval.every": every}
        values = [f"--set={key}={value}" for key, value in settings.items()]
        return [options.kith, "run", *several, "--overwrite", *values, f"{folder}/kith.ini"], {}
    script, *rest = PEERS[system]
    return [f"{options.venv}/bin/python", script, folder, str(seed), *rest], {"PYTHONPATH": HERE}


def checked(run, system, workload, rounds):
    """Whether it ended as it should and learnt something; else the output's end goes to standard error."""
    if run.code == 0 and rounds in run.evals and run.evals[rounds] != run.evals[0]:
        return True
    print(f"{system} on {workload} failed with {run.code}:", *run.tail, sep="\n    ", file=sys.stderr)
    return False


def a_round(run, first, rounds):
    """Seconds by the clock and of processors, the mean over rounds after the first so many."""
    begin, end = run.moments[first], run.moments[rounds]
    return [(e - b) / (rounds - first) for b, e in zip(begin, end)]


def measure(system, workload, options, seed, sampled=False):
    """One line of results, or None."""
    load, kith = os.getloadavg()[0], system.startswith("kith")
    with open(f"{options.work}/{workload}/workload.json") as f:
        work = json.load(f)
    rounds = work["rounds"]
    run = Run(*command_of(system, workload, options, seed, rounds, work["every"]), sampled)
    if not checked(run, system, workload, rounds):
        return None
    # The first round of the others starts processes and warms caches, so that it counts as their start.
    first = 0 if kith else 1
    clock, processors = a_round(run, first, rounds)
    # So few rounds of Kith are too few ticks of the system's accounts; a longer run is for these columns only.
    if kith and work["longer"] > 1 and not sampled:
        every = work.get("longer_every", work["every"])
        longer = Run(*command_of(system, workload, options, seed, work["longer"] * rounds, every), False)
        if not checked(longer, system, workload, work["longer"] * rounds):
            return None
        clock, processors = a_round(longer, 0, work["longer"] * rounds)
    return dict(system=system, workload=workload, seed=seed, load=load, memory=run.peak, clock=run.whole.clock,
                processors=run.whole.processors, start_clock=run.moments[first].clock,
                start_processors=run.moments[first].processors, round_clock=clock, round_processors=processors,
                loss=run.evals[rounds][0], accuracy=run.evals[rounds][1],
                losses=[loss for _, (loss, _) in sorted(run.evals.items())])


def spread(values, digits=3):
    """median (least-greatest)"""
    if not values:
        return "-"
    return "{:.{d}g} ({:.{d}g}-{:.{d}g})".format(statistics.median(values), min(values), max(values), d=digits)


def table(results):
    print("\n| workload | system | turns | whole run, s | processors, s | start, s | processors, s | a round, s |"
          " processors, s | peak MB | test loss | accuracy |\n|" + 12 * "---|")
    kept = collections.defaultdict(list)
    for r in results:
        kept[r["workload"], r["system"]].append(r)
    for (workload, system), all_of in kept.items():
        timed = [r for r in all_of if not r["memory"]]
        column = lambda key: spread([r[key] for r in timed])
        memory = [r["memory"] for r in all_of if r["memory"]]
        times = (column(f"{part}{of}") for part in ("", "start_", "round_") for of in ("clock", "processors"))
        print("|", " | ".join([workload, system, str(len(timed)), *times, f"{max(memory):.0f}" if memory else "-",
                               *(spread([r[key] for r in all_of], 4) for key in ("loss", "accuracy"))]), "|")
    loads = [r["load"] for r in results]
    if loads:
        print(f"\nload average before runs: {spread(loads)}, {os.cpu_count()} processors")


def prepare(workload, options):
    python, folder = f"{options.venv}/bin/python", f"{options.work}/{workload}"
    if not os.path.exists(f"{folder}/workload.json"):
        subprocess.run([python, f"{HERE}/prepare.py", workload, options.work, options.kith,
                        f"{HERE}/../../../experiments/lr-mnist.ini"], check=True)
    flgo = any(s.startswith("flgo") and suits(s, workload) for s in options.systems)
    if flgo and not os.path.isdir(f"{folder}/flgo"):
        subprocess.run([python, "flgo_peer.py", folder, "prepare"], cwd=HERE, env={**os.environ, "PYTHONPATH": HERE},
                       stdout=subprocess.DEVNULL, check=True)


def suits(system, workload):
    if workload == "matrix" or system == "openspiel":
        return workload == "matrix" and system in ("kith-1", "openspiel")
    return "numpy" not in system or workload in ("check", "lr-mnist", "many")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--venv", required=True, type=os.path.abspath)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--kith", type=os.path.abspath)
    parser.add_argument("--work", type=os.path.abspath)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="of the first turn")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--only", default=",".join(WORKLOADS), type=str)
    parser.add_argument("--systems", default=",".join(SYSTEMS), type=str)
    options = parser.parse_args()
    options.only, options.systems = options.only.split(","), options.systems.split(",")
    wrong = [w for w in options.only if w not in WORKLOADS] + [s for s in options.systems if s not in SYSTEMS]
    if wrong:
        parser.error(f"there is no {', '.join(wrong)}; workloads are {', '.join(WORKLOADS)}, systems "
                     f"{', '.join(SYSTEMS)}")
    if not options.install and not (options.kith and options.work):
        parser.error("--kith and --work are needed to measure")
    return options


def main():
    options = arguments()
    if options.install:
        subprocess.run([sys.executable, "-m", "venv", options.venv], check=True)
        subprocess.run([f"{options.venv}/bin/pip", "install", *PACKAGES], check=True)
        return
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.makedirs(options.work, exist_ok=True)
    for workload in options.only:
        prepare(workload, options)
        systems = [s for s in options.systems if suits(s, workload)]
        for turn in range(options.turns + options.memory):
            for system in systems:
                found = measure(system, workload, options, options.seed + turn, sampled=turn == options.turns)
                if found:
                    text = "{workload} {system}: {clock:.3g} s, of processors {processors:.3g} s".format(**found)
                    print(text, file=sys.stderr)
                    with open(f"{options.work}/results.jsonl", "a") as f:
                        f.write(json.dumps(found) + "\n")
    with open(f"{options.work}/results.jsonl") as f:
        table([json.loads(line) for line in f])


main()
