#!/usr/bin/env bash
# The commands of README in fresh roots of Debian: debootstrap's minbase with
# git, make and ca-certificates, by the mirror that apt uses here.
#
#   tools/fresh.sh [--short] [SUITE ...]     default: bookworm trixie
#
#   --short   what CI does: demo, unit tests and suite, as root; and no
#             failure, but a reason, where roots cannot be made
#   REUSE=1   begins with the roots of an earlier run, kept in the cache
#   ONLY="demo tutorial"
#             these alone, by their names below
#
# Everything of a root runs in namespaces of its own for mounts and processes:
# with the last process, whatever ended it, both are gone.

set -u

cd "$(dirname "$0")/.." || exit 2

umask 022
PATH=$PATH:/usr/sbin:/sbin
build=${ERPSYNC_BUILD:-$PWD/build}
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ngx_erpsync/fresh
logs=$build/fresh
short=
work=
job=

# Within the namespaces: mounts, then COMMAND as USER in DIR of the root.

inside() {
    local root=$1 user=$2 dir=$3 terminals=$4 command=$5 device home

    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"

    for device in null zero full random urandom tty; do
        : > "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done

    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s pts/ptmx "$root/dev/ptmx"

    if [ "$terminals" = yes ]; then
        mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 \
            devpts "$root/dev/pts"
    fi

    home=$(awk -F : -v user="$user" '$1 == user { print $6 }' \
        "$root/etc/passwd")

    # not by exec: the first process of the namespace is to take care of
    # orphans, which bash does

    chroot "$root" env -i \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME="$home" LANG=C.UTF-8 TERM=dumb "${handed_on[@]}" \
        setpriv --reuid="$user" --regid="$user" --init-groups \
        bash -c "cd '$dir' && $command" < /dev/null
}

# What the host's clients need to reach the network goes on.

