#!/bin/bash
# Faults at random of hosts and links: a link that is cut, for good or for a moment, a host that dies, a daemon or a
# worker that is killed there, a launcher that is killed while the link is down. Each run is told of in one sentence,
# leaves nothing here, and goes on to the bits of one that nobody disturbed.
#
# KITH_LINKS in the environment: how many, the seed, and the number of the first, as "50 1 0"; `make links` does it.
# KITH_FAULTS_LOG names a file that gets a line for each.
set -u
source "${top_srcdir:?}/tests/e2e/common.sh"
source "$top_srcdir/tests/e2e/hosts.sh"
read -r count seed first_fault <<<"${KITH_LINKS:-10 1 0}"
patience=240

cat >exp.ini <<'INI'
[run]
algorithm = dsgd
model = mlp
dataset = glyphs
topology = ring
learners = 9
rounds = 150
silence = 5
[mlp]
hidden = 30
[glyphs]
train = 300
test = 130
[local]
steps = 12
[eval]
every = 5
[checkpoint]
every = 7
INI
slots 1 1
run "$kith" run --quiet exp.ini --set run.output=whole
if [ "$code" -ne 0 ]; then not_ok "undisturbed" "$err"; finish; fi
whole=$(digest whole)

here() { ps -e -o pidns=,stat=,comm= | awk -v ns="$(ps -o pidns= -p 1)" '$1 == ns && $2 !~ /^Z/' \
    | grep -E ' (mpirun|prterun|kith|lt-kith)'; }
nothing_here() { [ -z "$(here)" ] && [ -z "$(find tmp -mindepth 1)" ]; }
gone() { ! kill -0 "$job"; }
# there PATTERN: kills what is on the second host.
there() { on 2 pgrep -f "$1" | while read -r pid; do on 2 kill -KILL "$pid" 2>/dev/null; done; }

cutting() { ip link set link2 down; }
blinking()
{
    ip link set link2 down
    sleep "$((RANDOM % 2)).$((RANDOM % 10))"
    ip link set link2 up
}
dying() { there 'launch/.*kith run'; }
orphaning() { there 'orted|prted'; }
emptying() { there 'orted|prted|launch/.*kith run'; }
abandoning()
{
    ip link set link2 down
    kill -KILL "$job"
}

faults=(cutting blinking dying orphaning emptying abandoning)
held=0
for ((i = first_fault; i < first_fault + count; i++)); do
    RANDOM=$((seed * 10007 + i))
    : $RANDOM
    fault=${faults[RANDOM % ${#faults[@]}]}
    rm -rf part
    "$kith" run --quiet -n 2 exp.ini --set run.output=part >out 2>err </dev/null &
    job=$!
    sleep "$((RANDOM % 3)).$((RANDOM % 10))"
    "$fault"
    why=
    wait_until gone || { why='it hangs'; kill -KILL "$job"; }
    wait "$job" 2>/dev/null
    wait_until nothing_here || why="it leaves $(here) $(find tmp -mindepth 1)"
    ip link set link2 up
    there 'orted|prted|launch/.*kith run'
    find tmp-2 -mindepth 1 -delete
    said=$(grep -c '^kith: ' err)
    [ "$said" -le 1 ] || why="it said more than a sentence: $(cat err)"
    run "$kith" run --quiet -n $((RANDOM % 2 + 1)) --resume exp.ini --set run.output=part
    [ "$code" -eq 0 ] || why="it does not go on: $code $err"
    [ "$(digest part 2>/dev/null)" = "$whole" ] || why=${why:-other bits}
    verdict=held
    if [ -n "$why" ]; then
        not_ok "$i: $fault" "$why"
        verdict=FAILED
    else
        held=$((held + 1))
    fi
    [ -z "${KITH_FAULTS_LOG:-}" ] || echo "links $seed $i $verdict $fault" >>"$KITH_FAULTS_LOG"
done
if [ "$held" -eq "$count" ]; then ok "$count faults of hosts and links"; fi
finish
