#!/usr/bin/env bash
# Compares the gateway with the framework that the WebAPI is built on, all
# bodies and requests at once, and writes docs/compatibility-webapi.md.
#
#   tools/oracle.sh             fails if an outcome is not as in t/oracle/golden
#   tools/oracle.sh --accept    writes the outcomes there
#   tools/oracle.sh --bodies N  so many for each media type, instead of 20,000

set -u

cd "$(dirname "$0")/.." || exit 2

export ORACLE_BUILD=${ERPSYNC_BUILD:-$PWD/build}/oracle

make --no-print-directory -s oracle-programs || exit 1

accept=()
bodies=()

while [ $# -gt 0 ]; do
    case $1 in
    --accept) accept=(--accept) ;;
    --bodies) bodies=(--bodies "$2"); shift ;;
    *) echo "$0: no such option: $1" >&2; exit 2 ;;
    esac
    shift
done

# The slowest first.

parts='form xml json http merge-patch json-patch'
failed=0
free=$(nproc)

run() {
    if [ "$1" = http ]; then
        perl t/oracle/http.pl "${accept[@]}"
    else
        perl t/oracle/compare.pl "${accept[@]}" "${bodies[@]}" "$1"
    fi > "$ORACLE_BUILD/$1.log" 2>&1
}

for part in $parts; do
    if [ "$free" -eq 0 ]; then
        wait -n || failed=1
    else
        free=$((free - 1))
    fi
    run "$part" &
done

while [ -n "$(jobs -r -p)" ]; do
    wait -n || failed=1
done
for job in $(jobs -p); do
    wait "$job" || failed=1
done

for part in $parts; do
    cat "$ORACLE_BUILD/$part.log"
done

page=docs/compatibility-webapi.md

perl t/oracle/document.pl > "$ORACLE_BUILD/page.md" || failed=1

if ! cmp -s "$ORACLE_BUILD/page.md" $page; then
    if [ $failed -eq 0 ]; then
        cp "$ORACLE_BUILD/page.md" $page
        echo "written: $page"
    fi
fi

if [ $failed -ne 0 ]; then
    echo "If these outcomes are as they should be: make oracle-accept;"
    echo "a new kind of difference needs a reason in t/oracle/reasons.txt."
fi

exit $failed
