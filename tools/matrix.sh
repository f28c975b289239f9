#!/usr/bin/env bash
# The tests with the nginx that people run: its versions, the ways to build
# it, other systems and machines.  Writes docs/compatibility.md.
#
#   tools/matrix.sh [CELL ...]    default: all; "1.26.3/*" is a pattern
#   --list                        the cells, and which are passed
#   --short [CELL ...]            the declarative tests alone, built without
#                                 optimization.  Without a CELL, what CI does:
#                                 Debian's newest nginx; no failure, but a
#                                 reason, where it cannot be fetched
#   --unit [CELL ...]             the unit tests alone, of Debian's packages
#   --write                       the table alone, of what has run
#   TREES="/path/nginx-1.28.3"    source trees beside those of Debian
#
# A cell is a package or a build:
#
#   sid-amd64         Debian's package, in the libraries of that system
#   1.26.3/static     built here from source
#
# A cell that passed is not run again until the code or the tests change: a
# run that was cut off goes on.  Results and sources of nginx are kept in the
# cache, logs in build/matrix/.

set -u

cd "$(dirname "$0")/.." || exit 2

PATH=$PATH:/usr/sbin:/sbin
build=${ERPSYNC_BUILD:-$PWD/build}/matrix
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/ngx_erpsync/matrix
document=docs/compatibility.md
short=
form=
ci=
failed=0

# Debian's packages: system, machine, and the parts of "make test".  qemu runs
# those of other machines, too slowly for tests that wait for seconds.  Debian
# 12's own package is what "make test" runs.

packages='
trixie   amd64 unit suite e2e
sid      amd64 unit suite e2e
bookworm i386  unit suite
bookworm arm64 unit declarative
bookworm armhf unit declarative
bookworm s390x unit declarative
'

# Builds from source.  The first runs all tests of the suite, the others the
# declarative ones and those of what is different.

variants='dynamic static no-threads no-debug http3 bare'

modules="--with-http_ssl_module --with-http_v2_module \
--with-http_realip_module --with-http_auth_request_module \
--with-http_addition_module --with-http_stub_status_module"

flags() {
    case $1 in
    dynamic)    echo "--with-compat --with-debug --with-threads $modules" ;;
    static)     echo "--with-debug --with-threads $modules" ;;
    no-threads) echo "--with-compat --with-debug $modules" ;;
    no-debug)   echo "--with-compat --with-threads $modules" ;;
    http3)      echo "--with-compat --with-debug --with-threads \
--with-http_v3_module $modules" ;;
    bare)       echo "--without-http-cache --without-http_rewrite_module \
--without-http_gzip_module --without-pcre" ;;
    esac
}

declarative() {
    grep -l 'Test::Nginx::Socket' t/*.t
}

tests_of() {
    case $1 in
    dynamic)        [ -z "$short" ] && ls t/*.t || declarative ;;
    no-threads)     declarative; ls t/110-refresh.t t/112-*.t t/131-*.t ;;
    http3)          declarative; ls t/*-http3.t ;;
    *)              declarative ;;
    esac
}

# Debian's sources, by lists of our own: the system's are left alone.  Nothing
# where the mirror does not have the archive that its list names.

fetch() {
    local suite=$1 dir=$cache/source/$1

    [ -e "$dir/done" ] && return
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial"

    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
        "http://deb.debian.org/debian $suite main" > "$dir/sources.list"

    local options=(-q
        -o Dir::Etc::sourcelist="$dir/sources.list"
        -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::lists="$dir/apt/lists"
        -o Dir::Cache="$dir/apt"
        -o APT::Sandbox::User=root)

    (apt-get "${options[@]}" update \
        && cd "$dir" \
        && apt-get "${options[@]}" source --tar-only nginx \
        && tar -xf nginx_*.orig.tar.gz && touch done) \
        > "$dir/log" 2>&1
}

# Prints version and directory of each source.

sources() {
    local suite tree

    for suite in bookworm trixie sid; do
        if fetch $suite; then
            ls -d "$cache/source/$suite"/nginx-*/
        else
            echo "nginx's source of $suite:" \
                "$(grep '^E:' "$cache/source/$suite/log" | head -n 1)" >&2
        fi
    done | sort -u > "$cache/trees"

    for tree in ${TREES:-}; do
        echo "$tree"
    done >> "$cache/trees"

    while read -r tree; do
        echo "$(version_of "$tree") ${tree%/}"
    done < "$cache/trees" | sort -t ' ' -k 1,1V -u
}

version_of() {
    sed -n 's/^#define NGINX_VERSION *"\(.*\)"/\1/p' "$1/src/core/nginx.h"
}

# The cells, one a line: name, and what it is made of.

