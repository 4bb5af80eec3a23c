#!/bin/sh
# What new-filter must do, beside what 'kith check' looks at. 'make check' runs it; KITH is the program.
set -eu
export KITH_PLUGIN_PATH=.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run NAME CHAIN: a short run, left in $work/NAME
run()
{
    "$KITH" run --quiet new-filter.ini --set run.rounds=3 --set eval.every=0 --set "run.output=$work/$1" \
        --set "run.filters=$2"
}

run free ''
run loose 'new-filter(limit=1000)'
run tight 'new-filter(limit=0.0001)'
if cmp -s "$work/free/model.npy" "$work/loose/model.npy" \
    && ! cmp -s "$work/free/model.npy" "$work/tight/model.npy"; then
    echo "ok - it cuts where the limit is small, and nowhere else"
else
    echo "not ok - it does not cut where the limit is small, or cuts elsewhere"
    exit 1
fi
