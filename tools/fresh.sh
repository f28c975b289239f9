#!/usr/bin/env bash
# The commands of README in fresh roots of Debian, as tools/roots.sh makes them.
#
#   tools/fresh.sh [--short] [SUITE ...]     default: bookworm trixie
#
#   --short   what CI does: demo, unit tests and suite, as root; and no
#             failure, but a reason, where roots cannot be made
#   REUSE=1   begins with the roots of an earlier run, kept in the cache
#   ONLY="demo tutorial"
#             these alone, by their names below

set -u

cd "$(dirname "$0")/.." || exit 2

umask 022
PATH=$PATH:/usr/sbin:/sbin
logs=${ERPSYNC_BUILD:-$PWD/build}/fresh
short=

. tools/roots.sh

# A root with this checkout as it is, changes included.

restore() {
    local commit

    unpack_root "$1"
    commit=$(git stash create 2> /dev/null)

    for dir in "$root/root/checkout" "$root/home/tester/checkout" \
        "$root/srv/checkout"
    do
        mkdir "$dir"
        git archive "${commit:-HEAD}" | tar -C "$dir" --no-same-owner -x \
            || exit 1
    done
    chroot "$root" chown -R tester:tester /home/tester/checkout
}

# How many packages the root has, and their size in MB.

packages() {
    chroot "$root" dpkg-query -W -f '${Installed-Size}\n' \
        | awk '{ n++; kb += $1 } END { printf "%d %d\n", n, kb / 1024 }'
}

format='%-9s %-7s %-37s %-7s %6s  %s'
rows=()
failed=0
passed=0

# try NAME USER DIR COMMAND [NOTE [PROOF [FLAG]]]: a row of the table.
# PROOF is a command that is true if all is as it should be, FLAG one of
# in_root.

try() {
    local name=$1 user=$2 dir=$3 command=$4 note=${5:-} proof=${6:-true}
    local flag=${7:-} log=$logs/$suite-$1.log start=$SECONDS
    local before after result

    case " ${ONLY:-$name} " in
    *" $name "*) ;;
    *) return ;;
    esac

    read -ra before < <(packages)

    if in_root $flag "$user" "$dir" "$command" > "$log" 2>&1 \
        && eval "$proof"
    then
        result=passed
        passed=$((passed + 1))
    else
        result=FAILED
        failed=$((failed + 1))
        tail -n 40 "$log"
        [ "$proof" = true ] || echo "not as it should be, or not so: $proof"
    fi

    read -ra after < <(packages)
    if [ "${after[0]}" -gt "${before[0]}" ]; then
        note="${note:+$note, }$((after[0] - before[0])) packages,"
        note="$note $((after[1] - before[1])) MB installed"
    fi

    rows+=("$(printf "$format" "$suite" "$user" "${command%% &&*}" $result \
        "$((SECONDS - start)) s" "$note")")
    echo "${rows[-1]}"
}

# Debian's packages: what else they need is installed; then they are built,
# installed, upgraded and purged.  tools/deb.sh does more.

debian_packages() {
    in_root root /srv/checkout 'DEBIAN_FRONTEND=noninteractive \
        apt-get -qy --no-install-recommends build-dep ./' \
        > "$logs/$suite-build-dep.log" 2>&1

    try packages root /srv/checkout \
        'DEB_BUILD_OPTIONS="nocheck noautodbgsym" dpkg-buildpackage -b -us -uc \
        && dpkg -i ../*.deb && tools/deb-test.sh /srv' \
        'dpkg-buildpackage' true --own-network
}

if [ "${1:-}" = --short ]; then
    short=yes
    shift
fi

suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie)

# the suite that the host is not of

if [ "${suites[0]}" = other ]; then
    suites=(trixie)
    [ "$(codename)" != trixie ] || suites=(bookworm)
fi

begin_roots

for suite in "${suites[@]}"; do
    make_root "$suite"
    restore "$suite"

    try demo root /root/checkout 'make demo DEMO=once'

    if [ -n "$short" ]; then
        try test root /root/checkout 'make test PARTS="unit suite"'
        debian_packages
        versions
        continue
    fi

    # the documents, as they are written; the second begins where the first ends

    try tutorial root /root/checkout 'tools/walk.pl docs/tutorial.md'
    try rollout root /root/checkout 'tools/walk.pl docs/rollout.md'
    try test root /root/checkout 'make test'

    debian_packages

    # all is there now: as an ordinary user

    home=/home/tester/checkout
    try user-demo tester $home 'make demo DEMO=once'
    try user-test tester $home 'make test'
    try no-terminals tester $home 'make test PARTS=suite' 'no /dev/pts' \
        'grep -q "skipped.* no pseudo-terminal" "$log"' \
        --no-terminals

    # a checkout that is not the user's; clang; nginx by its source alone

    try build tester /srv/checkout 'make BUILD=/tmp/b' 'read-only checkout'
    try clang root /root/checkout 'make CC=clang BUILD=/tmp/clang'
    versions
    cp -r "$root/usr/share/nginx/src" "$root/opt/nginx"
    chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get -qy purge \
        'nginx*' > /dev/null 2>&1
    try source root /root/checkout 'make NGINX_SRC=/opt/nginx BUILD=/tmp/s' \
        'without the package nginx' '[ ! -e "$root/usr/sbin/nginx" ]'

    # an nginx like the one of nginx.org's packages; the module in an nginx

    try nginx-org root /root/checkout 'tools/nginx-org.sh && tools/walk.pl \
        --run "needs the source of nginx" \
        "docs/operations.md#^(Another nginx|Compiled into|Register an app)" \
        && MODULES="load_module /usr/lib/nginx/modules/ngx_http_erpsync_module.so;" \
        debian/tests/first-call \
        && MODULES= BINARY=/opt/nginx/sbin/nginx debian/tests/first-call'
done

echo
printf "$format\n" Debian as command result time note
printf '%s\n' "${rows[@]}"
echo
echo "roots: $passed passed, $failed failed"

[ $failed -eq 0 ]
