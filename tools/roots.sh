#!/usr/bin/env bash
# Fresh roots of Debian: debootstrap's minbase with git, make and
# ca-certificates, by the mirror that apt uses here.  For scripts that have
# set $logs, a directory of this run's logs:
#
#   . tools/roots.sh
#   begin_roots            makes $work, which goes when the script ends
#   make_root SUITE        the clean root, in the cache; with REUSE=1, one of
#                          an earlier run will do
#   unpack_root SUITE [KIND]
#                          a root from it: $root
#   keep_root SUITE KIND   keeps $root as it is, for unpack_root
#   kept_root SUITE KIND   true if REUSE=1, and an earlier run kept it
#   in_root [--own-network] [--no-terminals] USER DIR COMMAND
#
# Where roots cannot be made, begin_roots and make_root say why and end the
# script; as a success if $short is set.
#
# Everything of a root runs in namespaces of its own for mounts and processes:
# with the last process, whatever ended it, both are gone.

# Within the namespaces: mounts, then COMMAND as USER in DIR of the root.

inside() {
    local root=$1 user=$2 dir=$3 terminals=$4 network=$5 command=$6
    local device home

    if [ "$network" = own ]; then
        ip link set lo up
        handed_on=()
    fi

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

roots=${BASH_SOURCE[0]}
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ngx_erpsync/fresh
work=
job=

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

begin_roots() {
    [ "$(id -u)" -eq 0 ] || cannot "chroot needs root"
    tools/setup.sh fresh || cannot "debootstrap cannot be installed"

    mkdir -p "$logs"
    work=$(mktemp -d "${TMPDIR:-/var/tmp}/erpsync-fresh-XXXXXX")
    chmod 755 "$work"

    unshare --mount --pid --fork --kill-child --mount-proc true 2> /dev/null \
        || cannot "namespaces and mounts are not permitted"
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

keep_root() {
    tar -C "$root" --numeric-owner --xattrs -cf "$work/new.tar" . \
        && mv "$work/new.tar" "$cache/$1-$2.tar" || exit 1
}

kept_root() {
    [ -n "${REUSE:-}" ] && [ -e "$cache/$1-$2.tar" ]
}

# A root from it in $root.

unpack_root() {
    local suite=$1 kind=${2:-} lines

    root=$work/root
    rm -rf --one-file-system "$root"
    mkdir "$root"
    tar -C "$root" --numeric-owner --xattrs \
        -xf "$cache/$suite${kind:+-$kind}.tar" || exit 1
    [ -z "$kind" ] || return 0

    lines=$(sources "$suite")
    [ -z "$lines" ] || echo "$lines" > "$root/etc/apt/sources.list"
    apt-config dump Acquire | grep -E '^Acquire::(http|https)(::|[ ])' \
        > "$root/etc/apt/apt.conf.d/90host"
    cp /etc/resolv.conf "$root/etc/"

    # nothing in it has to survive a power failure

    echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/roots"

    if ls /usr/local/share/ca-certificates/*.crt > /dev/null 2>&1; then
        cp /usr/local/share/ca-certificates/*.crt \
            "$root/usr/local/share/ca-certificates/"
        chroot "$root" update-ca-certificates > /dev/null 2>&1
    fi

    chroot "$root" useradd -m -s /bin/bash tester
}

# Runs a command of the root, as a user and in a directory of it.

in_root() {
    local network=shared terminals=yes unshare=()

    while :; do
        case $1 in
        --own-network)  network=own unshare=(--net) ;;
        --no-terminals) terminals=no ;;
        *)              break ;;
        esac
        shift
    done

    run unshare --mount --pid --fork --kill-child "${unshare[@]}" \
        "$roots" inside "$root" "$1" "$2" $terminals $network "$3"
}

# What is in the root of $suite, as docs/compatibility.md has it.

versions() {
    echo "$suite: $(chroot "$root" dpkg-query -W \
        -f '${Package} ${Version}, ' nginx gcc clang libexpat1-dev \
        libjansson-dev libssl-dev libpcre2-dev nodejs chromium \
        2> /dev/null | sed 's/, $//')"
}