cells() {
    local suite arch parts version tree variant

    while read -r suite arch parts; do
        [ -z "$suite" ] || echo "$suite-$arch package $suite $arch $parts"
    done <<< "$packages"

    [ -z "$ci" ] && [ "$form" != unit ] || return

    while read -r version tree; do
        for variant in $variants; do
            # QUIC came with 1.25.0
            if [ "$variant" != http3 ] || [ "$(printf '%s\n' 1.25.0 \
                "$version" | sort -V | head -n 1)" = 1.25.0 ]
            then
                echo "$version/$variant source $version $tree $variant"
            fi
        done
    done <<< "$(sources)"
}

# What a result holds for: the files that are built and tested, as they are.

state() {
    git ls-files -z config Makefile ngx_erpsync_module t docs/examples \
        | xargs -0 sha256sum 2> /dev/null | sha256sum | cut -c 1-16
}

# The tests of a cell.  Without optimization, it is built in a third of the
# time.

run_make() {
    make --no-print-directory -s BUILD="$dir" ${quick:+CFLAGS=-O0} \
        ${quick:+MODULE_CFLAGS='-O0 -fPIC'} "$@" test >> "$log" 2>&1
}

# Debian's package: only the module is built.

run_package() {
    local suite=$1 arch=$2 quick=$short env
    shift 2

    env=$(tools/foreign.sh "$suite" "$arch" 2>> "$log") || return 77
    eval "$env"

    if [ -n "$TEST_RUN" ]; then
        export TEST_ERPSYNCCTL=$dir/erpsyncctl.sh
        printf '#!/bin/sh\nexec %s %s "$@"\n' "$TEST_RUN" "$dir/erpsyncctl" \
            > "$TEST_ERPSYNCCTL"
        chmod 755 "$TEST_ERPSYNCCTL"
    fi

    if [ "${*: -1}" = declarative ]; then
        run_make PARTS="${*/declarative/suite}" TESTS="$(declarative | xargs)"
    else
        run_make PARTS="$*"
    fi
}

run_source() {
    local tree=$2 variant=$3 parts=suite static= quick=yes

    if [ "$variant" = dynamic ] && [ -z "$short" ]; then
        parts='suite e2e'
        quick=
    fi

    [ "$variant" != static ] || static=1

    # HTTP/3: a client that Debian 12 does not have

    if [ "$variant" = http3 ]; then
        TEST_CURL=$(tools/foreign.sh trixie amd64 2>> "$log" \
            | sed -n "s/^export TEST_CURL='\(.*\)'/\1/p")
        export TEST_CURL
    fi

    if [ "$variant" = bare ]; then
        run_bare "$tree"
    else
        run_make NGINX_SRC="$tree" STATIC=$static \
            TEST_FLAGS="$(flags "$variant")" PARTS="$parts" \
            TESTS="$(tests_of "$variant" | xargs)"
    fi
}

# Too little for the tests: it compiles, and a configuration loads.

run_bare() {
    mkdir -p "$dir/logs"
    make --no-print-directory -s BUILD="$dir" NGINX_SRC="$1" \
        NGINX_FLAGS="$(flags bare)" "$dir/ngx_http_erpsync_module.so" \
        "$dir/nginx/nginx" >> "$log" 2>&1 || return

    cat > "$dir/nginx.conf" << END_CONF
load_module $dir/ngx_http_erpsync_module.so;
error_log logs/error.log;
pid logs/nginx.pid;
events { }
http {
    erpsync on;
    erpsync_zone z:1m;
    server {
        listen 127.0.0.1:1;
        location /status { erpsync_status; }
    }
}
END_CONF
    "$dir/nginx/nginx" -p "$dir" -c nginx.conf -t >> "$log" 2>&1
}

# What a log says that has passed: "unit 24, suite 49 files 6535 tests, e2e".

summary() {
    awk '
        /^unit\// { units++ }
        /^Files=/ { files = $1; tests = $2; gsub(/[^0-9]/, "", files)
                    gsub(/[^0-9]/, "", tests) }
        /skipped: / { skipped++ }
        /^# pass / { client = $3 }
        /test is successful/ { bare = 1 }
        END {
            if (units) printf "unit %d programs, ", units
            if (files) printf "suite %d files %d tests, ", files, tests
            if (skipped) printf "(%d files skipped), ", skipped
            if (client) printf "client %d tests, ", client
            if (bare) printf "builds, loads, "
            print ""
        }' "$1" | sed 's/, $//'
}

system() {
    . /etc/os-release
    echo "Debian ${VERSION_ID:-}, $(dpkg --print-architecture)"
}

