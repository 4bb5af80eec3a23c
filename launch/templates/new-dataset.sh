#!/bin/sh
# What new-dataset must be, beside what 'kith check' looks at. 'make check' runs it; KITH is the program.
set -eu
export KITH_PLUGIN_PATH=.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# With a spread of 0.3, 98 % of the points are nearest to their own corner of a square: P(|z| < 0.7071 / 0.3)^2.
"$KITH" run --quiet new-dataset.ini --set "run.output=$work/run"
accuracy=$("$KITH" export "$work/run" | grep ',test_accuracy,' | tail -n 1 | sed 's/.*,//')
if awk "BEGIN { exit !($accuracy > 0.95) }"; then
    echo "ok - a network tells the classes apart"
else
    echo "not ok - a network finds $accuracy of the classes, not 0.98"
    exit 1
fi
