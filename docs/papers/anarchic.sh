#!/bin/sh
# Draws the figures of docs/papers/anarchic.md: test accuracy by virtual time, a panel for each kind of data, means over
# seeds with bands of one standard deviation; with gnuplot and sqlite3:
#
#   docs/papers/anarchic.sh RUNS [FOLDER]
#
# RUNS holds anarchic-mnist, anarchic-cifar and anarchic-shakespeare (run.output = RUNS/...); figures of those that are
# there go to FOLDER (default: docs/papers).
set -eu
runs=${1:?which folder holds the sweeps?} folder=${2:-docs/papers}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# points SWEEP: data, algorithm, and of each evaluation the mean time, accuracy in percent and its deviation.
points() {
    sqlite3 -separator ' ' "$runs/$1/kith.db" "
        with point as (
            select r.algorithm, case kind.value when 'label-k' then labels.value else kind.value end as data, m.round,
                   m.virtual_time as at, 100 * m.value as a
            from runs r
            join parameters kind on kind.run = r.id and kind.section = 'partition' and kind.key = 'kind'
            left join parameters labels on labels.run = r.id and labels.section = 'partition' and labels.key = 'labels'
            join metrics m on m.run = r.id and m.name = 'test_accuracy'
            where r.status = 'done' and m.round > 0)
        select data, algorithm, avg(at), avg(a), sqrt(max(0, (sum(a * a) - count(*) * avg(a) * avg(a))
            / max(1, count(*) - 1)))
        from point group by data, algorithm, round order by cast(data as integer), data, algorithm, round"
}

algorithms='fedavg feddyn afa-cd afa-cs fedbuff mifa ca2fl fadas fedasync asgd'
colours='set linetype 1 lc rgb "#000000" lw 2; set linetype 2 lc rgb "#888888" lw 2
set linetype 3 lc rgb "#0072b2" lw 3; set linetype 4 lc rgb "#d55e00" lw 3; set linetype 5 lc rgb "#009e73"
set linetype 6 lc rgb "#cc79a7"; set linetype 7 lc rgb "#e69f00"; set linetype 8 lc rgb "#56b4e9"
set linetype 9 lc rgb "#a6761d"; set linetype 10 lc rgb "#7f3fbf"'

# panel DATA TITLE: one plot of multiplot.
panel() {
    plots='' k=0
    for algorithm in $algorithms; do
        k=$((k + 1)) file=$scratch/$1-$algorithm
        awk -v d="$1" -v a="$algorithm" '$1 == d && $2 == a { print $3, $4, $5 }' "$scratch/points" >"$file"
        [ -s "$file" ] || continue
        plots="$plots'$file' using 1:(\$2 - \$3):(\$2 + \$3) "
        plots="${plots}with filledcurves lt $k fs transparent solid 0.15 notitle, "
        plots="$plots'$file' using 1:2 with lines lt $k title '$algorithm', "
    done
    echo "set title '$2'; plot ${plots%, }"
}

# figure SWEEP FIGURE ROWS COLUMNS LOWEST TITLE DATA...
figure() {
    [ -e "$runs/$1/kith.db" ] || return 0
    points "$1" >"$scratch/points"
    sweep=$2 rows=$3 columns=$4 lowest=$5 title=$6
    shift 6
    {
        echo "set terminal svg size $((430 * columns + 20)),$((330 * rows)) dynamic enhanced font 'sans-serif,13' \\
            background 'white'; set output '$folder/$sweep.svg'; set encoding utf8
            set border 3 lc rgb '#888888'; set tics nomirror textcolor rgb '#222222'; set grid lc rgb '#e4e4e4'
            $colours
            set logscale x; set xlabel 'virtual time, s'; set ylabel 'test accuracy, %'; set yrange [$lowest:*]
            set key bottom right maxrows 5 samplen 1.5 font ',11'; set multiplot layout $rows,$columns"
        for data; do
            panel "$data" "$(printf "$title" "$data")"
            echo 'unset key'
        done
    } | gnuplot
}

figure anarchic-mnist anarchic-mnist 2 2 60 'MNIST, p = %s' 1 2 5 10
figure anarchic-cifar anarchic-cifar 1 2 8 'CIFAR-10 subset, p = %s' 2 10
figure anarchic-shakespeare anarchic-shakespeare 1 2 0 'Shakespeare, %s' natural iid
