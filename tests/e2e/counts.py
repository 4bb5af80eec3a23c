"""Every row that has a condition, of every section and shipped plugin: where it does not hold, a value given for it is
noted, changes no bit, and is refused as a sweep's axis; where it holds, it is not noted. usage: counts.py KITH MODULES
"""
import hashlib
import os
import random
import re
import sqlite3
import struct
import subprocess
import sys

kith, modules = sys.argv[1], sys.argv[2]
bad = 0


def check(name, holds, detail=""):
    global bad
    print(("ok" if holds else "not ok") + " - " + name)
    if not holds:
        bad += 1
        for line in str(detail).splitlines()[:12]:
            print("#   " + line)


def call(*args):
    got = subprocess.run([kith, *args], capture_output=True, text=True, timeout=120)
    return got.returncode, got.stdout, got.stderr


def another(default, kind):
    """A value of a row other than its default, or None."""
    word = kind.split(",")[0]
    if word.startswith("one of"):
        return next(c for c in word[7:].split("|") if c != default)
    if word.startswith("yes or no"):
        return "no" if default == "yes" else "yes"
    if word.startswith("whole number"):
        number = int(float(default))
        low = re.search(r"(-?\d+)\.\.", word)
        high = re.search(r"\.\.(\d+)", word)
        return str(number + 1 if not high or number < int(high[1]) else number - 1)
    if word.startswith("number"):
        low, high = re.search(r"([\d.e-]+|-?inf),([\d.e]+|inf)", kind).groups() if "," in kind else ("-inf", "inf")
        for value in (float(default) * 0.75, 0.25, 0.5, 1.5, 3.0):
            if float(low) < value < float(high) and value != float(default):
                return "%g" % value
    if word.startswith("list") or word.startswith("numbers"):
        return "0.5"
    return "x"


# Values of rows whose texts mean something, and rows that are refused, or mean the same, before they are not read.
apt = {
    ("attack", "learners"): "0.5", ("attack", "filters"): "sign-flip", ("run", "game"): "soccer",
    ("run", "model"): "cnn", ("run", "dataset"): "idx", ("run", "topology"): "ring", ("eval", "target"): "0.25", ("cnn", "layers"): "dense",
    ("schedule", "phases"): "ring", ("schedule", "sparse"): "ring", ("schedule", "dense"): "ring",
    ("schedule", "base"): "chain",
}
elsewhere = {("run", "filters"), ("local", "deadline"), ("checkpoint", "keep"), ("csv", "test_fraction"),
             ("libsvm", "test_fraction"), ("npy", "test_labels"), ("cnn", "layers")}
# What only an opened run can tell of.
late = {"a game with states": [("soccer", "steps")]}


def rows_of(section):
    """key: (default, kind, whether it has a condition)"""
    code, out, err = call("info", section)
    if code:
        return {}
    rows, key = {}, None
    for line in out.splitlines():
        row = re.match(r"  ([a-z_0-9]+) =(?: (.*))?$", line)
        if row:
            key = row[1]
            rows[key] = [row[2] or "", None, False]
        elif key and line.startswith("      "):
            if rows[key][1] is None:
                rows[key][1] = line.strip()
            rows[key][2] |= line.startswith("      Counts when ")
    return rows


names = [w for line in call("info")[1].splitlines() for w in line.split()[:1] if line.startswith("  ")]
sections = re.search(r"sections of every experiment:\n (.*)", call("info")[1])[1].split()
filters = set(re.search(r"filter:\n((?:  .*\n)+)", call("info")[1])[1].split())
shipped = {n for n in names if os.path.exists(f"{modules}/{n}.la") or os.path.exists(f"{modules}/{n}.so")}
table = {s: rows_of(s) for s in [*sections, *sorted(shipped)]}
check("there are sections to look at", len(table) > 80, sorted(table))
# Filters have no sections: they are spelt where they stand.
conditional = {(s, k) for s, rows in table.items() for k, r in rows.items() if r[2] and s not in filters}
check("there are rows to look at", len(conditional) > 90, len(conditional))

