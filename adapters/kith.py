"""Results of Kith in Python: runs, parameters and metrics as pandas DataFrames, models as NumPy arrays, and runs
started from a notebook.

    import kith
    runs = kith.runs("runs")                              # a row for each run: status, seed, parameters
    curves = kith.metrics("runs", "test_accuracy")        # a row for each recorded number
    curves.pivot(index="round", columns="run", values="value").plot()
    layers = kith.model("runs/first")                     # {"linear1.weight": array, ...}, in PyTorch's names
    folder = kith.run("first.ini", {"run.seed": 2, "local.lr": 0.05}, workers=2)

Folders are looked through as `kith list` does: below a folder with a kith.db none is looked for. Runs of a sweep that
its file no longer has are left out, unless `outdated` is true. Databases are opened for reading only, each in one
transaction, so a run that goes on is not disturbed. Errors are KithError, with the sentence that the program says, or
with what is wrong in a file.
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys

__all__ = ["KithError", "runs", "metrics", "final", "model", "run"]


class KithError(Exception):
    """What went wrong, in one sentence."""


def _databases(where):
    """Pairs of a database's path and its folder, relative to `where` ("" for itself)."""
    if os.path.isfile(where):
        return [(where, "")]
    found = []
    for folder, below, files in os.walk(where):
        below[:] = sorted(name for name in below if not name.startswith("."))
        if "kith.db" in files:
            found.append((os.path.join(folder, "kith.db"), "" if folder == where else os.path.relpath(folder, where)))
            below[:] = []
    if not found:
        raise KithError(f"{where}: has no kith.db, nor have the folders in it; name a folder that a run wrote")
    return found


def _query(where, sql, outdated):
    """Rows of all databases, the first column, a run's number, made its name as `kith list` has it."""
    rows = []
    for path, folder in _databases(where):
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10) as db:
                db.execute("BEGIN")
                several = db.execute("SELECT count(*) FROM runs").fetchone()[0] > 1
                marks = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'outdated'").fetchone()
                gone = {run for (run,) in db.execute("SELECT run FROM outdated")} if marks and not outdated else ()
                for number, *rest in db.execute(sql):
                    if number in gone:
                        continue
                    name = "/".join(part for part in (folder, str(number) if several or not folder else "") if part)
                    rows.append((name, *rest))
        except sqlite3.Error as error:
            raise KithError(f"{path}: cannot be read: {error}") from None
    return rows


def _number(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def runs(where="runs", outdated=False):
    """A row for each run, by its name: algorithm, status, seed, message, started, finished, and a column for each
    parameter, "section.key", with numbers as numbers."""
    import pandas
    columns = ["run", "name", "algorithm", "status", "seed", "message", "started", "finished"]
    frame = pandas.DataFrame(_query(where, "SELECT id, name, algorithm, status, seed, coalesce(message, ''), started, "
                                           "finished FROM runs ORDER BY id", outdated), columns=columns)
    frame = frame.set_index("run")
    given = pandas.DataFrame(_query(where, "SELECT run, section || '.' || key, value FROM parameters ORDER BY rowid",
                                    outdated), columns=["run", "key", "value"])
    order = list(dict.fromkeys(given["key"]))
    given["value"] = given["value"].map(_number).astype(object)
    return frame.join(given.pivot(index="run", columns="key", values="value")[order])


def metrics(where="runs", *names, outdated=False):
    """A row for each recorded number: run, metric, round, virtual_time (s), value; of these metrics, or of all."""
    import pandas
    wanted = ",".join("'" + name.replace("'", "''") + "'" for name in names)
    chosen = f"WHERE name IN ({wanted})" if names else ""
    frame = pandas.DataFrame(_query(where, "SELECT run, name, round, virtual_time, value FROM metrics "
                                           f"{chosen} ORDER BY run, name, round", outdated),
                             columns=["run", "metric", "round", "virtual_time", "value"])
    return frame.astype({"virtual_time": float, "value": float})


def final(where="runs", *names, outdated=False):
    """A row for each run with the last number of each metric: what a table in a paper has. Joins with runs()."""
    last = metrics(where, *names, outdated=outdated).groupby(["run", "metric"]).last()["value"]
    return last.unstack("metric")


def model(folder):
    """The model that a run left, as named arrays of PyTorch's names, shapes and order; of a model.npy alone
    {"model": array}."""
    import numpy
    path = os.path.join(folder, "model.safetensors") if os.path.isdir(folder) else folder
    if not os.path.exists(path) and os.path.isdir(folder):
        plain = os.path.join(folder, "model.npy")
        if not os.path.exists(plain):
            raise KithError(f"{folder}: has no model; name the folder of a run that has ended")
        return {"model": numpy.load(plain)}
    kinds = {"F32": "<f4", "F64": "<f8", "F16": "<f2", "I64": "<i8", "I32": "<i4"}
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        head = json.loads(file.read(size))
        start = 8 + size
        arrays = {}
        for name, tensor in head.items():
            if name == "__metadata__":
                continue
            first, last = tensor["data_offsets"]
            file.seek(start + first)
            arrays[name] = numpy.frombuffer(file.read(last - first), kinds[tensor["dtype"]]).reshape(tensor["shape"])
    return arrays


def _text(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def run(experiment, settings=None, workers=1, progress=True, resume=False, overwrite=False, program=None):
    """Runs an experiment and returns the folder of its results. settings: {"section.key": value}. progress: whether what
    the program says goes to standard error as it comes. program: the kith to call; the one in PATH by default."""
    program = program or shutil.which("kith")
    if not program:
        raise KithError("there is no kith in PATH; give program=")
    words = [program, "run", "--json", os.fspath(experiment)]
    words += ["-n", str(workers)] if workers > 1 else []
    words += ["--resume"] if resume else ["--overwrite"] if overwrite else []
    for key, value in (settings or {}).items():
        words += ["--set", f"{key}={_text(value)}"]
    said = []
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        for line in child.stderr:
            said.append(line.rstrip())
            if progress:
                print(line, end="", file=sys.stderr, flush=True)
        answer = child.stdout.read()
    if child.returncode:
        raise KithError(next((line for line in reversed(said) if line.startswith("kith: ")),
                             f"exit code {child.returncode}"))
    if not answer:
        return None
    made = json.loads(answer)[0]
    return made["parameters"]["run.output"] or "runs/" + made["name"]
