#!/bin/bash
# Faults at random: runs and sweeps that are killed or that lose their disk, database, limits or folder for a while, and
# then go on. Each must end with the bits of one that nobody disturbed, say one sentence, and leave nothing.
#
#   campaign.sh COUNT SEED [KIND [FIRST]]
#
# in the build folder: top_srcdir and top_builddir name the trees, `make faults` does it. KIND: kills, files (disk,
# database, limits, folders), filling (the disk alone) or all. What is tried follows from the seed and a fault's
# number, so that a campaign that was ended goes on with FIRST, and one fault can be tried again. When a fault meets a
# run does not follow, and changes no verdict. KITH_FAULTS_LOG in the environment names a file that gets a line for
# each fault.
set -u
# A disk that fills up is a small one, mounted where nobody else sees it.
if [ -z "${KITH_FAULTS_MOUNTS:-}" ]; then
    for way in -m -rm; do
        if unshare $way mount -t tmpfs -o size=64k none /mnt 2>/dev/null; then
            KITH_FAULTS_MOUNTS=yes exec unshare $way "$0" "$@"
        fi
    done
    KITH_FAULTS_MOUNTS=no
fi
source "${top_srcdir:?}/tests/e2e/common.sh"
cd "$work" || exit 1
patience=120
count=${1:-20}
seed=${2:-1}
kind=${3:-all}
first=${4:-0}

# ---- experiments, each of a second or two

cat >federated.ini <<'INI'
[run]
algorithm = afa-cs
model = mlp
dataset = glyphs
learners = 9
rounds = 40
[mlp]
hidden = 30
[glyphs]
train = 300
test = 130
[local]
steps = 25
lr = 0.02
[participation]
kind = clock
arrivals = 4
concurrency = 7
[clock]
speed_sigma = 0.5
[eval]
every = 5
[checkpoint]
every = 7
INI
sed 's/^algorithm.*/algorithm = scaffold/; s/^kind.*/kind = cohort/; /^concurr/d; /^.clock/d; /^speed_s/d' \
    federated.ini >planes.ini
sed 's/^algorithm.*/algorithm = dsgd/; s/^learners/topology = ring\nlearners/; /^\[part/,/^speed_s/d; s/^\[local\]/&\nmomentum = 0.9/' \
    \
    \
    \
    federated.ini >gossip.ini
sed 's/^algorithm.*/algorithm = relaysum/; s/^topology.*/topology = chain/; /^momentum/d' gossip.ini >edges.ini
sed 's/^algorithm.*/algorithm = ad-psgd/; /^momentum/d' gossip.ini >pairs.ini
cat >walk.ini <<'INI'
[run]
algorithm = srrw
model = logistic
dataset = synthetic
topology = barabasi-albert
learners = 50
rounds = 60
[synthetic]
iid = yes
features = 22
classes = 2
max_examples = 2
[walk]
tokens = 40
hops = 250
[local]
lr = 5
steps = 1
batch = 1
[eval]
every = 5
[checkpoint]
every = 7
INI
cat >tables.ini <<'INI'
[run]
algorithm = fxp
game = soccer
rounds = 6
[population]
turn_lr = 0.5
most_steps = 10
least_steps = 3
accuracy = 1e-3
[eval]
every = 2
[checkpoint]
every = 1
INI
cat >networks.ini <<'INI'
[run]
algorithm = fxp
game = battle
rounds = 8
[battle]
players = 2
steps = 20
[fxp]
together = yes
[population]
job_steps = 600
episodes = 6
[mappo]
copies = 12
lane = 4
steps = 20
hidden = 8
[eval]
every = 2
[checkpoint]
every = 1
INI
{ sed 's/^rounds.*/rounds = 12/' federated.ini; printf '[sweep]\nlocal.lr = 0.01, 0.02\nrun.seed = 1, 2\n'; } >sweep.ini
experiments=(federated planes gossip edges pairs walk tables networks sweep)

# ---- what there is to look at

swept()
{
    sqlite3 "$1/kith.db" "select run, name, round, printf('%.17g', value) from metrics where name not like 'wall_%'
        order by run, name, round" | sha256sum
}
bits() { if [ "$what" = sweep ]; then swept "$1"; else digest "$1"; fi; }
# Starting again is how a sweep goes on.
words() { if [ "$what" = sweep ]; then echo sweep; else echo run --resume; fi; }

declare -A whole
reference()
{
    if [ -n "${whole[$what]:-}" ]; then return; fi
    # shellcheck disable=SC2046 # words are meant
    run "$kith" $(words) --quiet "$what.ini" --set run.output="whole-$what"
    if [ "$code" -ne 0 ]; then not_ok "$what, undisturbed" "exit code $code" "$err"; fi
    whole[$what]=$(bits "whole-$what")
}

gone() { ! kill -0 "$job"; }
of_job() { own_processes "kith (run|sweep) .*run.output=part( |\$)"; }
workers_left() { of_job | grep -qvx "$job"; }
none_left() { ! workers_left; }