tiny = """[run]
algorithm = fedavg
model = linear
learners = 6
rounds = 2
[participation]
arrivals = 3
[local]
steps = 2
[glyphs]
size = 8
train = 240
test = 60
[eval]
every = 1
"""
for name, text in {
    "weights": "1\n2\n3\n1\n2\n3\n",
    "deal.csv": "".join(f"{e % 6},{e}\n" for e in range(240)),
    "arrivals.csv": "".join(f"{t},{i},{t},{t},2,{t + 1},{t + 1},0,0\n" for t in range(2) for i in range(3)),
    "trace": "".join(f"{i},0,1000\n" for i in range(6)),
    "ring.edges": "".join(f"{i} {(i + 1) % 6}\n" for i in range(6)),
    "ring.mtx": "%%MatrixMarket matrix coordinate pattern general\n6 6 12\n"
    + "".join(f"{i + 1} {(i + k) % 6 + 1}\n" for i in range(6) for k in (1, 5)),
    "table.csv": "a,b,y\n" + "".join(f"{i % 7},{i % 5},{i % 2}\n" for i in range(60)),
    "table.libsvm": "".join(f"{i % 2} 1:{i % 7} 2:{i % 5}\n" for i in range(60)),
    "points.csv": "".join(f"{i % 7},{i % 2}\n" for i in range(60)),
}.items():
    with open(name, "w", encoding="ascii") as out:
        out.write(text)

for name, code, shape in (("x.npy", "<f4", "(60, 2)"), ("y.npy", "|u1", "(60,)")):
    head = f"{{'descr': '{code}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    body = b"".join(struct.pack("<ff", i % 7, i % 5) if "f" in code else bytes([i % 2]) for i in range(60))
    with open(name, "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + body)

# Models of two learners, of tiny's 8 x 8 pixels and ten classes.
head = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 650), }".ljust(117) + "\n"
with open("learners.npy", "wb") as out:
    out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + bytes(4 * 2 * 650))

