# Two charts, for light and dark pages: no background, text in grey.
#
#   gnuplot -e "data='DIR'; docs='DIR'" chart.gp

grey = "#808890"
set border 3 lc rgb grey
set grid y lc rgb "#40808890" lt 1
set tics textcolor rgb grey nomirror
set xlabel textcolor rgb grey
set key textcolor rgb grey
set datafile separator "\t"

set terminal svg size 860,340 dynamic font "Helvetica,Arial,sans-serif,13"

# Requests a second against bare proxy_pass, by subject and body

set output docs."/benchmarks.svg"
set title "Requests a second, relative to bare proxy\\_pass" textcolor rgb grey
set style data histograms
set style histogram clustered gap 1
set style fill solid noborder
set boxwidth 0.9
set yrange [0:1.1<*]
set key outside right top vertical
set xtics scale 0

array color[5] = ["#2f81f7", "#3fb950", "#d29922", "#db6d28", "#a371f7"]

plot for [i = 2:6] data."/bodies.tsv" using i:xtic(1) \
    title columnheader(i) lc rgb color[i - 1]

# CPU time by body, and requests by registry

set output docs."/benchmarks-scaling.svg"
set multiplot layout 1,2 margins 0.08,0.98,0.17,0.88 spacing 0.1,0
set key inside left top
set encoding utf8
set xtics scale 1
set style data linespoints

set title "CPU time of a request by body, µs" textcolor rgb grey
set logscale xy
set xlabel "bytes"
set xrange [400:1300000]
set yrange [*:*]
set format x "10^{%L}"
plot data."/curve.tsv" using 1:2 title "bare" lc rgb grey lw 2 pt 7 ps 0.5, \
    data."/curve.tsv" using 1:3 title "module" lc rgb "#2f81f7" lw 2 pt 7 \
    ps 0.5

set title "Requests a second by registry, relative to bare" \
    textcolor rgb grey
unset logscale y
set xlabel "apps"
set yrange [0:1.1]
set xrange [5:2000000]
plot data."/registry.tsv" using 1:2 title "module, 0.5 KB" \
    lc rgb "#2f81f7" lw 2 pt 7 ps 0.5

unset multiplot
