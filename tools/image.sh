#!/usr/bin/env bash
# Builds the image of the gateway with buildah, without an engine that runs:
# as root, or in a user namespace of buildah's.
#
#   BASE=<image>       what it is made from; otherwise Debian's slim image, or,
#                      where no registry of images can be reached, a root that
#                      debootstrap makes, kept in the cache
#   SUITE=bookworm     of another Debian than 13
#   IMAGE=<name:tag>   its name
#   STORE=<directory>  where containers' storage is; by default the user's own

set -eu

cd "$(dirname "$0")/.."

suite=${SUITE:-trixie}
image=${IMAGE:-localhost/erpsync-gateway:latest}
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ngx_erpsync/image
slim=docker.io/library/debian:$suite-slim
made=localhost/erpsync-base:$suite
store=()
work=$(mktemp -d "${TMPDIR:-/var/tmp}/erpsync-image-XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT

if [ -n "${STORE:-}" ]; then
    mkdir -p "$STORE"
    store=(--root "$STORE" --runroot "$STORE/run")
fi

buildah() {
    command buildah "${store[@]}" "$@"
}

# A root as small as Debian's slim image: no documents, pages or languages.

make_base() {
    [ "$(id -u)" -eq 0 ] || {
        echo "$slim cannot be pulled; to make a base by debootstrap, run as" \
            "root, or name one: make image BASE=<image>"
        exit 1
    }

    if [ ! -e "$cache/$suite.tar" ]; then
        tools/setup.sh fresh
        mkdir -p "$cache"
        debootstrap --variant=minbase "$suite" "$work/root" > "$work/log" 2>&1 \
            || { tail -n 3 "$work/log"; exit 1; }
        printf 'path-exclude /usr/share/%s/*\n' doc man locale info \
            > "$work/root/etc/dpkg/dpkg.cfg.d/slim"
        rm -rf "$work"/root/usr/share/{doc,man,locale,info}/* \
            "$work"/root/var/{cache,log,lib/apt/lists}/*
        tar -C "$work/root" --numeric-owner -cf "$cache/$suite.tar.new" .
        mv "$cache/$suite.tar.new" "$cache/$suite.tar"
    fi

    printf 'FROM scratch\nADD %s.tar /\nCMD [ "bash" ]\n' "$suite" \
        | buildah bud -q --isolation=chroot -t "$made" -f - "$cache" > /dev/null
}

base() {
    if [ -n "${BASE:-}" ]; then
        return
    fi

    BASE=$slim
    buildah inspect --type image "$slim" > /dev/null 2>&1 && return
    timeout 60 command buildah "${store[@]}" pull -q "$slim" > /dev/null 2>&1 \
        && return

    BASE=$made
    buildah inspect --type image "$made" > /dev/null 2>&1 || make_base
}

tools/setup.sh image
base
echo "building $image from $BASE"

# A health check is in Docker's format of images only.

buildah bud -q --isolation=chroot --format=docker --pull=never --layers \
    --build-arg BASE="$BASE" -t "$image" -f Containerfile . \
    > /dev/null 2> "$work/log" || { tail -n 20 "$work/log"; exit 1; }
echo "built $image"
