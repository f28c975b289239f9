#!/usr/bin/env bash
# Builds module, erpsyncctl and unit tests so that they count the lines they
# run, runs the tests of PARTS, and prints what tools/coverage.pl adds up.
#
# usage: coverage.sh [--list] [part...]

set -eu

cd "$(dirname "$0")/.."

dir=${ERPSYNC_BUILD:-$PWD/build}/coverage
flags='-O0 -g --coverage -fprofile-update=atomic'
list=

if [ "${1:-}" = --list ]; then
    list=$1
    shift
fi

run() {
    make --no-print-directory -s -j2 BUILD="$dir" CC=gcc CFLAGS="$flags" \
        MODULE_CFLAGS="$flags -fPIC" MODULE_LDFLAGS=--coverage "$@"
}

parts=${*:-unit suite}

for part in $parts; do
    case $part in
    unit) run units ;;
    suite) run "$dir/ngx_http_erpsync_module.so" \
               "$dir/ngx_http_erpsync_webapi_module.so" "$dir/erpsyncctl" ;;
    esac
done

# A worker of nginx that has another user writes its counts, too.  It may have
# no right to make a file here.

find "$dir" -name '*.gcda' -delete
find "$dir" -name '*.gcno' | while read -r notes; do
    counts=${notes%.gcno}.gcda
    : > "$counts"
    chmod 666 "$counts"
done

status=0

for part in $parts; do
    run "$part" || status=$?
done

find "$dir" -name '*.gcda' -size 0 -delete

# Of a part that did not run there may be objects of another day.

case $parts in
*suite*) tools/coverage.pl $list "$dir" || status=1 ;;
*) tools/coverage.pl $list "$dir/core" || status=1 ;;
esac

exit $status
