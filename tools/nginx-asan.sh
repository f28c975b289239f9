#!/usr/bin/env bash
# Builds nginx from Debian's source package, and the module, under
# AddressSanitizer and UBSan; prints the environment to test them with.
#
# nginx is built once and kept in the cache; the module is built into
# build/asan/.  nginx gives every allocation of a pool its own block
# (NGX_DEBUG_PALLOC), so that an overrun is seen.  UBSan looks at the module
# alone: nginx itself relies on null pointer arithmetic.

set -eu

cd "$(dirname "$0")/.."

PATH=$PATH:/usr/sbin:/sbin
top=$PWD
build=${ERPSYNC_BUILD:-$PWD/build}
version=$(dpkg-query -W -f '${Version}' nginx)
upstream=${version%%-*}
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/ngx_erpsync/nginx-$version
log=$build/asan/build.log

mkdir -p "$cache" "$build/asan"

# Debian's source, by lists of our own: the system's are left alone

fetch() {
    mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"

    local key=/usr/share/keyrings/debian-archive-keyring.gpg
    local mirror="deb-src [signed-by=$key] http://deb.debian.org"
    local release candidate

    release=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")

    echo "$mirror/debian $release main" > "$cache/sources.list"
    echo "$mirror/debian-security $release-security main" \
        >> "$cache/sources.list"

    local options=(-q
        -o Dir::Etc::sourcelist="$cache/sources.list"
        -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::lists="$cache/apt/lists"
        -o Dir::Cache="$cache/apt"
        -o APT::Sandbox::User=root)

    apt-get "${options[@]}" update

    # mirrors may have dropped the sources of the newest update: any revision
    # of the same nginx will do

    cd "$cache"

    for candidate in "$version" $(apt-cache "${options[@]}" showsrc nginx \
        | sed -n "s/^Version: \($upstream-.*\)/\1/p" | sort -ruV)
    do
        rm -rf "nginx-$upstream"
        apt-get "${options[@]}" source nginx="$candidate" && break
    done

    cd "$top"
    [ -d "$cache/nginx-$upstream" ]
}

# The same configuration for nginx and the module

configure() {
    local builddir=$1 cflags=$2
    shift 2

    (cd "$cache/nginx-$upstream" && ./configure --prefix=/nonexistent \
        --builddir="$builddir" --with-compat --with-debug --with-threads \
        --with-http_ssl_module --with-http_v2_module \
        --with-http_realip_module --with-http_auth_request_module \
        --with-http_addition_module --with-http_stub_status_module \
        --with-pcre-jit \
        --with-cc-opt="-O1 -g -fno-omit-frame-pointer -DNGX_DEBUG_PALLOC=1 $cflags" \
        --with-ld-opt="-fsanitize=address,undefined" "$@")
}

build() {
    if [ ! -x "$cache/build/nginx" ]; then
        fetch
        configure "$cache/build" "-fsanitize=address"
        make -C "$cache/nginx-$upstream" -j"$(nproc)" \
            -f "$cache/build/Makefile" binary
    fi

    # sources may have come or gone
    if [ ! -e "$build/asan/nginx/Makefile" ] \
        || [ -n "$(find config ngx_erpsync_module t/webapi -newer \
            "$build/asan/nginx/Makefile")" ]
    then
        configure "$build/asan/nginx" \
            "-fsanitize=address,undefined -fno-sanitize-recover=undefined" \
            --add-dynamic-module="$top" --add-dynamic-module="$top/t/webapi"
    fi

    make -C "$cache/nginx-$upstream" -j"$(nproc)" \
        -f "$build/asan/nginx/Makefile" modules
    cp "$build"/asan/nginx/ngx_http_erpsync*_module.so "$build/asan/"
}

# in a process of its own: "set -e" does not hold in a condition

if [ "${1:-}" = build ]; then
    build
    exit
fi

if ! tools/nginx-asan.sh build > "$log" 2>&1; then
    tail -n 30 "$log" >&2
    exit 1
fi

echo "export TEST_NGINX_BINARY='$cache/build/nginx'"
echo "export TEST_NGINX_LOAD_MODULES='$build/asan/ngx_http_erpsync_module.so \
$build/asan/ngx_http_erpsync_webapi_module.so'"
