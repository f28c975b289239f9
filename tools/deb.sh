#!/usr/bin/env bash
# Builds Debian's packages in fresh roots, as an ordinary user, and lets lintian
# read them: build/deb/<suite>/.
#
#   tools/deb.sh [--test] [SUITE ...]     default: bookworm trixie
#
#   --test    also installs, upgrades, removes and purges them, walks the
#             documents with them, and runs debian/tests
#   REUSE=1   begins with the roots of an earlier run, kept in the cache
#   DEB_BUILD_OPTIONS=nocheck
#             without the unit tests
#
# A package for a suite has ~deb12u1 or ~deb13u1 in its version, so that an
# upgrade of Debian upgrades it, too.

set -u

cd "$(dirname "$0")/.." || exit 2

umask 022
PATH=$PATH:/usr/sbin:/sbin
build=${ERPSYNC_BUILD:-$PWD/build}
logs=$build/deb
short=
test=

. tools/roots.sh

version=$(tools/version.sh)
source=libnginx-mod-http-erpsync
failed=0
passed=0

# step NAME [--own-network] USER DIR COMMAND: true if it succeeds.

step() {
    local name=$1 log=$logs/$suite/$1.log start=$SECONDS result=passed
    shift

    if in_root "$@" > "$log" 2>&1; then
        passed=$((passed + 1))
    else
        result=FAILED
        failed=$((failed + 1))
        tail -n 40 "$log"
    fi

    printf '%-9s %-12s %-7s %4s s\n' "$suite" "$name" $result \
        $((SECONDS - start))
    [ $result = passed ]
}

apt='DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -y --no-install-recommends'

# The source, with a version of its own for the suite.

unpack_source() {
    local dir=$root/home/tester/$source-$version release date

    rm -rf "$root"/home/tester/*
    cp "$build/ngx_http_erpsync_module-$version.tar.gz" \
        "$root/home/tester/${source}_$version.orig.tar.gz"
    mkdir "$dir"
    tar -C "$dir" --strip-components=1 --no-same-owner -xf \
        "$root/home/tester/${source}_$version.orig.tar.gz"

    release=$(. "$root/etc/os-release" && echo "$VERSION_ID")

    # an entry must be younger than the one before it

    date=$(sed -n 's/^ -- .*>  //p; T; q' "$dir/debian/changelog")
    date=$(LC_ALL=C date -uR -d "$date + $release seconds")

    sed -e "1s/)/~deb${release}u1)/; 1s/unstable/$suite/" \
        -e "s/^  \* .*/  * Built for Debian $release./" \
        -e "s/>  .*/>  $date/" -e '1,/^ -- /!d; /^ -- /a\\' \
        "$dir/debian/changelog" > "$dir/debian/changelog.new"
    cat "$dir/debian/changelog" >> "$dir/debian/changelog.new"
    mv "$dir/debian/changelog.new" "$dir/debian/changelog"
    chroot "$root" chown -R tester:tester /home/tester
}

build_packages() {
    local dir=/home/tester/$source-$version

    if kept_root "$suite" deb; then
        unpack_root "$suite" deb
        unpack_source
    else
        make_root "$suite"
        unpack_root "$suite"
        unpack_source
        step install root "$dir" "apt-get -q update \
            && $apt install dpkg-dev lintian \
            && $apt build-dep ./" || return
        chroot "$root" apt-get clean
        keep_root "$suite" deb
    fi

    rm -f "$root/usr/bin/git"               # the tarball builds without it
    step build tester "$dir" "DEB_BUILD_OPTIONS='${DEB_BUILD_OPTIONS:-}' \
        dpkg-buildpackage -sa -us -uc" || return
    step lintian tester /home/tester \
        'lintian --fail-on error,warning --info --tag-display-limit 0 *.changes'

    rm -f "$logs/$suite"/*.{deb,dsc,gz,xz,buildinfo,changes}
    cp "$root"/home/tester/*.{deb,dsc,gz,xz,buildinfo,changes} "$logs/$suite/"
    ls "$logs/$suite"/*.deb
}

# A clean root, with the packages in /srv/debs and the source in /srv/source.

clean_root() {
    make_root "$suite"
    unpack_root "$suite"
    mkdir -p "$root/srv/debs" "$root/srv/source"
    cp "$logs/$suite"/*.deb "$root/srv/debs/"
    rm -f "$root"/srv/debs/*-dbgsym_*
    tar -C "$root/srv/source" --strip-components=1 --no-same-owner -xf \
        "$build/ngx_http_erpsync_module-$version.tar.gz"
}

test_packages() {
    clean_root
    step test-install root /srv/debs "apt-get -q update \
        && $apt install nginx curl autopkgtest \
        && $apt install ./*.deb" || return
    step autopkgtest root /srv/source \
        'autopkgtest --no-built-binaries /srv/debs/*.deb . -- null'
    step life --own-network root /srv/source \
        'tools/deb-test.sh /srv/debs'

    # the documents, by who has nothing but Debian and the two packages

    clean_root
    step tutorial root /srv/debs "apt-get -q update \
        && $apt install perl curl jq openssl \
        && /srv/source/tools/walk.pl --run 'needs the packages' \
        '/srv/source/docs/operations.md#^Debian packages' \
        '/srv/source/docs/tutorial.md#^[2-9]\.'"
}

[ "${1:-}" = --test ] && { test=yes; shift; }

suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie)

begin_roots

for suite in "${suites[@]}"; do
    mkdir -p "$logs/$suite"
    build_packages && [ -n "$test" ] && test_packages
done

echo
echo "packages: $passed passed, $failed failed"

[ $failed -eq 0 ]