play = ["run.algorithm=fxp", "run.rounds=2", "population.most_steps=20", "population.least_steps=3"]
gossip = ["run.algorithm=dsgd", "run.topology=ring"]
walk = ["run.algorithm=srrw", "run.topology=ring", "walk.tokens=2", "walk.hops=20"]
quadratic = ["run.model=quadratic", "run.dataset=points", "partition.kind=sequential"]
bases = {
    "a cohort": [],
    "a cohort on the clock, by the time of day": ["clock.timed=yes", "participation.availability=diurnal",
        "participation.short=take", "clock.bandwidth_down=1e6", "participation.weights=file",
        "participation.weights_file=weights", "local.unit=seconds", "local.deadline=5", "local.batch=0",
        "partition.kind=lognormal", "clock.compute=lognormal"],
    "chosen by Oort": ["clock.timed=yes", "participation.select=oort", "participation.preferred=3"],
    "chosen by FedCS": ["clock.timed=yes", "participation.select=fedcs", "participation.before=3"],
    "a replay": ["participation.kind=file", "participation.file=arrivals.csv"],
    "drawn staleness": ["participation.kind=staleness", "participation.weights=power", "local.lr_schedule=step",
        "local.optimizer=adamw", "eval.gradient_norm=yes", "data.flipped=0.4", "run.filters=clip(norm=1)",
        "partition.kind=dirichlet", "participation.availability=markov"],
    "the clock": ["participation.kind=clock", "clock.bandwidth_up=1e5", "clock.bandwidth_down=1e6",
        "local.lr_schedule=inverse-sqrt", "participation.availability=trace", "participation.trace=trace",
        "partition.kind=label-lognormal", "partition.least=2", "attack.learners=0.2",
        "attack.filters=sign-flip", "linear.init=normal"],
    "labels": ["partition.kind=label-k", "eval.every=2", "eval.per_learner=yes", "checkpoint.on_stop=no", "checkpoint.seconds=0"],
    "shards": ["partition.kind=shards", "participation.availability=diurnal", "participation.diurnal_amplitude=0"],
    "a file's deal": ["partition.kind=file", "partition.file=deal.csv", "run.algorithm=fedopt"],
    "generated": ["run.dataset=synthetic", "run.algorithm=fedopt", "fedopt.optimizer=sgd", "synthetic.iid=yes"],
    "generated anew": ["run.dataset=synthetic", "run.algorithm=fedasync", "fedasync.staleness=hinge",
        "participation.kind=clock", "participation.arrivals=1"],
    "asynchronous": ["run.algorithm=fedasync", "fedasync.staleness=constant", "participation.kind=clock",
        "participation.arrivals=1"],
    "points": [*quadratic, "points.values=1, 2, 3, 4, 5, 6", "participation.arrivals=2"],
    "points of a file": ["run.dataset=points", "points.file=points.csv", "points.label_column=1"],
    "a table": ["run.dataset=csv", "csv.train_file=table.csv", "csv.label=y"],
    "two tables": ["run.dataset=csv", "csv.train_file=table.csv", "csv.test_file=table.csv", "csv.label=y"],
    "no labels": [*quadratic, "run.dataset=csv", "csv.train_file=table.csv"],
    "sparse": ["run.dataset=libsvm", "libsvm.train_file=table.libsvm"],
    "two sparse": ["run.dataset=libsvm", "libsvm.train_file=table.libsvm", "libsvm.test_file=table.libsvm"],
    "gossip": [*gossip, "run.filters=qsgd", "decentralized.post_rounds=1", "run.topology=graph-file",
        "graph-file.path=ring.edges"],
    "a matrix file": [*gossip, "run.topology=graph-file", "graph-file.format=matrix", "graph-file.path=ring.mtx"],
    "compact ids": [*gossip, "run.topology=graph-file", "graph-file.ids=compact", "graph-file.path=ring.edges"],
    "files in turn": [*gossip, "run.topology=cycle-of-files", "cycle-of-files.paths=ring.edges"],
    "matrices in turn": [*gossip, "run.topology=cycle-of-files", "cycle-of-files.format=matrix",
        "cycle-of-files.paths=ring.mtx"],
    "compact in turn": [*gossip, "run.topology=cycle-of-files", "cycle-of-files.ids=compact",
        "cycle-of-files.paths=ring.edges"],
    "faults": [*gossip, "run.topology=faulty", "run.algorithm=push-sum", "faulty.graph=complete"],
    "losses": [*gossip, "run.topology=faulty", "faulty.graph=complete", "faulty.loss=0.1"],
    "buffered": ["run.algorithm=fedbuff", "participation.kind=clock", "fedbuff.staleness=constant"],
    "buffered with hinges": ["run.algorithm=fedbuff", "participation.kind=clock", "fedbuff.staleness=hinge"],
    "arrays": ["run.dataset=npy", "npy.train_features=x.npy", "npy.train_labels=y.npy"],
    "arrays to test on": ["run.dataset=npy", "npy.train_features=x.npy", "npy.train_labels=y.npy",
        "npy.test_features=x.npy", "npy.test_labels=y.npy"],
    "arrays without labels": [*quadratic, "run.dataset=npy", "npy.train_features=x.npy"],
    "gossip on the clock": [*gossip, "clock.timed=yes"],
    "pairs": [*gossip, "run.algorithm=ad-psgd", "local.deadline=3"],
    **{f"a schedule, {p}": [*gossip, "run.topology=schedule", f"schedule.preset={p}"] for p in
       ("phases", "fixed", "window", "linear", "every", "budget", "gossip-pga")},
    **{f"a graph that follows, {r}": [*gossip, "run.topology=adaptive", f"adaptive.rule={r}", *more] for r, more in
       (("distance", []), ("consensus", []), ("loss", ["adaptive.budget=2"]))},
    "another's model": ["run.init=learners.npy", "run.init_learner=1"],
    "one model": ["run.algorithm=ifca", "ifca.models=1"],
    "two models": ["run.algorithm=ifca", "ifca.models=2"],
    "a walk": walk,
    "a walk and its optimum": [*walk, *quadratic, "points.values=1, 2, 3, 4, 5, 6", "walk.optimum=yes", "local.steps=1"],
    "a matrix game": [*play, "run.game=team-rps"],
    "a game with states": [*play, "run.game=soccer"],
    "networks": [*play, "run.game=soccer", "population.policies=networks", "population.job_steps=100",
        "population.episodes=2", "mappo.copies=10", "mappo.steps=10", "mappo.hidden=4", "run.rounds=1"],
    "a network that is published": ["run.model=cnn", "cnn.preset=pfl", "glyphs.size=32", "run.rounds=1"],
    "layers": ["run.model=cnn", "cnn.layers=conv 2 3, pool 2, dense"],
}
seen = {True: set(), False: set()}


def values_of(text):
    section, out = None, {}
    for line in text.splitlines():
        if line.startswith("["):
            section = line[1:-1]
        elif "=" in line:
            key, value = line.split("=", 1)
            out[section, key.strip()] = value.strip()
    return out


def digest(folder):
    db = sqlite3.connect(f"{folder}/kith.db")
    rows = db.execute("select name, round, virtual_time, value from metrics where name not like 'wall_%' order by 1, 2")
    with open(f"{folder}/model.npy", "rb") as model:
        return hashlib.sha256(model.read()).hexdigest(), list(rows)


def options(sets):
    return [word for s in sets for word in ("--set", s)]


