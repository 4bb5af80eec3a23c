# shellcheck shell=bash disable=SC2034 # variables serve those that read this file
# Hosts of their own network, processes, name, temporary files and shared memory, with TCP between them. A test that
# reads this file after common.sh goes on within a world of three, in $work; without namespaces it ends as skipped.
#
# A host is a set of namespaces. The first is a world around the test, which runs in it; the others are within its
# namespace of processes. So all that a test made, links and processes alike, is gone with the world's first process,
# however it ends.

# Hosts on one machine share its processors, and their workers wait by polling.
patience=240
spaces=(--net --uts --ipc --pid --mount)
apart=("${spaces[@]}" --fork --kill-child --mount-proc)

# ---- outside of the world

# Ordinary users may have a world where they may have a namespace of users.
find_way()
{
    local program
    for program in unshare nsenter ip; do
        command -v $program >/dev/null || { why="there is no $program"; return 1; }
    done
    for user in '' '--user --map-root-user'; do
        # shellcheck disable=SC2086 # words are meant
        why=$(unshare $user "${apart[@]}" sh -c 'mount -t tmpfs none /mnt && hostname kith-world && ip link add kith0 type bridge' \
            2>&1) && return 0
    done
    why="namespaces are not permitted: ${why##*$'\n'}"
    return 1
}

if [ -z "${KITH_WORLD:-}" ]; then
    if ! find_way; then
        skip "two and three hosts" "$why"
        exit 0
    fi
    trap 'exit 143' TERM
    trap 'exit 130' INT HUP
    # Killed, it takes its world along. It is the only child.
    trap 'trap "" TERM INT HUP; [ -z "${world:-}" ] || kill -KILL "$world" 2>/dev/null; wait; rm -rf "$work"' EXIT
    # shellcheck disable=SC2086 # words are meant
    KITH_WORLD=$work TMPDIR=$work unshare $user "${apart[@]}" bash "$0" &
    world=$!
    wait "$world"
    code=$?
    world=
    exit "$code"
fi

# ---- the hosts

names=('' kith-one kith-two kith-three)
address() { printf '10.77.0.%d' "$1"; }

# make_host NUMBER: its first process is ${first[NUMBER]}.
make_host()
{
    local h=$1 parent
    mkdir "$work/tmp-$h"
    # shellcheck disable=SC2016 # it is the host that expands
    unshare "${apart[@]}" sh -c 'hostname "$1" && mount -t tmpfs none /dev/shm && mount --bind "$2" "$3" && ip link set lo up &&
        touch "$4" && exec sleep infinity' - "${names[h]}" "$work/tmp-$h" "$TMPDIR" "$work/tmp-$h/up" &
    parent=$!
    wait_until [ -e "$work/tmp-$h/up" ] || return 1
    rm "$work/tmp-$h/up"
    first[h]=$(pgrep -P "$parent")
    ip link add "link$h" type veth peer name eth0 netns "${first[h]}" &&
        ip link set "link$h" master bridge up &&
        on "$h" ip addr add "$(address "$h")/24" dev eth0 &&
        on "$h" ip link set eth0 up
}

# on HOST COMMAND...: there, as a user of that host would.
on()
{
    local h=$1
    shift
    if [ "$h" -eq 1 ]; then "$@"; else nsenter --target "${first[h]}" "${spaces[@]}" -- "$@"; fi
}

make_hosts()
{
    hostname "${names[1]}" && ip link set lo up && ip link add bridge type bridge &&
        ip addr add "$(address 1)/24" dev bridge && ip link set bridge up || return 1
    first=('' 1)
    make_host 2 && make_host 3 || return 1
    # What Open MPI takes for ssh: HOST WORD..., which a shell there reads, with an environment of its own.
    {
        printf '#!/bin/sh\nhost=$1\nshift\ncase $host in\n'
        for h in 2 3; do printf '%s) first=%d ;;\n' "$(address $h)" "${first[h]}"; done
        printf '*) exit 1 ;;\nesac\n'
        printf 'exec nsenter --target "$first" %s -- env -i HOME="%s" PATH="%s" TMPDIR="%s" sh -c "$*"\n' \
            "${spaces[*]}" "$work" "$PATH" "$TMPDIR"
    } >"$work/agent"
    chmod +x "$work/agent"
}

if ! make_hosts; then
    not_ok "hosts are made" "see above"
    finish
fi
cd "$work" || exit 1

# Open MPI reads it on the host where mpirun runs. Sockets and shared memory only, so that whatever a machine has beside
# them (verbs, UCX) does not go round the links. No host knows that the others' workers run on its cores.
export HOME=$work
mkdir .openmpi
cat >.openmpi/mca-params.conf <<INI
plm_rsh_agent = $work/agent
orte_default_hostfile = $work/hosts
btl = self,vader,tcp
pml = ob1
mpi_yield_when_idle = 1
INI
# From version 5 on the launching half of it has a file of its own.
if [ "$mpirun_major" -ge 5 ]; then
    sed -i '/^plm_\|^orte_/d; s/vader/sm/' .openmpi/mca-params.conf
    mkdir .prte
    printf 'plm_ssh_agent = %s\nprte_default_hostfile = %s\n' "$work/agent" "$work/hosts" >.prte/mca-params.conf
fi

# slots COUNT...: how many workers each host takes.
slots()
{
    local h=1 count
    for count in "$@"; do
        printf '%s slots=%d\n' "$(address $h)" "$count"
        h=$((h + 1))
    done >hosts
}

# What of a run is on the hosts: processes, seen from the first, and files for temporary use. The dead stay in the list
# of a host whose first process waits for none.
left_over()
{
    ps -e -o stat=,comm= | grep -E '^[^Z].* (mpirun|orted|prterun|prted|kith|lt-kith)'
    find tmp tmp-2 tmp-3 -mindepth 1
}
nothing_left() { [ -z "$(left_over)" ]; }

query() { sqlite3 -readonly "$1/kith.db" "$2"; }
