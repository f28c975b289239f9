#!/usr/bin/env bash
# Fuzzes what reads bytes of strangers or operators, each target for
# FUZZ_SECONDS (60), from its seeds and what former runs have kept in
# build/fuzz/TARGET/corpus.  Without arguments all of them, one after the other;
# "today" is one of them, in turn by date.
#
# Inputs have at most FUZZ_LENGTH (4096) bytes.  One that takes more than 25
# seconds under the sanitizers is a failure.  What is found stays in
# build/fuzz/TARGET, and is a case for a unit test.
#
# usage: run.sh [TARGET...]

set -eu

cd "$(dirname "$0")/../.."

dir=${ERPSYNC_BUILD:-$PWD/build}/fuzz
flags='-O1 -g -fsanitize=fuzzer-no-link,address,undefined
    -fno-sanitize-recover=undefined'

all=$(cd t/fuzz && ls ./*.c | sed 's|^\./\(.*\)\.c$|\1|')
targets=${*:-$all}

if [ "$targets" = today ]; then
    n=$(wc -w <<< "$all")
    targets=$(sed -n "$(($(date +%s) / 86400 % n + 1))p" <<< "$all")
fi

for target in $targets; do
    make --no-print-directory -s -j2 BUILD="$dir" CC=clang \
        CFLAGS="${flags//$'\n'/}" "$dir/bin/$target"
done

for target in $targets; do
    t/fuzz/seeds.sh "$target" "$dir/$target"
    mkdir -p "$dir/$target/corpus"

    options=()
    [ ! -e "$dir/$target/dict" ] || options=("-dict=$dir/$target/dict")

    echo "== fuzz/$target"
    log=$dir/$target/log

    "$dir/bin/$target" -max_total_time="${FUZZ_SECONDS:-60}" \
        -max_len="${FUZZ_LENGTH:-4096}" -timeout=25 -report_slow_units=1 \
        -print_final_stats=1 -artifact_prefix="$dir/$target/" \
        "${options[@]}" "$dir/$target/corpus" "$dir/$target/seeds" \
        > "$log" 2>&1 || { tail -n 50 "$log"; exit 1; }

    grep -e '^Done' -e new_units "$log"
done
