#!/bin/bash
# What becomes of jobs under a real Slurm, beyond what tests/e2e/cluster.test has time for: a time limit with its signal
# and without, a preemption without grace, nodes that die with what they were at, too little memory, arrays and sweeps
# that are stopped on the way, and signals in the first moments of a start. Each ends as launch/slurm.sbatch promises,
# with the bits of a run on one host.
#
# KITH_SLURM in the environment names some of the cases below; `make slurm` does it.
set -u
source "${top_srcdir:?}/tests/e2e/common.sh"
source "$top_srcdir/tests/e2e/cluster.sh"
template=$top_srcdir/launch/slurm.sbatch
two=(--nodes=2 --ntasks-per-node=1)

goes_on() { check "$1" grep -q 'going on after round' "$2.log"; }

# comes_to NAME STATE TURNS LOG
comes_to()
{
    if ends "$2" && [ "$(turns)" -ge "$3" ]; then ok "$1"; else
        not_ok "$1" "$(state), turns $(turns)" "$(tail -n 20 "$4.log")" "$(tail -n 5 control.log)"
    fi
}

# A run that is still under way when the limit is looked at, each half a minute.
lengthen()
{
    [ ! -e long.ini ] || return 0
    sed 's/rounds = 200/rounds = 2500/' exp.ini >long.ini
    patience=600
    run "$kith" run --quiet long.ini --set run.output=long
    expect "a longer run on one host" 0
}
long_alike() { check "with the bits of one host" [ "$(digest run)" = "$(digest long)" ]; }

limit()
{
    lengthen
    sed '/^#SBATCH --signal/d' "$template" >unasked.sbatch
    rm -rf run
    batch limit "${two[@]}" unasked.sbatch long.ini --set run.output=run
    wait_until reached
    scontrol update job "$job" endtime=now+1
    comes_to "a job at its time limit, which only SIGTERM tells of, is put back, and ends" COMPLETED 1 limit
    goes_on "from a checkpoint" limit
    long_alike
}

asked_in_time()
{
    lengthen
    rm -rf run
    batch in-time "${two[@]}" --time=1 --signal=USR1@50 "$template" long.ini --set run.output=run
    comes_to "a job that Slurm sends SIGUSR1 before its limit is put back, and ends" COMPLETED 1 in-time
    goes_on "from a checkpoint" in-time
    long_alike
}

hard()
{
    submit hard -p hard
    wait_until reached
    run sbatch --parsable --wait --output=/dev/null -p high --exclusive --nodes=3 --time=1 --wrap 'sleep 1'
    expect "a job of a higher partition comes in between at once" 0
    ends_well "a job that was preempted without grace" hard
    goes_on "from a checkpoint" hard
}

leftovers()
{
    submit leftovers
    wait_until reached
    for h in 1 2 3; do on $h ls "$TMPDIR"; done >leftovers.seen
    for h in 2 3; do
        on $h pgrep -f 'slurmd|slurmstepd|kith run' | while read -r pid; do on $h kill -KILL "$pid"; done
    done
    wait_until is PENDING
    for h in 2 3; do node $h; done
    ends_well "a job whose nodes died with what they were at" leftovers
}

array()
{
    printf '%s\n' 'include = exp.ini' '[sweep]' 'run.seed = 1, 2, 3' >grid.ini
    batch array --array=1-3 --nodes=1 --ntasks-per-node=2 --overcommit "$template" grid.ini --set run.output=grid
    second() { [ "$(sqlite3 -readonly grid/seed=2-*/kith.db 'select max(round) from metrics' || echo 0)" -ge 20 ]; }
    wait_until second
    scancel --signal=USR1 "${job}_2"
    comes_to "all jobs of an array end, one of them put back" COMPLETED 0 array
    run "$kith" sweep --ended grid.ini --set run.output=grid
    expect "all runs are made" 0
    grid_alike
}
grid_alike()
{
    run "$kith" sweep --quiet grid.ini --set run.output=grid
    expect "the sweep takes them" 0
    table=$out
    run "$kith" sweep --quiet grid.ini --set run.output=grid-here
    check "with the results of one host" [ "$table" = "$out" ]
}

sweep()
{
    printf '%s\n' 'include = exp.ini' '[sweep]' 'run.seed = 1, 2, 3' >grid.ini
    rm -rf grid grid-here
    batch sweep "${two[@]}" "$template" sweep grid.ini --set run.output=grid
    first() { [ "$(cat grid/*/kith.db | wc -c)" -gt 0 ]; }
    wait_until first
    sleep 1
    scancel --signal=USR1 "$job"
    comes_to "a sweep on two nodes that is stopped is put back, and ends" COMPLETED 1 sweep
    grid_alike
}

memory()
{
    sed 's/rounds = 200/rounds = 2500/' exp.ini >large.ini
    rm -rf run
    KITH_TURNS=2 batch memory "${two[@]}" --mem=16 "$template" large.ini --set run.output=run
    comes_to "a job that needs more memory than it has tries again, but not for ever" FAILED 2 memory
}

# srun by hand: SIGUSR1 is passed on, and SIGTERM makes it kill the workers at once. A worker that is being loaded dies
# of either, as any program does, and --kill-on-bad-exit takes the others along, who would wait for it.
asked_at()
{
    local words=$1 signal=$2 ms=$3 lasted=$SECONDS
    # shellcheck disable=SC2086 # words are meant
    srun --quiet --kill-on-bad-exit=1 $words "$kith" run --quiet --resume exp.ini --set run.output=part >out 2>err \
        </dev/null &
    job=$!
    sleep "0.$ms"
    kill -"$signal" "$job"
    wait_until gone || kill -KILL "$job"
    code=0
    wait "$job" 2>/dev/null || code=$?
    wait_until idle || wrong+=("$signal at $ms ms leaves a job")
    case $signal:$code in
    USR1:0 | USR1:10 | USR1:138 | TERM:1 | TERM:143 | *:137) ;; # 0: it had ended; 1: srun was not ready itself
    *) wrong+=("$signal at $ms ms: exit code $code, $(cat err)") ;;
    esac
    codes+=" $code"
    [ $((SECONDS - lasted)) -le 20 ] || wrong+=("$signal at $ms ms: took $((SECONDS - lasted)) s")
}
gone() { ! kill -0 "$job"; }
idle() { [ -z "$(squeue --noheader)" ]; }

early()
{
    local words signal ms codes
    for words in '--mpi=pmix --nodes=2 --ntasks=2' '--mpi=none --nodes=1 --ntasks=1'; do
        rm -rf part
        wrong=() codes=
        for signal in TERM USR1; do
            for ms in 000 020 050 070 100 150 200 300 400; do asked_at "$words" $signal $ms; done
        done
        if [ ${#wrong[@]} -eq 0 ]; then ok "srun $words, asked as it starts, ends with$codes"; else
            not_ok "srun $words, asked as it starts, ends with$codes" "${wrong[@]}"
        fi
        run "$kith" run --quiet --resume exp.ini --set run.output=part
        expect "what is left is gone on with" 0
        check "with the bits of one host" same part
    done
}

for case in ${KITH_SLURM:-limit asked_in_time hard leftovers array sweep memory early}; do "$case"; done
leave_cluster