hand_on() {
    local name registry

    handed_on=()

    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY
    do
        [ -z "${!name:-}" ] || handed_on+=("$name=${!name}")
    done

    if ls /usr/local/share/ca-certificates/*.crt > /dev/null 2>&1; then
        handed_on+=(NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt)
    fi

    registry=${npm_config_registry:-$(npm config get registry 2> /dev/null)}
    [ -z "$registry" ] || handed_on+=("npm_config_registry=$registry")
}

if [ "${1:-}" = inside ]; then
    set -e
    shift
    hand_on
    inside "$@"
    exit
fi

finish() {
    local status=$?

    trap - EXIT
    trap '' INT TERM HUP

    # its namespaces end with it

    if [ -n "$job" ]; then
        kill -KILL "$job"
        wait "$job"
    fi 2> /dev/null

    [ -z "$work" ] || rm -rf --one-file-system "$work"
    exit $status
}

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Runs it so that a signal to this script is taken at once.

run() {
    local status

    "$@" &
    job=$!
    wait "$job"
    status=$?
    job=
    return $status
}

# Roots cannot be made here.

cannot() {
    echo "fresh roots: not tried: $*"
    [ -n "$short" ] && exit 0
    exit 1
}

codename() {
    . /etc/os-release
    echo "${VERSION_CODENAME:-}"
}

# Lines of a sources.list for the suite, as apt has them here for its own.

sources() {
    local here

    here=$(codename)

    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' \
        | awk -v here="$here" -v suite="$1" '
            $3 == "main" && ($2 == here || index($2, here "-") == 1) \
                && /debian/ {
                sub(here, suite, $2)
                print "deb", $1, $2, $3
            }' | sort -u
}

# The clean root of the suite, as a tar file in the cache.

make_root() {
    local suite=$1 mirror

    [ -n "${REUSE:-}" ] && [ -e "$cache/$suite.tar" ] && return

    mirror=$(sources "$suite" | awk -v suite="$suite" \
        '$3 == suite { print $2; exit }')

    mkdir -p "$cache"

    run debootstrap --variant=minbase --include=git,make,ca-certificates \
        "$suite" "$work/new" "${mirror:-http://deb.debian.org/debian}" \
        > "$logs/$suite-debootstrap.log" 2>&1 \
        || cannot "debootstrap $suite:" \
            "$(tail -n 1 "$logs/$suite-debootstrap.log")"

    tar -C "$work/new" --numeric-owner --xattrs -cf "$work/new.tar" . \
        && mv "$work/new.tar" "$cache/$suite.tar" || exit 1
    rm -rf --one-file-system "$work/new"
}

# A root from it in $root, with this checkout as it is, changes included.

restore() {
    local suite=$1 lines commit

    root=$work/root
    rm -rf --one-file-system "$root"
    mkdir "$root"
    tar -C "$root" --numeric-owner --xattrs -xf "$cache/$suite.tar" || exit 1

    lines=$(sources "$suite")
    [ -z "$lines" ] || echo "$lines" > "$root/etc/apt/sources.list"
    apt-config dump Acquire | grep -E '^Acquire::(http|https)(::|[ ])' \
        > "$root/etc/apt/apt.conf.d/90host"
    cp /etc/resolv.conf "$root/etc/"

    if ls /usr/local/share/ca-certificates/*.crt > /dev/null 2>&1; then
        cp /usr/local/share/ca-certificates/*.crt \
            "$root/usr/local/share/ca-certificates/"
        chroot "$root" update-ca-certificates > /dev/null 2>&1
    fi

    commit=$(git stash create 2> /dev/null)

    chroot "$root" useradd -m -s /bin/bash tester
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

# try NAME USER DIR COMMAND [NOTE [PROOF [TERMINALS]]]: a row of the table.
# PROOF is a command that is true if all is as it should be; TERMINALS is "no"
# for a root without pseudo-terminals.

try() {
    local name=$1 user=$2 dir=$3 command=$4 note=${5:-} proof=${6:-true}
    local terminals=${7:-yes} log=$logs/$suite-$1.log start=$SECONDS
    local before after result

    case " ${ONLY:-$name} " in
    *" $name "*) ;;
    *) return ;;
    esac

    read -ra before < <(packages)

    if run unshare --mount --pid --fork --kill-child \
        "$PWD/tools/fresh.sh" inside "$root" \
        "$user" "$dir" "$terminals" "$command" > "$log" 2>&1 \
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

    rows+=("$(printf "$format" "$suite" "$user" "$command" $result \
        "$((SECONDS - start)) s" "$note")")
    echo "${rows[-1]}"
}

# What was tested with, as it is written in docs/compatibility.md.

versions() {
    echo "$suite: $(chroot "$root" dpkg-query -W \
        -f '${Package} ${Version}, ' nginx gcc clang libexpat1-dev \
        libjansson-dev libssl-dev libpcre2-dev nodejs chromium \
        2> /dev/null | sed 's/, $//')"
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

[ "$(id -u)" -eq 0 ] || cannot "chroot needs root"
tools/setup.sh fresh || cannot "debootstrap cannot be installed"

mkdir -p "$logs"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/erpsync-fresh-XXXXXX")
chmod 755 "$work"

unshare --mount --pid --fork --kill-child --mount-proc true 2> /dev/null \
    || cannot "namespaces and mounts are not permitted"

for suite in "${suites[@]}"; do
    make_root "$suite"
    restore "$suite"

    try demo root /root/checkout 'make demo DEMO=once'

    if [ -n "$short" ]; then
        try test root /root/checkout 'make test PARTS="unit suite"'
        versions
        continue
    fi

    # the documents, as they are written; the second begins where the first ends

    try tutorial root /root/checkout 'tools/walk.pl docs/tutorial.md'
    try rollout root /root/checkout 'tools/walk.pl docs/rollout.md'
    try test root /root/checkout 'make test'

    # all is there now: as an ordinary user

    home=/home/tester/checkout
    try user-demo tester $home 'make demo DEMO=once'
    try user-test tester $home 'make test'
    try no-terminals tester $home 'make test PARTS=suite' 'no /dev/pts' \
        'grep -q "skipped.* no pseudo-terminal" "$log"' no

    # a checkout that is not the user's; clang; nginx by its source alone

    try build tester /srv/checkout 'make BUILD=/tmp/b' 'read-only checkout'
    try clang root /root/checkout 'make CC=clang BUILD=/tmp/clang'
    versions
    cp -r "$root/usr/share/nginx/src" "$root/opt/nginx"
    chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get -qy purge \
        'nginx*' > /dev/null 2>&1
    try source root /root/checkout 'make NGINX_SRC=/opt/nginx BUILD=/tmp/s' \
        'without the package nginx' '[ ! -e "$root/usr/sbin/nginx" ]'
done

echo
printf "$format\n" Debian as command result time note
printf '%s\n' "${rows[@]}"
echo
echo "roots: $passed passed, $failed failed"

[ $failed -eq 0 ]
