#!/bin/sh
# What new-decentralized must do, beside what 'kith check' looks at. 'make check' runs it; KITH is the program.
set -eu
export KITH_PLUGIN_PATH=.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run NAME OPTION...: a short run, left in $work/NAME
run()
{
    name=$1
    shift
    "$KITH" run --quiet new-decentralized.ini --set run.rounds=5 --set eval.every=0 --set "run.output=$work/$name" "$@"
}

run mine
run known --set run.algorithm=dsgd
if cmp -s "$work/mine/model.npy" "$work/known/model.npy"; then
    echo "ok - with gamma = 1 it is dsgd"
else
    echo "not ok - with gamma = 1 it is not dsgd"
    exit 1
fi
