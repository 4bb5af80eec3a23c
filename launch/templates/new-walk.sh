#!/bin/sh
# What new-walk must do, beside what 'kith check' looks at. 'make check' runs it; KITH is the program.
set -eu
export KITH_PLUGIN_PATH=.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$KITH" run --quiet new-walk.ini --set "run.output=$work/run"
# The mean over all tokens' paths, so that learners were visited alike.
"$KITH" export "$work/run" >"$work/metrics.csv"
# How far visits, over all tokens, are from what target() promises.
far=$(sed -n 's/.*,total_variation_pooled,\(.*,\)\{0,1\}//p' "$work/metrics.csv" | tail -n 1)
if awk "BEGIN { exit !($far < 0.02) }"; then
    echo "ok - learners are visited alike"
else
    echo "not ok - visits are $far (total variation) from what target() promises"
    exit 1
fi
