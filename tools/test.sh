#!/usr/bin/env bash
# Runs the tests that are named and sums up:
#
#   unit    the core's unit tests
#   suite   t/*.t: the module in nginx
#   e2e     the vendor's client through the gateway
#   oracle  the gateway against the WebAPI's own framework
#   clients HTTP clients in many languages, through the gateway
#   asan    unit and suite under AddressSanitizer and UBSan
#
# TESTS names files of the suite, TEST_RUN what unit tests are started with.

set -u

cd "$(dirname "$0")/.." || exit 2

build=${ERPSYNC_BUILD:-$PWD/build}
failed=0
passed=0

# counts by the file: a unit test program, a .t file, the client's suite

tally() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $2"
    fi
}

run_units() {
    local flags=$1 dir=$2 source name log

    make --no-print-directory -s -j"$(nproc)" BUILD="$dir" CFLAGS="$flags" \
        units || { tally 1 "build of the unit tests"; return; }

    for source in t/unit/*.c; do
        name=$(basename "$source" .c)
        log=$dir/unit/$name.log

        # shellcheck disable=SC2086
        if ${TEST_RUN:-} "$dir/unit/$name" > "$log" 2>&1; then
            tally 0
            printf '%-28s %s\n' "unit/$name" \
                "$(grep -o '[0-9]* test(s)\.*$' "$log" | tail -n 1)"
        else
            cat "$log"
            tally 1 "unit/$name"
        fi
    done
}

run_suite() {
    local summary

    summary=$(mktemp)

    # more at once than processors: most of the time, a test waits for a file to
    # be read again or for a time limit

    # shellcheck disable=SC2086
    prove -j"$((2 * $(nproc)))" --timer ${TESTS:-t/*.t} 2>&1 | tee "$summary"

    if [ "${PIPESTATUS[0]}" -eq 0 ]; then
        passed=$((passed + $(grep -c ' ok *[0-9]* ms' "$summary")))
    else
        tally 1 "suite"
    fi

    rm -f "$summary"
}

for part in "$@"; do
    echo "== $part"

    case $part in

    unit)
        run_units "${CFLAGS:--O2 -g}" $build
        ;;

    suite)
        run_suite
        ;;

    e2e)
        t/e2e/run.sh
        tally $? e2e
        ;;

    oracle)
        if tools/setup.sh build nginx oracle; then
            tools/oracle.sh
            tally $? oracle
        else
            echo "skipped: the framework (mono) cannot be installed"
        fi
        ;;

    clients)
        if tools/setup.sh build nginx oracle; then
            t/clients/run.sh
            tally $? clients
        else
            echo "skipped: the framework (mono) cannot be installed"
        fi
        ;;

    asan)
        # every module has an ngx_modules of its own: no violation of the ODR

        export ASAN_OPTIONS=detect_leaks=1:detect_odr_violation=0
        export LSAN_OPTIONS=suppressions=$PWD/tools/lsan.supp:print_suppressions=0
        export UBSAN_OPTIONS=print_stacktrace=1

        run_units "-O1 -g -fsanitize=address,undefined \
-fno-sanitize-recover=undefined -fno-omit-frame-pointer" $build/asan

        make --no-print-directory -s BUILD="$build/asan" CFLAGS="-O1 -g \
-fsanitize=address,undefined -fno-sanitize-recover=undefined \
-fno-omit-frame-pointer" $build/asan/erpsyncctl \
            || { tally 1 "build of erpsyncctl"; continue; }
        export TEST_ERPSYNCCTL=$build/asan/erpsyncctl

        env=$(tools/nginx-asan.sh) || { tally 1 "nginx-asan.sh"; continue; }
        eval "$env"
        run_suite
        ;;

    *)
        echo "$0: no such part: $part" >&2
        exit 2
        ;;

    esac
done

echo
echo "$passed passed, $failed failed"

[ "$failed" -eq 0 ]
