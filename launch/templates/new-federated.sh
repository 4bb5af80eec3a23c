#!/bin/sh
# What new-federated must do, beside what 'kith check' looks at. 'make check' runs it; KITH is the program.
set -eu
export KITH_PLUGIN_PATH=.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run NAME OPTION...: a short run, left in $work/NAME
run()
{
    name=$1
    shift
    "$KITH" run --quiet new-federated.ini --set run.rounds=5 --set eval.every=0 --set "run.output=$work/$name" "$@"
}

run mine
run known --set run.algorithm=fedavg --set fedavg.weights=equal
if cmp -s "$work/mine/model.npy" "$work/known/model.npy"; then
    echo "ok - with server_lr = 1 it is fedavg"
else
    echo "not ok - with server_lr = 1 it is not fedavg"
    exit 1
fi
