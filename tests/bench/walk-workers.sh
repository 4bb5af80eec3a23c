#!/bin/sh
# How many more hops two workers make than one in the same time: the karate experiment with one and with two in turns,
# medians by the clock. It says something on a quiet machine of two cores only; the load is printed for that, and so
# is processors' time, which shows on any machine what the second worker adds to the work, though waiting counts as
# work there.
#
# Run in the build tree, with KITH_DATA set: .../tests/bench/walk-workers.sh [TURNS [ROUNDS]]; a round has 16 million
# hops.
set -eu
turns=${1:-7} rounds=${2:-10} tokens=8000 hops=2000
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Seconds of a run's rounds by the clock, and of all its processors.
timed() {
    (launch/kith run --quiet --overwrite -n "$1" "$here/../../experiments/srrw-karate.ini" --set "run.rounds=$rounds" \
        --set "walk.tokens=$tokens" --set "walk.hops=$hops" --set "run.output=$out/run" >"$out/log" 2>&1 \
        || { cat "$out/log" >&2; exit 1; }
     times) | awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, "m"); s += 60 * t[1] + t[2] }; printf "%s ", s }'
    launch/kith export "$out/run" \
        | awk -F, '/,wall_time,/ { if ($4 == 0 || first == "") first = $NF; last = $NF } END { print last - first }'
}

for turn in $(seq "$turns"); do
    for workers in 1 2; do
        # shellcheck disable=SC2046 # two words are meant
        echo "$workers" $(timed $workers) "$(cut -d ' ' -f 1 /proc/loadavg)"
    done
done | awk -v hops="$((tokens * hops * rounds))" '
function median(of, n,    i, j, t) {
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && of[j] < of[j - 1]; j--) { t = of[j]; of[j] = of[j - 1]; of[j - 1] = t }
    return n % 2 ? of[(n + 1) / 2] : (of[n / 2] + of[n / 2 + 1]) / 2
}
{ print "# workers " $1 ": " $3 " s by the clock, " $2 " s of processors, load " $4 }
$1 == 1 { work1[++n1] = $2; one[n1] = hops / $3 }
$1 == 2 { work2[++n2] = $2; two[n2] = hops / $3; ratio[n2] = two[n2] / one[n1] }
END {
    printf "hops a second by the clock, medians of %d turns: one worker %.1f million, two %.1f million\n", n1, median(one, n1) / 1e6, median(two, n2) / 1e6
    printf "ratio of neighbouring turns, median: %.2f; processors%s time of two workers over that of one: %.3f\n", median(ratio, n2), "\47", median(work2, n2) / median(work1, n1)
}'
