#!/usr/bin/env bash
# Builds a source tarball twice: in directories of other names and lengths, at
# another time, in another time zone and locale, with another umask and
# another number of jobs.  The module, erpsyncctl and the packages must be the
# same, byte for byte.
#
# usage: reproducible.sh TARBALL

set -eu

cd "$(dirname "$0")/.."

PATH=$PATH:/usr/sbin:/sbin
tarball=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/var/tmp}/erpsync-reproducible-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
unset MAKEFLAGS MFLAGS MAKELEVEL BUILD CFLAGS ERPSYNC_BUILD
differ=0

# build DIR BUILD JOBS: what "make" and "make deb" make, without their roots,
# into DIR/..

build() {
    local dir=$1 build=$2 jobs=$3

    mkdir -p "$dir" \
        && tar -C "$dir" --strip-components=1 -xf "$tarball" \
        && cd "$dir" \
        && make --no-print-directory -j"$jobs" BUILD="$build" \
            "$build/ngx_http_erpsync_module.so" "$build/erpsyncctl" \
        && cp "$build/ngx_http_erpsync_module.so" "$build/erpsyncctl" .. \
        && DEB_BUILD_OPTIONS="nocheck parallel=$jobs" \
            dpkg-buildpackage -b -us -uc
} > "$work/log" 2>&1

first=$work/a/source
second=$work/b/another/directory/source

export work tarball
export -f build

TZ=UTC LC_ALL=C bash -c "umask 022; build '$first' build 1" \
    && TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 faketime -f '+400d' \
        bash -c "umask 027; build '$second' '$work/out' 2" \
    || { tail -n 40 "$work/log"; exit 1; }

same() {
    local name

    name=$(basename "$1")

    if cmp "$1" "$2"; then
        echo "the same: $name $(sha256sum < "$1" | cut -c 1-12)"
    else
        echo "DIFFERENT: $name"
        differ=1
    fi
}

for file in "${first%/*}"/{ngx_http_erpsync_module.so,erpsyncctl,*.deb}; do
    same "$file" "${second%/*}/$(basename "$file")"
done

exit $differ
