#!/bin/sh
# What new-external must be, beside what 'kith check' looks at. 'make check' runs it; KITH is the program, PYTHON has
# the libraries.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$KITH" run --quiet new-external.ini --set "external.command=$PYTHON new-external.py" --set "run.output=$work/run"
accuracy=$("$KITH" export "$work/run" | grep ',test_accuracy,' | tail -n 1 | sed 's/.*,//')
if awk "BEGIN { exit !($accuracy > 0.4) }"; then
    echo "ok - it learns: $accuracy of the test images are told, where guessing tells 0.1"
else
    echo "not ok - it tells $accuracy of the test images; guessing tells 0.1"
    exit 1
fi
