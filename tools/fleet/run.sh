#!/bin/sh
# make fleet: the fleet under load, and its table in docs/deployment.md.

set -eu

cd "$(dirname "$0")/../.."

[ "$(id -u)" -eq 0 ] || {
    echo "make fleet: run as root: it makes network namespaces"
    exit 1
}

table=$(mktemp)
trap 'rm -f "$table"' EXIT

tools/fleet/run.pl "$table"
tools/written.pl docs/deployment.md fleet "$table"
