#!/usr/bin/env bash
# Checks the manifests in deploy/kubernetes; what that needs from npm is
# installed under the directory of the build.

set -eu

cd "$(dirname "$0")/../.."

build=${ERPSYNC_BUILD:-$PWD/build}
dir=$build/kubernetes

tools/setup.sh kubernetes
tools/kubernetes/rules.sh --check

mkdir -p "$dir"
cp tools/kubernetes/{package.json,package-lock.json,.npmrc,check.mjs} "$dir/"

if ! cmp -s "$dir/package-lock.json" "$dir/node_modules/.installed"; then
    (cd "$dir" && npm ci --ignore-scripts --loglevel=error)
    cp "$dir/package-lock.json" "$dir/node_modules/.installed"
fi

node "$dir/check.mjs" "$PWD"
