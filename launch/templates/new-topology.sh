#!/bin/sh
# What new-topology must be, beside what 'kith check' looks at. 'make check' runs it; KITH is the program.
set -eu
export KITH_PLUGIN_PATH=.

# describe TOPOLOGY OPTION...: all but its name
describe() { "$KITH" graph "$@" | tail -n +2; }

if [ "$(describe new-topology --learners 12 --set reach=1)" = "$(describe ring --learners 12)" ]; then
    echo "ok - with reach = 1 it is the ring"
else
    echo "not ok - with reach = 1 it is not the ring"
    exit 1
fi
