#!/usr/bin/env bash
# Puts the Node gateway and its packages under build/bench/gateway.

set -eu

cd "$(dirname "$0")"

dir=${ERPSYNC_BUILD:-$PWD/../../../../build}/bench/gateway

mkdir -p "$dir"
cp package.json package-lock.json .npmrc gateway.mjs "$dir/"
cd "$dir"

if ! cmp -s package-lock.json node_modules/.installed; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    cp package-lock.json node_modules/.installed
fi
