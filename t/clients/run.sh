#!/usr/bin/env bash
# Builds what the clients need under build/clients, and runs them: see run.pl.

set -eu

cd "$(dirname "$0")/../.."

build=${ERPSYNC_BUILD:-$PWD/build}
dir=$build/clients
mkdir -p $dir

make --no-print-directory -s oracle-programs
perl t/clients/calls.pl > $dir/calls.tsv

[ -e $dir/cert.pem ] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 \
    -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -keyout $dir/key.pem -out $dir/cert.pem 2> /dev/null

if command -v npm > /dev/null; then
    mkdir -p $build/e2e
    cp t/e2e/package.json t/e2e/package-lock.json t/e2e/.npmrc $build/e2e/
    if ! cmp -s t/e2e/package-lock.json $build/e2e/node_modules/.installed; then
        (cd $build/e2e && npm ci --ignore-scripts --no-audit --no-fund \
            --loglevel=error)
        cp t/e2e/package-lock.json $build/e2e/node_modules/.installed
    fi
fi

if command -v javac > /dev/null; then
    javac -d $dir t/clients/Calls.java
    [ -e $dir/trust.p12 ] || keytool -importcert -noprompt -alias gateway \
        -file $dir/cert.pem -keystore $dir/trust.p12 -storepass changeit \
        2> /dev/null
fi

if command -v mcs > /dev/null; then
    cp $build/oracle/oracle.exe $build/oracle/Newtonsoft.Json.dll $dir/
    mcs -nologo -nowarn:1701,1702 -out:$dir/HttpClientCalls.exe \
        -r:System.Net.Http -r:System.Net.Http.Formatting \
        -r:System.Runtime.Serialization -r:$dir/oracle.exe \
        -r:Json=$dir/Newtonsoft.Json.dll t/clients/HttpClientCalls.cs
fi

exec perl t/clients/run.pl "$@"
