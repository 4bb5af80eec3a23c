#!/usr/bin/env bash
# Whether two builds give the same bits: runs every experiment, cut short, with both, and compares models and metrics.
# For changes that must not change a result: build the commit before into a folder of its own, and name both programs.
# usage: tests/bench/same-bits.sh OLD-KITH NEW-KITH [EXPERIMENT...]      (all but *-full by default; a line for each)
# Minutes on two cores. Experiments that want data look for it in $KITH_DATA; those without it are skipped.
set -u
if [ $# -lt 2 ]; then sed -n '2,5s/^# //p' "$0"; exit 2; fi
old=$1 new=$2
shift 2
top=$(cd "$(dirname "$0")/../.." && pwd)
export KITH_DATA=${KITH_DATA:-$top/../shared/data}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
if [ $# -eq 0 ]; then set -- "$top"/experiments/*.ini; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
differ=0 same=0 skipped=0

# short FILE: settings that make it end in seconds, whatever its role.
short()
{
    printf -- '--set eval.every=1 '
    case $1 in
    *battle*) printf -- '--set run.rounds=1 --set population.job_steps=2000 --set population.episodes=4 --set mappo.hidden=8 ' \
        ;;
    *soccer*) printf -- '--set run.rounds=1 --set population.most_steps=20 ' ;;
    *matrix*) printf -- '--set run.rounds=3 --set population.most_steps=200 ' ;;
    *srrw*) printf -- '--set run.rounds=2 --set walk.tokens=20 --set walk.hops=50 ' ;;
    *) printf -- '--set run.rounds=2 --set local.steps=2 --set local.unit=steps --set data.eval_examples=100 ' ;;
    esac
}

# results FOLDER: what a run must not change, as text. Metrics that the old build did not have do not count.
results()
{
    sha256sum <"$1/model.npy"
    sqlite3 "$1/kith.db" "attach '$work/old/kith.db' as old;
        select name, round, printf('%.17g', virtual_time), printf('%.17g', value) from main.metrics
        where name not like 'wall_%' and name in (select name from old.metrics) order by name, round"
}

for file in "$@"; do
    name=$(basename "$file" .ini)
    case $name in *-full) continue ;; esac
    sed '/^\[sweep\]/,/^\[[^s]/{/^\[[^s]/!d}' "$file" | sed '/^\[sweep\]/d' >"$work/experiment.ini"
    # shellcheck disable=SC2046 # words are meant
    set -- --quiet --overwrite $(short "$name") "$work/experiment.ini"
    verdict=same
    (cd "$top" && "$old" run "$@" --set "run.output=$work/old") >"$work/log" 2>&1 || verdict=skipped
    for workers in 1 2; do
        [ "$verdict" = same ] || break
        (cd "$top" && "$new" run -n "$workers" "$@" --set "run.output=$work/new") >"$work/log" 2>&1 || verdict=refused
        if [ "$verdict" = same ] && [ "$(results "$work/old")" != "$(results "$work/new")" ]; then verdict=DIFFERS; fi
    done
    case $verdict in
    same) same=$((same + 1)) detail=$(sha256sum <"$work/new/model.npy" | cut -c 1-16) ;;
    skipped) skipped=$((skipped + 1)) detail=$(tail -n 1 "$work/log") ;;
    *) differ=$((differ + 1)) detail=$(tail -n 1 "$work/log") ;;
    esac
    printf '%-32s %-8s %s\n' "$name" "$verdict" "$detail"
done
printf '%d the same, %d not, %d skipped\n' "$same" "$differ" "$skipped"
[ "$differ" -eq 0 ]