def look_at(name, sets):
    """What counts and what does not in a base; all that does not is changed at once."""
    with open("base.ini", "w", encoding="ascii") as out:
        out.write(tiny)
    code, shown, err = call("show", "base.ini", *options(sets))
    code2, whole, _ = call("show", "--all", "base.ini", *options(sets))
    if code or code2:
        return check(f"{name}: it is shown", False, err)
    counting, every = values_of(shown), values_of(whole)
    given = {tuple(s.split("=")[0].split(".")) for s in sets}
    folder = "run-" + re.sub(r"\W", "", name)
    code, _, err = call("run", "-q", "base.ini", *options(sets), "--set", f"run.output={folder}")
    if code:
        return check(f"{name}: it runs", False, err)
    idle = []
    for where in late.get(name, []):
        counting.pop(where)
    for where in sorted(conditional & set(every)):
        seen[where in counting].add(where)
        if where in counting or where in given:
            continue
        value = apt.get(where) or another(*table[where[0]][where[1]][:2])
        if where in elsewhere or (where == ("attack", "filters") and ("attack", "learners") not in given):
            continue
        idle.append((where, f"{where[0]}.{where[1]}={value}"))
    code, _, err = call("run", "base.ini", *options(sets), *options([s for _, s in idle]), "--set",
                        f"run.output={folder}-idle")
    silent = [s for _, s in idle if " ".join(s.partition("=")[i] for i in range(3)) + " has no effect" not in err]
    check(f"{name}: {len(idle)} values that do not count are noted", code == 0 and not silent,
          f"{silent if code == 0 else ''}\n{err}")
    if code == 0:
        check(f"{name}: and change no bit", digest(folder) == digest(f"{folder}-idle"))
    refuse(name, sets, idle)


refused = set()


def refuse(name, sets, idle):
    """Each of them, once over all bases, as a sweep's axis."""
    wrong = []
    for (section, key), text in idle:
        if (section, key) in refused:
            continue
        refused.add((section, key))
        default = table[section][key][0]
        if "," in default or not default:
            default = {"target": "0.75", "learners": "0.25"}.get(key, "sign" if key == "filters" else "y")
        if (section, key) in late.get(name, []):
            continue
        with open("sweep.ini", "w", encoding="ascii") as out:
            out.write(tiny + f"[sweep]\n{section}.{key} = {default}, {text.split('=')[1]}\n")
        code, _, err = call("sweep", "sweep.ini", *options(sets), "--set", "run.output=swept")
        if code != 3 or "no run uses this key" not in err:
            wrong.append(f"{section}.{key}: {code}: {err}")
    check(f"{name}: and no sweep goes over them", not wrong, "\n".join(wrong))


for base, given in bases.items():
    look_at(base, given)
for truth, word in ((True, "counts"), (False, "does not count")):
    check(f"every row with a condition {word} somewhere", seen[truth] >= conditional, sorted(conditional - seen[truth]))
# Keys that once said nothing, each alone and with its reason; and twenty drawn from what `kith info` prints.
told = {
    "partition.alpha=0.1": "partition.kind = auto", "partition.labels=3": "partition.kind = auto",
    "partition.shards=3": "partition.kind = auto", "partition.sigma=2": "partition.kind = auto",
    "partition.samples=9": "partition.kind = auto", "partition.least=3": "partition.kind = auto",
    "partition.file=deal.csv": "partition.kind = auto", "participation.skew=2": "participation.weights = uniform",
    "participation.weights_file=weights": "participation.weights = uniform",
    "participation.short=take": "participation.availability = always",
    "participation.staleness=3": "participation.kind = cohort", "local.lr_every=7": "local.lr_schedule = constant",
    "local.lr_decay=0.5": "local.lr_schedule = constant", "local.beta1=0.5": "local.optimizer = sgd",
    "eval.gradient_weights=examples": "eval.gradient_norm = no",
}
counting = values_of(call("show", "base.ini")[1])
whole = values_of(call("show", "--all", "base.ini")[1])
idle = sorted(w for w in conditional & set(whole) - set(counting) - elsewhere if w != ("attack", "filters"))
for where in random.Random(13).sample(idle, 20):
    value = apt.get(where) or another(*table[where[0]][where[1]][:2])
    told.setdefault(f"{where[0]}.{where[1]}={value}", "")
refused.clear()
for text, because in told.items():
    key, _, value = text.partition("=")
    code, _, err = call("run", "base.ini", "--set", text, "--overwrite", "--set", "run.output=alone")
    notes = [line for line in err.splitlines() if "note:" in line]
    check(f"{text}: one note says that it has no effect", code == 0 and len(notes) == 1 and notes[0].startswith(
        f"kith: note: --set: {key} = {value} has no effect with {because}"), err)
    check(f"{text}: it changes no bit", digest("alone") == digest("run-acohort"))
    refuse(text, [], [(tuple(key.split(".")), text)])
code, _, err = call("run", "base.ini", "--set", "run.filters=top-k(count=3, share=0.5)", "--set", "run.output=spelt")
check("what a filter does not read is noted",
      code == 0 and "top-k.share = 0.5 has no effect with top-k.count = 3" in err, err)
sys.exit(bad > 0)
