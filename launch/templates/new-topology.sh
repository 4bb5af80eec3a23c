#!/bin/sh
# What new-topology must be, beside what 'kith check' looks at. 'make check' runs it; KITH is the program.
set -eu
export KITH_PLUGIN_PATH=.

# describe TOPOLOGY OPTION...: all but its name. A pipe would hide that the program fails.
describe()
{
    text=$("$KITH" graph "$@") || return 1
    echo "$text" | tail -n +2
}

mine=$(describe new-topology --learners 12 --set reach=1) || mine=
ring=$(describe ring --learners 12) || ring=
if [ -n "$mine" ] && [ "$mine" = "$ring" ]; then
    echo "ok - with reach = 1 it is the ring"
else
    echo "not ok - with reach = 1 it is not the ring"
    exit 1
fi
