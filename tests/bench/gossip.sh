#!/bin/sh
# What a round of gossip among sixteen LeNets costs two cores, beside what BLIS would take for its matrix products
# alone; see conv.c.
#
# Time is that of processors, so that it means something on a machine that does other things as well: two runs that
# differ in their rounds only are subtracted. Wall time is printed beside it; it is what counts on a quiet machine.
#
# Run in the build tree, with KITH_DATA set: make tests/bench/conv && .../tests/bench/gossip.sh [ROUNDS [WORKERS]]
set -eu
rounds=${1:-20} workers=${2:-2} few=2
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Seconds of user and system time of a run of so many rounds.
processors() {
    (launch/kith run --quiet -n "$workers" "$here/gossip-lenet.ini" --set "run.rounds=$1" --set "run.output=$out/$1" \
        >"$out/log" 2>&1 ||
        { cat "$out/log" >&2; exit 1; }
     times) | awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, "m"); s += 60 * t[1] + t[2] }; print s }'
}

short=$(processors $few)
long=$(processors $((few + rounds)))
wall=$(launch/kith export "$out/$((few + rounds))" \
    | awk -F, -v r=$((few + rounds)) '/wall_train_time/ { t = $NF } END { print t / r }')
step=$(tests/bench/conv 21 gossip-lenet | sed 's/.*products alone *\([0-9]*\) us.*/\1/')
[ -n "$short" ] && [ -n "$long" ] && [ -n "$step" ]
awk -v s="$short" -v l="$long" -v r="$rounds" -v n="$workers" -v wall="$wall" -v step="$step" 'BEGIN {
    round = (l - s) / r / n; products = 48 * step * 1e-6 / n
    printf "a round on %d cores: %.3f s of each, %.3f s by the clock; its 26.5 GFLOP alone %.3f s: share %.1f %%\n",
        n, round, wall, products, 100 * products / round }'
