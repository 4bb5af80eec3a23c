#!/bin/sh
# Draws the figures of docs/papers/srrw.md from the sweeps that it tells of, with gnuplot and sqlite3:
#
#   docs/papers/srrw.sh RUNS [FOLDER]
#
# RUNS holds sweep-srrw-karate, sweep-srrw-les-miserables and sweep-srrw-social (run.output = RUNS/...); figures of
# those that are there go to FOLDER (default: docs/papers). KITH names the program (default: kith), KITH_DATA the
# folder of data. Run it in the source tree.
set -eu
runs=${1:?which folder holds the sweeps?} folder=${2:-docs/papers} kith=${KITH:-kith}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# curve SWEEP ALPHA A: hops, mean squared error, its standard error and it over beta_n, at rounds evenly spaced in
# logarithms.
curve() {
    sqlite3 -separator ' ' "$runs/$1/kith.db" "
        select h.value / t.value, m.value, s.value / sqrt(t.value), b.value from metrics m
            join metrics b on b.run = m.run and b.round = m.round and b.name = 'mse_scaled'
            join metrics h on h.run = m.run and h.round = m.round and h.name = 'hops'
            join metrics s on s.run = m.run and s.round = m.round and s.name = 'mse_std'
            join parameters t on t.run = m.run and t.section = 'walk' and t.key = 'tokens'
            join parameters p on p.run = m.run and p.section = 'srrw' and p.key = 'alpha' and abs(p.value - $2) < 1e-9
            join parameters q on q.run = m.run and q.section = 'srrw' and q.key = 'gamma_power'
                and abs(q.value - $3) < 1e-9
        where m.name = 'mse' and m.round in (1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 80, 100)"
}

# last SWEEP A: alpha, MSE over beta_n and its standard error, at the end.
last() {
    for alpha in 0 1 2 5 10 20; do
        curve "$1" $alpha "$2" | tail -n 1 | awk -v a=$alpha 'NF { print a, $4, $4 * $3 / $2 }'
    done
}

# theory FILE NODES POINTS HOPS ALPHAS A: rows of alpha and MSE over beta_n.
theory() {
    "$kith" graph graph-file --set "path=$KITH_DATA/graphs/$1.edges" --learners "$2" --walk uniform --points "$3" \
        --hops "$4" \
        --alpha "$5" --gamma-power "$6" \
        | awk '/^after/ { on = 1 } on && $1 ~ /^[0-9.]+$/ && NF == 2 { print $1, $2 } /^eigen/ { on = 0 }'
}

# lines FILE NODES POINTS A: hops and theory's errors, one column for each alpha.
lines() {
    for hops in 2000 3000 5000 8000 12000 20000 30000 50000 80000 120000 200000; do
        theory "$1" "$2" "$3" $hops 0,1,2,5,10 "$4" \
            | awk -v n=$hops '{ row = row " " $2 * (n + 1) ^ -0.9 } END { print n row }'
    done
}

colours="set linetype 1 lc rgb '#444444' pt 7; set linetype 2 lc rgb '#0072b2' pt 5; set linetype 3 lc rgb '#009e73' pt 9
set linetype 4 lc rgb '#e69f00' pt 13; set linetype 5 lc rgb '#d55e00' pt 11; set linetype 6 lc rgb '#cc79a7' pt 4"
frame="set terminal svg size 720,500 dynamic enhanced font 'sans-serif,15' background 'white'
set border 3 lc rgb '#888888'; set tics nomirror textcolor rgb '#222222'; set grid lc rgb '#e4e4e4'
set key outside right center reverse Left samplen 2 spacing 1.3; set pointsize 0.6; set bars 0.4; set encoding utf8"

# hops_figure SWEEP FIGURE A TITLE [FILE NODES POINTS]: error against hops; with theory's lines where the rest is given.
hops_figure() {
    plots='' k=0
    [ $# -lt 7 ] || lines "$5" "$6" "$7" "$3" >"$scratch/lines"
    for alpha in 0 1 2 5 10 20; do
        curve "$1" $alpha "$3" >"$scratch/curve-$alpha"
        k=$((k + 1))
        [ -s "$scratch/curve-$alpha" ] || continue
        plots="$plots${plots:+, }'$scratch/curve-$alpha' using 1:2:3 with yerrorbars lt $k title 'α = $alpha'"
        if [ $# -ge 7 ]; then plots="$plots, '$scratch/lines' using 1:$((k + 1)) with lines lt $k lw 1.5 notitle"
        else plots="$plots, '$scratch/curve-$alpha' using 1:2 with lines lt $k lw 1.5 notitle"; fi
    done
    gnuplot <<END
$frame
$colours
set output '$folder/$2.svg'; set title "$4"
set logscale xy; set format y '10^{%T}'; set format x '10^{%T}'; set xrange [1500:250000]
set xlabel 'hops n'; set ylabel 'mean squared error to the optimum'
plot $plots
END
}

# cases_figure SWEEP FIGURE TITLE "A ..." MOST [FILE NODES POINTS]: error after 2e5 hops against alpha, up to MOST,
# for the three cases.
cases_figure() {
    plots='' k=1
    for a in $4; do
        k=$((k + 1))
        last "$1" "$a" >"$scratch/last-$a"
        case $k in 2) name="(i)  a = $a" ;; 3) name="(ii)  a = $a" ;; *) name="(iii)  a = $a" ;; esac
        plots="$plots${plots:+, }'$scratch/last-$a' using 1:2:3 with yerrorbars lt $k title '$name'"
        if [ $# -ge 8 ]; then
            theory "$6" "$7" "$8" 200000 0,0.25,0.5,1,1.5,2,3,4,5,6,8,10,20 "$a" >"$scratch/theory-$a"
            plots="$plots, '$scratch/theory-$a' with lines lt $k lw 1.5 notitle"
        else plots="$plots, '$scratch/last-$a' with lines lt $k lw 1.5 notitle"; fi
    done
    gnuplot <<END
$frame
$colours
set output '$folder/$2.svg'; set title "$3"
set logscale y; set format y '%g'; set xrange [-0.03*$5:1.03*$5]
set xlabel 'strength of self-repellence α'; set ylabel 'mean squared error / β_n'
plot $plots
END
}

if [ -e "$runs/sweep-srrw-karate/kith.db" ]; then
    set -- sweep-srrw-karate karate 34 "$KITH_DATA/graphs/karate-points.csv"
    hops_figure "$1" srrw-karate-hops 0.6 'Karate club, case (i), a = 0.6: measured (points) and theory (lines)' \
        "$2" "$3" "$4"
    cases_figure "$1" srrw-karate-cases 'Karate club after 2·10^5 hops: measured (points) and theory (lines)' \
        '0.6 0.9 1' 10 "$2" "$3" "$4"
fi
if [ -e "$runs/sweep-srrw-les-miserables/kith.db" ]; then
    hops_figure sweep-srrw-les-miserables srrw-les-miserables 0.8 \
        'Les Misérables, case (i), a = 0.8: measured (points) and theory (lines)' \
        les-miserables 77 experiments/les-miserables-points.csv
fi
if [ -e "$runs/sweep-srrw-social/kith.db" ]; then
    hops_figure sweep-srrw-social srrw-social-hops 0.8 '889 nodes, logistic regression, case (i), a = 0.8, 100 tokens'
    cases_figure sweep-srrw-social srrw-social-cases '889 nodes, logistic regression, 2·10^5 hops, 100 tokens' \
        '0.8 0.9 1' 20
fi
