#!/bin/sh
# Installs what is missing, from Debian, by name:
#
#   tools/setup.sh build|nginx|demo|test|e2e|oracle|clients|asan|lint|
#                  memcheck|coverage|fuzz|soak|fresh|reproducible|bench|
#                  image|containers|kubernetes|fleet|
#                  foreign|foreign-ARCH ...
#
# "build" is for the module by any nginx source tree, "nginx" is Debian's.  CC
# names the compiler.
#
# Does nothing, and asks no mirror, where all is there.

set -eu

# What tells that a package is there: a file, a command, a Perl module.

# Debian's packages of compilers have the names of their commands.

compiler() {
    case ${CC:-cc} in
    cc)            echo 'gcc command:gcc' ;;
    gcc*|clang*)   echo "${CC%% *} command:${CC%% *}" ;;
    esac
}

# A compiler for another machine, and what runs its programs here.

cross() {
    echo "gcc-$1 command:$1-gcc"
    echo 'qemu-user-static command:qemu-s390x-static'
}

needs() {
    case $1 in
    build)
        compiler
        echo 'libc6-dev file:/usr/include/stdio.h'
        echo 'libjansson-dev file:/usr/include/jansson.h'
        echo 'libssl-dev file:/usr/include/openssl/evp.h'
        echo 'libexpat1-dev file:/usr/include/expat.h'
        echo 'libpcre2-dev file:/usr/include/pcre2.h'
        echo 'zlib1g-dev file:/usr/include/zlib.h'
        ;;
    nginx)
        echo 'nginx command:nginx'
        echo 'nginx-dev file:/usr/share/nginx/src/configure'
        ;;
    demo)
        echo 'curl command:curl'
        ;;
    test)
        echo 'perl command:perl'
        echo 'libtest-base-perl perl:Test::Base'
        echo 'curl command:curl'
        echo 'libcmocka-dev file:/usr/include/cmocka.h'
        echo 'mandoc command:mandoc'
        echo 'bsdutils command:script'
        echo 'prometheus command:promtool'
        echo 'openssl command:openssl'
        echo 'jq command:jq'
        echo 'logrotate command:logrotate'
        echo 'faketime command:faketime'
        ;;
    e2e)
        echo 'nodejs command:node'
        echo 'npm command:npm'
        echo 'chromium command:chromium'
        ;;
    asan)
        echo 'dpkg-dev command:dpkg-source'
        echo 'debian-archive-keyring file:/usr/share/keyrings/debian-archive-keyring.gpg'
        echo 'perl command:perl'
        ;;
    lint)
        echo 'clang command:clang'
        echo 'clang-format command:clang-format'
        echo 'clang-tidy command:clang-tidy'
        echo 'cppcheck command:cppcheck'
        echo 'g++ command:g++'
        echo 'libsimdjson-dev file:/usr/include/simdjson.h'
        echo 'libcmocka-dev file:/usr/include/cmocka.h'
        ;;
    fuzz)
        echo 'clang command:clang'
        echo 'libclang-rt-dev file:/usr/share/doc/libclang-rt-dev'
        ;;
    coverage)
        echo 'gcc command:gcov'
        ;;
    memcheck)
        echo 'valgrind command:valgrind'
        echo 'curl command:curl'
        echo 'perl command:perl'
        ;;
    soak)
        echo 'gdb command:gdb'
        echo 'faketime command:faketime'
        ;;
    fresh)
        echo 'debootstrap command:debootstrap'
        ;;
    reproducible)
        echo 'dpkg-dev command:dpkg-buildpackage'
        echo 'debhelper command:dh'
        echo 'faketime command:faketime'
        ;;
    image)
        echo 'buildah command:buildah'
        ;;
    containers)
        echo 'podman command:podman'
        echo 'runc command:runc'
        echo 'iproute2 command:ip'
        echo 'jq command:jq'
        echo 'curl command:curl'
        ;;
    kubernetes)
        echo 'kubernetes-client command:kubectl'
        echo 'nodejs command:node'
        echo 'npm command:npm'
        ;;
    fleet)
        echo 'haproxy command:haproxy'
        echo 'etcd-server command:etcd'
        echo 'etcd-client command:etcdctl'
        echo 'iproute2 command:ip'
        echo 'perl command:perl'
        echo 'jq command:jq'
        ;;
    foreign)
        echo 'mmdebstrap command:mmdebstrap'
        echo 'patchelf command:patchelf'
        echo 'debian-archive-keyring file:/usr/share/keyrings/debian-archive-keyring.gpg'
        ;;
    foreign-amd64)
        echo 'gcc command:x86_64-linux-gnu-gcc'
        ;;
    foreign-i386)
        cross i686-linux-gnu
        ;;
    foreign-arm64)
        cross aarch64-linux-gnu
        ;;
    foreign-armhf)
        cross arm-linux-gnueabihf
        ;;
    foreign-s390x)
        cross s390x-linux-gnu
        ;;
    bench)
        modules=/usr/lib/nginx/modules
        echo 'wrk command:wrk'
        echo 'nghttp2-client command:h2load'
        echo 'openssl command:openssl'
        echo 'curl command:curl'
        echo 'g++ command:g++'
        echo 'libsimdjson-dev file:/usr/include/simdjson.h'
        echo 'gnuplot-nox command:gnuplot'
        echo 'valgrind command:valgrind'
        echo 'linux-perf command:perf'
        echo 'binutils command:addr2line'
        echo 'util-linux command:taskset'
        echo 'nodejs command:node'
        echo 'npm command:npm'
        echo "libnginx-mod-http-lua file:$modules/ngx_http_lua_module.so"
        echo 'lua-cjson file:/usr/share/doc/lua-cjson'
        echo "libnginx-mod-http-js file:$modules/ngx_http_js_module.so"
        echo "libnginx-mod-http-modsecurity file:$modules/ngx_http_modsecurity_module.so"
        ;;
    oracle)
        gac=/usr/lib/mono/gac
        echo 'perl command:perl'
        echo 'libtest-base-perl perl:Test::Base'
        echo 'mono-mcs command:mcs'
        echo 'mono-runtime command:mono'
        echo "libmono-system-web-http4.0-cil file:$gac/System.Web.Http"
        echo "libmono-system-net-http-formatting4.0-cil file:$gac/System.Net.Http.Formatting"
        echo 'libnewtonsoft-json5.0-cil file:/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll'
        ;;
    clients)
        echo 'curl command:curl'
        echo 'openssl command:openssl'
        echo 'nodejs command:node'
        echo 'npm command:npm'
        echo 'default-jdk-headless command:javac'
        echo 'php-cli command:php'
        echo 'php-curl php:curl_init'
        echo 'python3-requests python:requests'
        echo 'python3-httpx python:httpx'
        echo 'python3-h2 python:h2'
        ;;
    *)
        echo "$0: no such group: $1" >&2
        exit 2
        ;;
    esac
}

