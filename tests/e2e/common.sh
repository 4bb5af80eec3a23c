# shellcheck shell=bash disable=SC2034 # variables serve those that read this file
# What end-to-end tests share. A test prints one line for each thing it checked, "ok - NAME", "not ok - NAME" or
# "ok - NAME # SKIP REASON", and ends with `finish`.

# A test changes its folder, and configure may have been called by a path that is relative.
top_srcdir=$(cd "${top_srcdir:?}" && pwd)
top_builddir=$(cd "${top_builddir:?}" && pwd)
kith=$top_builddir/launch/kith
work=$(cd "$(mktemp -d)" && pwd -P)
# Temporary files of the program under test go where a test can see what is left of them.
mkdir "$work/tmp"
export TMPDIR=$work/tmp
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# A make that a test starts is none of the one that started the test.
unset MAKEFLAGS MFLAGS MAKELEVEL
unset OMPI_COMM_WORLD_SIZE PMIX_RANK PMI_RANK SLURM_JOB_ID KITH_PLUGIN_PATH
# Which Open MPI starts workers here, and how it is told to be quiet: from 5 on it is not.
mpirun_major=$(mpirun --version 2>/dev/null | sed -n 's/.*(Open MPI) \([0-9]*\).*/\1/p')
if [ "${mpirun_major:-4}" -lt 5 ]; then mpirun_quiet=(-q); else mpirun_quiet=(); fi
failures=0
# Long enough for a loaded machine; a test that needs it has failed.
patience=60

# A child that is killed between fork and exec runs the trap as well, with the parent's number in BASHPID.
is_child() { local own; read -r own _ </proc/self/stat; [ "$own" != $$ ]; }
trap 'is_child || rm -rf "$work"' EXIT

ok() { printf 'ok - %s\n' "$1"; }

# not_ok NAME [DETAIL...]
not_ok()
{
    printf 'not ok - %s\n' "$1"
    shift
    for detail in "$@"; do printf '%s\n' "$detail" | sed 's/^/#   /'; done
    failures=$((failures + 1))
}

skip() { printf 'ok - %s # SKIP %s\n' "$1" "$2"; }

# run COMMAND...: leaves exit code, standard output and standard error in $code, $out and $err.
run()
{
    code=0
    timeout --kill-after=5 "$patience" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
    out=$(cat "$work/out")
    err=$(cat "$work/err")
}

# expect NAME CODE [PATTERN]: what `run` left. PATTERN is a glob that all of standard error must match.
# shellcheck disable=SC2053 # a glob is meant
expect()
{
    if [ "$code" -ne "$2" ]; then
        not_ok "$1" "exit code $code, not $2" "$err"
    elif [ $# -gt 2 ] && [[ $err != $3 ]]; then
        not_ok "$1" "standard error is not like: $3" "$err"
    else
        ok "$1"
    fi
}

# expect_line NAME CODE PATTERN: the same, and it is a single line.
expect_line()
{
    if [ "$(wc -l <"$work/err")" -ne 1 ]; then
        not_ok "$1" "standard error is not one line:" "$err"
    else
        expect "$@"
    fi
}

# check NAME COMMAND...: succeeds if the command does.
check()
{
    local name=$1
    shift
    if "$@"; then ok "$name"; else not_ok "$name" "this failed: $*"; fi
}

# wait_until COMMAND...: fails if that takes too long.
wait_until()
{
    local tries=$((patience * 10))
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ]; then return 1; fi
        sleep 0.1
    done
}

# own_processes PATTERN: those of this test whose command lines match; fails where there are none. Those of a test that
# runs beside this one may have the same words, but work in another folder.
own_processes()
{
    local one found=1
    for one in $(pgrep -f -- "$1"); do
        case $(readlink "/proc/$one/cwd") in "$work" | "$work"/*) echo "$one" && found=0 ;; esac
    done
    return $found
}

# digest FOLDER: of all that must not differ between runs of one configuration; of wall-clock figures that is which
# there are.
digest()
{
    {
        sha256sum <"$1/model.npy"
        if [ -e "$1/model.safetensors" ]; then sha256sum <"$1/model.safetensors"; fi
        sqlite3 "$1/kith.db" "select count(*), status from runs;
            select name, round, printf('%.17g', virtual_time), printf('%.17g', value) from metrics
                where name not like 'wall_%' order by name, round;
            select name, round from metrics where name like 'wall_%' order by name, round;
            select name, bin, printf('%.17g', value) from histograms order by name, bin;
            select round, place, learner, version, visit, steps, printf('%.17g', time), printf('%.17g', ends), lost, \
                late
                from arrivals order by round, place;
            select round, nodes, edges from graphs;
            select node, printf('%.17g', score), flipped from nodes order by node;
            select node, heard, printf('%.17g', weight) from edges order by node, heard"
    } | sha256sum
}

finish()
{
    exit $((failures > 0))
}
