#!/usr/bin/env bash
# The vendor's client through the gateway; installed under the directory
# of the build.

set -eu

cd "$(dirname "$0")/../.."

export ERPSYNC_BUILD=${ERPSYNC_BUILD:-$PWD/build}
dir=$ERPSYNC_BUILD/e2e

mkdir -p "$dir"
cp t/e2e/package.json t/e2e/package-lock.json t/e2e/.npmrc t/e2e/*.cjs "$dir/"
cd "$dir"

if ! cmp -s package-lock.json node_modules/.installed; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    cp package-lock.json node_modules/.installed
fi

node --test
