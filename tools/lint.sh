#!/usr/bin/env bash
# What a reviewer should not have to look for: warnings of two compilers,
# clang-tidy, cppcheck, line lengths, file and function sizes, and who
# includes whom.

set -u

cd "$(dirname "$0")/.." || exit 2

failed=0
core=ngx_erpsync_module/core
glue=ngx_erpsync_module/nginx
cli=ngx_erpsync_module/cli
src=${NGINX_SRC:-/usr/share/nginx/src}
build=${ERPSYNC_BUILD:-$PWD/build}

complain() {
    echo "$*"
    failed=1
}

# Compilers

nginx_include="-I$core -I$build/nginx -I$src/src/core -I$src/src/event \
-I$src/src/event/modules -I$src/src/os/unix -I$src/src/http \
-I$src/src/http/modules -I$src/src/http/v2"

make --no-print-directory -s BUILD="$build" "$build/nginx/Makefile" || exit 1

for cc in gcc clang; do
    make --no-print-directory -s BUILD="$build/lint/$cc" CC=$cc \
        WERROR=-Werror strict || complain "$cc: strict build"

    for flags in "" "-DERPSYNC_NO_SIMD"; do
        for file in $core/*.c; do
            $cc -std=c11 -O2 -Wall -Wextra -Werror $flags -fsyntax-only \
                "$file" || complain "$cc: $file"
        done
    done

    for file in $cli/*.c; do
        $cc -std=c11 -O2 -Wall -Wextra -Werror -I$core -fsyntax-only \
            "$file" || complain "$cc: $file"
    done

    for file in $glue/*.c; do
        $cc -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter -Werror \
            $nginx_include -fsyntax-only "$file" || complain "$cc: $file"
    done

    $cc -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter -Werror \
        -DNGX_HTTP_ERPSYNC_NO_THREADS $nginx_include -fsyntax-only \
        $glue/ngx_http_erpsync_refresh.c || complain "$cc: without threads"
done

# Analyzers

# One file at a time: clang-tidy 14 carries state of va_list over.  Its check
# for C11's Annex K is off: no libc has the functions that it asks for.

tidy() {
    clang-tidy --quiet --warnings-as-errors='*' \
        --checks=-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling \
        "$@" 2> /dev/null || complain "clang-tidy: $1"
}

for file in $core/*.c; do
    tidy "$file" -- -std=c11
done

for file in $cli/*.c; do
    tidy "$file" -- -std=c11 -I$core
done

for file in $glue/*.c; do
    tidy "$file" -- -std=gnu11 $nginx_include
done

cppcheck --quiet --std=c11 --enable=warning,portability \
    --inline-suppr --error-exitcode=1 -I$core $core/*.c $glue/*.c $cli/*.c \
    || complain "cppcheck"

# Sizes

for file in ngx_erpsync_module/*/*.[ch] t/unit/*.[ch]; do
    [ -e "$file" ] || continue
    awk -v f="$file" '
        length > 80 { print f ":" FNR ": over 80 columns"; bad = 1 }
        /\t/ { print f ":" FNR ": a tab"; bad = 1 }
        / $/ { print f ":" FNR ": trailing space"; bad = 1 }
        /^\{/ { start = FNR }
        /^\}/ && start {
            if (FNR - start > 81) {
                print f ":" start ": function of " FNR - start " lines"
                bad = 1
            }
            start = 0
        }
        END {
            if (FNR > 800) { print f ": " FNR " lines"; bad = 1 }
            exit bad
        }' "$file" || failed=1
done

# Layers

grep -n '#include [<"]ngx_' $core/*.[ch] \
    && complain "the core includes nginx"

for pair in 'openssl:erpsync_digest.c' 'jansson:erpsync_registry' \
    'expat:erpsync_xml'
do
    grep -ln "#include <${pair%%:*}" $core/*.[ch] | grep -v "${pair##*:}" \
        && complain "only ${pair##*:} may use ${pair%%:*}"
done

grep -n '#include "erpsync' $glue/*.[ch] | grep -v '"erpsync.h"' \
    && complain "the glue includes the core by erpsync.h alone"

grep -n '#include [<"]ngx_' $cli/*.[ch] && complain "the CLI includes nginx"

grep -n '#include "' $cli/*.[ch] \
    | grep -v -e '"ctl' -e '"erpsync.h"' -e '"erpsync_error.h"' \
        -e '"erpsync_time.h"' \
    && complain "the CLI includes more of the core than its public headers"

grep -n 'nginx_version' $glue/*.[ch] | grep -v compat.h \
    && complain "versions of nginx are told apart in compat.h alone"

for decoder in json xml form patch; do
    for other in json xml form patch; do
        [ $decoder = $other ] || [ ! -e $core/erpsync_$decoder.c ] \
            || ! grep -n "#include \"erpsync_$other" \
                $core/erpsync_$decoder.c \
            || complain "a decoder knows another decoder"
    done
done

[ $failed -eq 0 ] && echo "lint: clean"

exit $failed
