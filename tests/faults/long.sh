#!/bin/bash
# Many rounds with evaluations and checkpoints of each engine: memory and descriptors of a worker, half of the way and
# at the end, which must differ by no more than 1 %. A population keeps every policy that it froze, by design: what
# policies take is taken off.
#
#   long.sh [ROUNDS [WORKERS]]       in the build folder: top_srcdir and top_builddir name the trees
#
# The table of metrics grows with every evaluation, on disk; SQLite's cache of 2 MB is full after some thousand of them.
set -u
source "${top_srcdir:?}/tests/e2e/common.sh"
cd "$work" || exit 1
rounds=${1:-100000}
workers=${2:-1}

cat >federated.ini <<'INI'
[run]
algorithm = afa-cs
model = quadratic
dataset = points
learners = 6
[points]
values = 1, 2, 3, 4, 5, 6
dimension = 50
[partition]
kind = sequential
[participation]
kind = clock
arrivals = 2
concurrency = 4
INI
sed '/^\[participation/,$d; s/^algorithm.*/algorithm = dsgd/; s/^learners/topology = ring\n&/' federated.ini \
    >decentralized.ini
cat >walk.ini <<'INI'
[run]
algorithm = srrw
model = logistic
dataset = synthetic
topology = ring
learners = 8
[synthetic]
iid = yes
features = 5
classes = 2
max_examples = 2
[walk]
tokens = 2
hops = 2
[local]
steps = 1
batch = 1
INI
cat >population.ini <<'INI'
[run]
algorithm = self-play
game = team-trap
INI

# What self-play keeps a round, of the one policy that it freezes: (3 players, 2 actions) as double and, for model.npy,
# as kith_real; what it amounts to and what it would answer, of four factors each (matrix.c); a place in two lists of
# four bytes.
policy_bytes=$((6 * 8 + 6 * 4 + 2 * 4 * 8 + 2 * 4))

memory() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status" 2>/dev/null; }
descriptors() { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }

# sample ENGINE: lines of memory in kB and descriptors, some dozens of times a second, until the run ends.
sample()
{
    local kb
    "$kith" run -n "$workers" --quiet "$1.ini" --set run.rounds="$rounds" --set eval.every="$((rounds / 10000))" \
        --set checkpoint.every="$((rounds / 200))" --set run.output="$1" >/dev/null 2>err </dev/null &
    job=$!
    pid=
    while kill -0 "$job" 2>/dev/null; do
        [ -n "$pid" ] || pid=$(own_processes "kith run .*run.output=$1( |\$)" | tail -n 1)
        kb=$(memory "${pid:-$job}")
        [ -z "$kb" ] || echo "$kb $(descriptors "${pid:-$job}")"
        sleep 0.02
    done >"$1.samples"
    code=0
    wait "$job" || code=$?
}

for engine in ${KITH_ENGINES:-federated decentralized walk population}; do
    sample "$engine"
    if [ "$code" -ne 0 ]; then not_ok "$engine" "exit code $code" "$(cat err)"; continue; fi
    kept=0
    if [ "$engine" = population ]; then kept=$policy_bytes; fi
    # the last tenth of samples may be of an end
    told=$(awk '{ m[NR] = $1; d[NR] = $2 } END { a = int(NR / 2) + 1; b = NR - int(NR / 20)
        policies = kept * rounds * (b - a) / NR / 1024
        printf "%d samples, %d kB and %d kB, of which %d for policies, %d and %d descriptors\n", NR, m[a], m[b],
            policies, d[a], d[b]
        more = m[b] - m[a] - policies
        exit !(NR >= 20 && more <= 0.01 * m[a] && more >= -0.01 * m[a] && d[b] <= d[a] + 1) }' rounds="$rounds" \
        kept="$kept" "$engine.samples")
    if [ $? -eq 0 ]; then ok "$engine, $rounds rounds: $told"; else not_ok "$engine, $rounds rounds" "$told"; fi
done
finish
