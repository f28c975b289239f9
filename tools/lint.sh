#!/usr/bin/env bash
# What a reviewer should not have to look for: warnings of two compilers,
# clang-tidy, cppcheck, sizes of files, functions and lines, the format, and
# who uses whom (tools/layers.pl).
#
# usage: lint.sh [check...]
#     strict headers variants tidy cppcheck sizes format layers docs; all by default

set -u

cd "$(dirname "$0")/.." || exit 2

top=ngx_erpsync_module
src=${NGINX_SRC:-/usr/share/nginx/src}
build=${ERPSYNC_BUILD:-$PWD/build}
jobs=$(nproc)

core_include="-I$top/core $(printf -- '-I%s ' $top/core/*/)"
nginx_include="$core_include -I$top/nginx -I$build/nginx -I$src/src/core \
-I$src/src/event -I$src/src/event/modules -I$src/src/os/unix \
-I$src/src/http -I$src/src/http/modules -I$src/src/http/v2"

core_flags="-std=c11 -O2 -Wall -Wextra -Werror $core_include"
glue_flags="-std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter -Werror \
$nginx_include"

# Prints the flags that a file is read with.
flags() {
    case $1 in
    $top/nginx/*) echo "$glue_flags" ;;
    *) echo "$core_flags" ;;
    esac
}

# Every warning of both compilers is an error, in all that make builds.
check_strict() {
    local cc

    for cc in gcc clang; do
        make --no-print-directory -s -j"$jobs" BUILD="$build/lint/$cc" \
            CC=$cc WERROR=-Werror strict > "$build/lint/$cc.log" 2>&1 \
            || { grep -A 5 -e error: -e '\*\*\*' "$build/lint/$cc.log"
                 echo "$cc: strict build"; return 1; }
    done
}

# A header includes what it uses.
check_headers() {
    printf '%s\n' $top/core/*/*.h $top/cli/*.h \
        | xargs -P "$jobs" -n 8 gcc $core_flags -D_GNU_SOURCE -fsyntax-only \
            -x c
}

# What no machine of ours builds otherwise: no SSE2, no threads.
check_variants() {
    local cc status=0

    for cc in gcc clang; do
        printf '%s\n' $top/core/*/*.c \
            | xargs -P "$jobs" -n 8 $cc $core_flags -DERPSYNC_NO_SIMD \
                -fsyntax-only || status=1

        $cc $glue_flags -DNGX_HTTP_ERPSYNC_NO_THREADS -fsyntax-only \
            $top/nginx/ngx_http_erpsync_refresh.c || status=1
    done

    return $status
}

# One file at a time: clang-tidy 14 carries state of va_list over.  Its check
# for C11's Annex K is off: no libc has the functions that it asks for.
tidy_one() {
    clang-tidy --quiet --warnings-as-errors='*' \
        --checks=-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling \
        "$1" -- $(flags "$1") 2> /dev/null
}

check_tidy() {
    each tidy_one $top/core/*/*.c $top/cli/*.c $top/nginx/*.c
}

check_cppcheck() {
    cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr \
        --error-exitcode=1 -j "$jobs" $core_include \
        $top/core/*/*.c $top/nginx/*.c $top/cli/*.c
}

# A file has 1,000 lines, a function 80, a line 80 columns at most.
sizes_one() {
    awk -v f="$1" '
        function say(at, text) { print f at ": " text; bad = 1 }
        length > 80 { say(":" FNR, "over 80 columns") }
        /\t/ { say(":" FNR, "a tab") }
        / $/ { say(":" FNR, "trailing space") }
        /^\{/ { start = FNR }
        /^\}/ && start {
            if (FNR - start - 1 > 80) {
                say(":" start, "function of " FNR - start - 1 " lines")
            }
            start = 0
        }
        END {
            if (FNR > 1000) { say("", FNR " lines") }
            exit bad
        }' "$1"
}

check_sizes() {
    each sizes_one $top/*/*.[ch] $top/core/*/*.[ch] t/*/*.[ch] \
        tools/*/*.[ch]
}

# As far as clang-format can say what the nginx style is.
check_format() {
    printf '%s\n' $top/*/*.[ch] $top/core/*/*.[ch] \
        | xargs -P "$jobs" -n 12 perl tools/format.pl
}

# The objects of the strict build.
check_layers() {
    perl tools/layers.pl "$build/lint/gcc"
}

# Words and links of the documents, and what is made of them.
# docs/architecture.md quotes the lines that decide something.
check_docs() {
    local status=0

    perl tools/glossary.pl || status=1
    perl tools/links.pl || status=1
    tools/kubernetes/rules.sh --check || status=1

    perl -e '
        sub text { local (@ARGV, $/) = @_; my $t = <>; $t =~ s/\s+/ /g; $t }
        my $bad = 0;
        open my $in, "<", "docs/architecture.md" or die;
        while (<$in>) {
            s/\\\|/\x01/g;
            my (undef, undef, $file, undef, $line) = split /\s*\|\s*/;
            next unless $line && $file =~ s/^`(.*\.[ch])`$/$1/;
            $line =~ s/^`|`$//g;
            $line =~ tr/\x01/|/;
            next if index(text("ngx_erpsync_module/$file"), $line) >= 0;
            print "docs/architecture.md:$.: not in $file: $line\n";
            $bad = 1;
        }
        exit $bad' || status=1

    return $status
}

# Runs a function for each file, on all processors.
each() {
    local function=$1
    shift
    printf '%s\0' "$@" | xargs -0 -P "$jobs" -n 1 "$0" --one "$function"
}

main() {
    local check failed=0

    if [ "${1:-}" = --one ]; then
        "$2" "$3"
        return
    fi

    # what clang-tidy and the syntax checks include of nginx

    mkdir -p "$build/lint"
    make --no-print-directory -s BUILD="$build" "$build/nginx/Makefile" \
        || return 1

    for check in \
        ${*:-strict headers variants tidy cppcheck sizes format layers docs}
    do
        "check_$check" || { echo "lint: $check failed"; failed=1; }
    done

    [ $failed -eq 0 ] && echo "lint: clean"

    return $failed
}

# In one line: the script may be edited while it runs.
main "$@"; exit
