#!/bin/sh
# What new-game must be, beside what 'kith check' looks at. 'make check' runs it; KITH is the program.
set -eu
export KITH_PLUGIN_PATH=.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$KITH" run --quiet new-game.ini --set "run.output=$work/run"
exploitability=$("$KITH" export "$work/run" | grep ',exploitability,' | tail -n 1 | sed 's/.*,//')
if awk "BEGIN { exit !($exploitability < 0.05) }"; then
    echo "ok - cross-play solves it"
else
    echo "not ok - after cross-play the exploitability is $exploitability"
    exit 1
fi
