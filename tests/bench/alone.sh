#!/bin/bash
# How much processor time each algorithm, alone in a file, takes to its first numbers after training.
# usage: alone.sh KITH [ALGORITHM...]
set -eu
kith=$(realpath "$1")
shift
cd "$(mktemp -d)"
if [ $# -eq 0 ]; then
    mapfile -t names < <("$kith" info | sed -n '/^algorithm:/,/^$/s/^  \([a-z0-9-]*\) .*/\1/p')
    set -- "${names[@]}"
fi
TIMEFORMAT='%U %S'
for algorithm; do
    printf '[run]\nalgorithm = %s\n' "$algorithm" >alone.ini
    every=$("$kith" show alone.ini | sed -n '/^\[eval\]/,/^\[/s/^every = //p')
    { time "$kith" run -q alone.ini --overwrite --set run.rounds="$every" --set eval.every=0 >/dev/null 2>kith.err; } \
        2>spent || { printf '%-20s %s\n' "$algorithm" "$(tail -n 1 kith.err)"; continue; }
    awk -v name="$algorithm" -v every="$every" '{ printf "%-20s %5.2f s, %d rounds\n", name, $1 + $2, every }' spent
done