PATH=$PATH:/usr/sbin:/sbin

present() {
    case $1 in
    command:*) command -v "${1#*:}" > /dev/null 2>&1 ;;
    file:*)    [ -e "${1#*:}" ] || ls /usr/include/*/"${1##*/include/}" \
                   > /dev/null 2>&1 ;;
    perl:*)    perl -M"${1#*:}" -e 1 2> /dev/null ;;
    python:*)  /usr/bin/python3 -c "import ${1#*:}" 2> /dev/null ;;
    php:*)     php -r "exit(function_exists('${1#*:}') ? 0 : 1);" \
                   > /dev/null 2>&1 ;;
    esac
}

missing=
list=$(for group in "$@"; do needs "$group"; done)

while read -r package test; do
    if [ -n "$package" ] && ! present "$test"; then
        missing="$missing $package"
    fi
done << END
$list
END

[ -n "$missing" ] || exit 0

echo "installing:$missing"

if [ "$(id -u)" -eq 0 ]; then
    sudo=
elif command -v sudo > /dev/null 2>&1; then
    sudo=sudo
else
    echo "$0: run as root, or install sudo; missing:$missing" >&2
    exit 1
fi

# With RUNLEVEL=1 Debian's nginx is installed without being started.

apt_get() {
    $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q "$@"
}

apt_get update > /dev/null || { sleep 3; apt_get update > /dev/null; }

# shellcheck disable=SC2086
apt_get install -y --no-install-recommends $missing > /dev/null \
    || { sleep 3; apt_get install -y --no-install-recommends $missing; }