empty_disk() { if mountpoint -q part; then umount part; fi; }
start()
{
    empty_disk
    rm -rf part "${TMPDIR:?}"/*
    : >part.err # it may be killed before it has it opened
    if [ "$fault" = filling ]; then mkdir part && mount -t tmpfs -o "size=$disk" none part; fi
    # shellcheck disable=SC2046 # words are meant
    setsid "$@" "$kith" $(words) -n "$workers" --quiet "$what.ini" --set run.output=part >part.out 2>part.err \
        </dev/null &
    job=$!
    sleep "$((RANDOM % 2)).$((RANDOM % 10))"
}

ended()
{
    wait_until gone || { kill -KILL "$job"; not_ok "$name" "it hangs"; }
    code=0
    wait "$job" 2>/dev/null || code=$?
    wait_until none_left || { not_ok "$name" "workers are left: $(of_job | tr '\n' ' ')"; of_job \
        | xargs -r kill -KILL; }
}

# resumed NAME: with other workers.
resumed()
{
    local said others=$((RANDOM % 3 + 1))
    # each worker that is ended within a plugin's call tells which
    said=$(grep -Evc '^kith: (note|stopping|ended in)|Killed|^\[' part.err)
    # shellcheck disable=SC2046 # words are meant
    run "$kith" $(words) -n "$others" --quiet "$what.ini" --set run.output=part
    if [ "$code" -ne 0 ]; then not_ok "$name, resumed with $others workers" "exit code $code" "$err"; return; fi
    if [ "$(bits part)" != "${whole[$what]}" ]; then not_ok "$name, resumed with $others workers" "other bits"; \
        return; fi
    if [ -n "$(find part -name '*.tmp' -o -name '*-pending' -o -name '*-journal')" ] \
        || [ -n "$(ls -A "$TMPDIR")" ]; then
        not_ok "$name, resumed with $others workers" "it leaves $(find part "$TMPDIR" | tr '\n' ' ')"
        return
    fi
    # a sweep says one of each run, and one of all
    if [ "$said" -gt 1 ] && [ "$what" != sweep ]; then not_ok "$name" "it said more than a sentence:" \
        "$(cat part.err)"; return; fi
    done=$((done + 1))
}

# ---- faults

signals=(TERM INT USR1 HUP KILL)
killing()
{
    local victims=(launcher worker mpirun all) signal=${signals[RANDOM % 5]} victim=${victims[RANDOM % 4]} whom
    [ "$workers" -gt 1 ] || victim=launcher
    [ "$victim" = launcher ] || signal=KILL
    name="$what, $workers workers: SIG$signal to $victim"
    start env
    case $victim in
    launcher) whom=$job ;;
    worker) whom=$(of_job | grep -vx "$job" | tail -n 1) ;;
    mpirun) whom=$(pgrep -P "$job" mpirun) ;;
    all) whom=$(of_job; pgrep -P "$job" mpirun) ;;
    esac
    # shellcheck disable=SC2086 # words are meant
    [ -z "$whom" ] || kill -"$signal" $whom 2>/dev/null
    ended
}

locking()
{
    name="$what, $workers workers: a transaction on its database"
    start env
    if [ -e part/kith.db ]; then
        sqlite3 part/kith.db '.timeout 5000' 'begin exclusive' '.shell sleep 2' 'commit' >/dev/null 2>&1
    fi
    ended
}

limiting()
{
    local size=$((RANDOM % 300 + 20))
    workers=1 # or it is mpirun that fails, in its own words
    name="$what, $workers workers: files of at most $size kB"
    start bash -c "ulimit -f $size; exec \"\$@\"" -
    ended
}

opening()
{
    local files=$((RANDOM % 40 + 5))
    workers=1
    name="$what, $workers workers: at most $files files"
    start bash -c "ulimit -n $files; exec \"\$@\"" -
    ended
}

moving()
{
    name="$what, $workers workers: its folder is away for a second"
    start env
    if [ -d part ]; then
        mv part away
        sleep 1
        if [ -e part ]; then rm -rf part; fi
        mv away part
    fi
    ended
}

# Somebody else fills it, at some time or before the run begins, and goes away after its end.
filling()
{
    disk=$((RANDOM % 8 + 6))m
    name="$what, $workers workers: its disk is full"
    start env
    dd if=/dev/zero of=part/ballast bs=1k status=none 2>/dev/null
    ended
    rm part/ballast
}

case $kind in
kills) faults=(killing) ;;
files) faults=(locking limiting opening moving filling) ;;
filling) faults=(filling) ;;
*) faults=(killing killing killing killing killing locking limiting opening moving filling) ;;
esac
if [ "$KITH_FAULTS_MOUNTS" = no ]; then
    skip 'disks that fill up' 'nothing can be mounted here (unshare -m)'
    unset 'faults[-1]'
fi
done=0
for ((i = first; i < first + count; i++)); do
    RANDOM=$((seed * 10007 + i))
    what=${experiments[RANDOM % ${#experiments[@]}]}
    workers=$((RANDOM % 3 + 1))
    fault=${faults[RANDOM % ${#faults[@]}]}
    reference
    so_far=$done
    "$fault"
    resumed
    verdict=held
    if [ "$done" -eq "$so_far" ]; then verdict=FAILED; fi
    [ -z "${KITH_FAULTS_TOLD:-}" ] || echo "# $i: $name"
    [ -z "${KITH_FAULTS_LOG:-}" ] || echo "$kind $seed $i $verdict $name" >>"$KITH_FAULTS_LOG"
done
empty_disk
if [ "$done" -eq "$count" ]; then ok "$count faults"; fi
finish
