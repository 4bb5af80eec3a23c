#!/bin/sh
# What new-population must do, beside what 'kith check' looks at. 'make check' runs it; KITH is the program.
set -eu
export KITH_PLUGIN_PATH=.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run NAME OPTION...: a short run, left in $work/NAME
run()
{
    name=$1
    shift
    "$KITH" run --quiet new-population.ini --set run.rounds=5 --set eval.every=0 --set "run.output=$work/$name" "$@"
}

run mine --set new-population.own=1
run known --set run.algorithm=self-play
if cmp -s "$work/mine/model.npy" "$work/known/model.npy"; then
    echo "ok - with own = 1 it is self-play"
else
    echo "not ok - with own = 1 it is not self-play"
    exit 1
fi