try() {
    local cell=$1 kind=$2 stamp=$cache/results/$1 dir log start=$SECONDS
    local key version status
    shift 2

    key=$(state)${form:+ $form}

    # a part of a cell is a row of its own

    case $form-$kind-$cell in
    unit-*|short-package-*|short-*/dynamic)  stamp=$stamp.$form ;;
    esac

    dir=$build/$cell
    log=$build/$cell.log

    if [ -z "$ci" ] && [ -e "$stamp" ] \
        && [[ $key == "$(head -n 1 "$stamp")"* ]]
    then
        echo "$cell: passed before"
        return
    fi

    mkdir -p "$dir" "${stamp%/*}"
    : > "$log"

    (run_"$kind" "$@")
    status=$?

    if [ $status -eq 0 ]; then
        {
            echo "$key"
            if [ "$kind" = package ]; then
                version=$("$cache/../foreign/$1-$2/nginx" -v 2>&1)
                echo "package|${version##*/}|$1|$2"
            else
                echo "source|$1|$3|$(system)"
            fi
            summary "$log"
            date -u +%Y-%m-%d
        } > "$stamp.new"
        echo "$cell: passed: $(sed -n 3p "$stamp.new") ($((SECONDS - start)) s)"
        [ -n "$ci" ] || mv "$stamp.new" "$stamp"
    elif [ $status -eq 77 ] && [ -n "$ci" ]; then
        echo "$cell: not tried: $(tail -n 1 "$log")"
    else
        failed=$((failed + 1))
        echo "$cell: FAILED ($((SECONDS - start)) s): $log"
        grep -E '^(not ok|FAILED|t/.*Failed|#   Failed|E:)|[Ee]rror:' "$log" \
            | tail -n 20
    fi

    # the nginx that was built is large, and quickly built again
    rm -rf "${dir:?}"
}

# The table, between its marks in the document

write_table() {
    local file table=$build/table

    mkdir -p "$build"
    {
        echo '| nginx | what it is | system | tests that passed | date |'
        echo '|---|---|---|---|---|'
        find "$cache/results" -type f ! -name '*.new' | sort -V \
            | while read -r file; do
                row "$file"
            done
    } > "$table"

    awk -v table="$table" '
        /<!-- matrix: end -->/ { inside = 0 }
        !inside { print }
        /<!-- matrix: begin -->/ {
            inside = 1
            while ((getline line < table) > 0) print line
        }' "$document" > "$build/document" \
        && cp "$build/document" "$document"
}

declare -A named=(
    [bookworm]='Debian 12' [trixie]='Debian 13' [sid]='Debian sid'
    [amd64]='x86-64' [i386]='i386' [arm64]='arm64, emulated'
    [armhf]='armhf, emulated' [s390x]='s390x, emulated'
    [dynamic]='source, dynamic module' [static]='source, static module'
    [no-threads]='source, without threads'
    [no-debug]='source, without debug log' [http3]='source, with HTTP/3'
    [bare]='source, without SSL, cache, rewrite, PCRE'
)

row() {
    local key kind version what system tests date

    { read -r key; IFS='|' read -r kind version what system; read -r tests
      read -r date; } < "$1"

    if [ "$kind" = package ]; then
        system="${named[$what]}, ${named[$system]}"
        what="Debian's package"
    else
        what=${named[$what]}
        system=${system/amd64/x86-64}
    fi

    # a short run leaves out most files of these

    [[ $key != *short || $what != *dynamic* ]] || what="$what, short run"

    echo "| $version | $what | $system | $tests | $date |"
}

mkdir -p "$cache/results" "$build"

case ${1:-} in
--unit)
    form=unit
    packages=$(sed 's/unit.*/unit/' <<< "$packages")
    shift
    ;;
--short)
    short=yes
    form=short
    packages=$(sed 's/unit.*/declarative/' <<< "$packages")
    shift

    if [ $# -eq 0 ]; then
        ci=yes
        packages='sid amd64 declarative'
    fi
    ;;
--write)
    write_table
    exit
    ;;
--list)
    cells | while read -r cell _; do
        stamp=$cache/results/$cell
        state=
        [ ! -e "$stamp" ] || state="passed on $(tail -n 1 "$stamp")"
        [ ! -e "$stamp" ] || [ "$(head -n 1 "$stamp")" = "$(state)" ] \
            || state="$state, changed since"
        echo "$cell ${state}"
    done
    exit
    ;;
esac

cells > "$build/cells"

while read -r cell kind rest; do
    if [ $# -gt 0 ]; then
        for pattern; do
            # shellcheck disable=SC2053
            [[ $cell == $pattern ]] && break
        done
        # shellcheck disable=SC2053
        [[ $cell == $pattern ]] || continue
    fi
    # shellcheck disable=SC2086
    try "$cell" "$kind" $rest < /dev/null
done < "$build/cells"

[ -n "$ci" ] || write_table
[ $failed -eq 0 ]
