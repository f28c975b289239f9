#!/usr/bin/env bash
# Another Debian, or another machine, without a chroot:
#
#   tools/foreign.sh SUITE ARCH
#
# Unpacks nginx and the libraries of SUITE for ARCH, such as "sid amd64" or
# "bookworm s390x", into a directory of the cache, and prints the environment
# to build and test with them from here:
#
#   CC                   this machine's compiler for ARCH, with their headers
#                        and libraries
#   NGINX_SRC            Debian's nginx-dev
#   TEST_NGINX_BINARY    Debian's nginx
#   TEST_CURL            Debian's curl
#   TEST_FAKETIME        the directory of libfaketime
#   TEST_FOREIGN         the directory itself, which root alone may reach
#   TEST_RUN             what a program that CC made is started with
#
# Programs that this machine can run name the loader and the libraries of SUITE
# in themselves: they can be copied, preloaded, and start themselves again, as
# nginx does when it is upgraded.  All others are run by qemu's user mode.
# Nothing is installed but the compiler, patchelf and qemu.

set -eu

cd "$(dirname "$0")/.."

suite=$1
arch=$2
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/ngx_erpsync/foreign
dir=$cache/$suite-$arch
root=$dir/root

packages=nginx,nginx-dev,curl,libc6-dev,libjansson-dev,libssl-dev
packages=$packages,libexpat1-dev,libpcre2-dev,zlib1g-dev,libcmocka-dev
packages=$packages,libfaketime

# The machine as gcc and as qemu call it.

case $arch in
amd64)  triplet=x86_64-linux-gnu    machine=x86_64 ;;
i386)   triplet=i686-linux-gnu      machine=i386 ;;
arm64)  triplet=aarch64-linux-gnu   machine=aarch64 ;;
armhf)  triplet=arm-linux-gnueabihf machine=arm ;;
s390x)  triplet=s390x-linux-gnu     machine=s390x ;;
*)      echo "$0: no such machine: $arch" >&2; exit 2 ;;
esac

# Lines of a sources.list for SUITE, as apt has them here for its own, with
# security updates.

sources() {
    local here

    here=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")

    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' \
        | awk -v here="$here" -v suite="$suite" '
            /debian/ && $3 == "main" && ($2 == here \
                || (suite != "sid" && index($2, here "-") == 1)) {
                sub(here, suite, $2)
                print "deb", $1, $2, $3
            }' | sort -u
}

extract() {
    local valid

    valid=$(apt-config dump Acquire::Check-Valid-Until)
    rm -rf --one-file-system "$dir/new"

    mmdebstrap --quiet --variant=extract --architectures="$arch" \
        --include="$packages" ${valid:+--aptopt="$valid"} \
        "$suite" "$dir/new" - >> "$dir/log" 2>&1
}

# A mirror may have security updates of some machines only.

unpack() {
    rm -rf --one-file-system "$dir"
    mkdir -p "$dir"

    sources | extract || sources | grep -v -e "$suite-" | extract \
        || { tail -n 5 "$dir/log" >&2; return 1; }

    # as a package would make them when it is configured
    [ -e "$dir/new/lib" ] || ln -s usr/lib "$dir/new/lib"
    [ -e "$dir/new/lib64" ] || ln -s usr/lib64 "$dir/new/lib64"

    mv "$dir/new" "$root"
    echo "$packages" > "$dir/packages"
}

script() {
    cat > "$dir/$1"
    chmod 755 "$dir/$1"
}

PATH=$PATH:/usr/sbin:/sbin
tools/setup.sh foreign "foreign-$arch" >&2
[ "$(cat "$dir/packages" 2> /dev/null)" = "$packages" ] || unpack

multiarch=${triplet/i686/i386}
libraries=$root/usr/lib/$multiarch
loader=$(ls "$root"/lib/ld-linux.so.2 "$root"/lib64/ld-linux-x86-64.so.2 \
    2> /dev/null || true)

faketime=
run=

# -B and -L: the compiler for this machine would find its own libraries first.

cc="$triplet-gcc --sysroot=$root -B$libraries -L$libraries"

# Most x86-64 machines run programs of i386, too.

if [ -n "$loader" ] && "$loader" --version > /dev/null 2>&1; then
    path=$libraries:$root/lib/$multiarch
    faketime=$libraries/faketime

    script cc << END_CC
#!/bin/sh
exec $cc -Wl,--dynamic-linker=$loader,--disable-new-dtags,-rpath=$path "\$@"
END_CC

    for program in sbin/nginx bin/curl; do
        patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$path" \
            --output "$dir/${program#*/}" "$root/usr/$program"
    done
else
    run="qemu-$machine-static -L $root"

    # nginx's configure runs what it has just built

    script cc << END_CC
#!/bin/sh
$cc "\$@" || exit
for arg; do
    case \$arg in
    */autotest)
        mv "\$arg" "\$arg.bin"
        printf '#!/bin/sh\nexec %s %s.bin\n' "$run" "\$arg" > "\$arg"
        chmod 755 "\$arg"
        ;;
    esac
done
END_CC

    for program in sbin/nginx bin/curl; do
        script "${program#*/}" << END_PROGRAM
#!/bin/sh
exec $run $root/usr/$program "\$@"
END_PROGRAM
    done
fi

echo "export CC='$dir/cc'"
echo "export NGINX_SRC='$root/usr/share/nginx/src'"
echo "export TEST_NGINX_BINARY='$dir/nginx'"
echo "export TEST_CURL='$dir/curl'"
echo "export TEST_FAKETIME='$faketime'"
echo "export TEST_FOREIGN='$root'"
echo "export TEST_RUN='$run'"
