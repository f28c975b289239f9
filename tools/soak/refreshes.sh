#!/usr/bin/env bash
# Refreshes and reloads until a leak would show:
#
#   tools/soak/refreshes.sh [REFRESHES [RELOADS]]    default: 1000 1000
#
# A registry is replaced at every refresh (one second apart) while requests
# go through; then nginx is reloaded again and again.  Memory and descriptors
# must end where they were after the first tenth.

set -eu

cd "$(dirname "$0")/../.."
refreshes=${1:-1000}
reloads=${2:-1000}
apps=${APPS:-2000}
PATH=$PATH:/usr/sbin:/sbin
nginx=${TEST_NGINX_BINARY:-nginx}
dir=$(mktemp -d)
pid=

finish() {
    if [ -n "$pid" ]; then
        kill "$pid" 2> /dev/null || true
        wait "$pid" 2> /dev/null || true
    fi
    rm -rf "$dir"
}
trap finish EXIT

chmod 755 "$dir"
mkdir "$dir/logs"
port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(
    LocalAddr => "127.0.0.1", Listen => 1)->sockport')

# registry N: an app with the token "token-N", and many more

perl -MDigest::SHA=sha256_hex -e '
    for my $i (1 .. shift) {
        printf qq(,\n{"id":"app-%d","agents":["ErpSync"],"tokens":)
            . qq([{"sha256":"%s"}]}), $i, sha256_hex("x$i");
    }
    print "]}\n"' "$apps" > "$dir/rest"

registry() {
    printf '{"version":1,"apps":[{"id":"n","agents":["ErpSync"],"tokens":[{"sha256":"%s"}]}' \
        "$(printf 'token-%s' "$1" | sha256sum | cut -d ' ' -f 1)" \
        > "$dir/new"
    cat "$dir/rest" >> "$dir/new"
    mv "$dir/new" "$dir/registry.json"
}

registry 0

# where nginx is built with threads

threads=
if "$nginx" -V 2>&1 | grep -q -e --with-threads; then
    threads='thread_pool default threads=4;'
fi

cat > "$dir/nginx.conf" <<END
load_module ${ERPSYNC_BUILD:-$PWD/build}/ngx_http_erpsync_module.so;
daemon off;
worker_processes 1;
error_log logs/error.log notice;
pid logs/nginx.pid;
$threads
events { }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen 127.0.0.1:$port;
        erpsync on;
        erpsync_registry registry.json refresh=1s;
        location / { root $dir; }
    }
}
END

"$nginx" -p "$dir" -c nginx.conf &
pid=$!

call() {
    curl -s -o "$dir/answer" -w '%{http_code}' \
        -H 'Authorization: Bearer x' -H "SO-AppToken: token-$1" \
        "http://127.0.0.1:$port/api/v1/Agents/ErpSync/GetConnection" || true
}

worker() {
    local list
    read -r list < "/proc/$pid/task/$pid/children" || true
    echo "${list%% *}"
}

# resident memory in KB, and open descriptors

memory() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
descriptors() { find "/proc/$1/fd" -mindepth 1 | wc -l; }

for _ in $(seq 100); do
    [ "$(call 0)" != 000 ] && break
    sleep 0.1
done

wait_for() {
    for _ in $(seq 600); do
        [ "$(grep -c "$1" "$dir/logs/error.log")" -ge "$2" ] && return
        sleep 0.05
    done
    echo "soak: waited for \"$1\" in vain"
    tail -n 5 "$dir/logs/error.log"
    exit 1
}

failed=0

check() {
    echo "soak: $1: memory $2 KB, then $3 KB; descriptors $4, then $5"
    if [ "$3" -gt $(($2 + $2 / 10 + 1024)) ]; then
        echo "soak: $1: memory grows"
        failed=1
    fi
    if [ "$5" -gt "$4" ]; then
        echo "soak: $1: descriptors are left open"
        failed=1
    fi
}

w=$(worker)
warm=$((refreshes / 10 + 5))

for i in $(seq $((refreshes + warm))); do
    registry "$i"
    call "$i" > /dev/null
    wait_for 'erpsync: registry .* apps' "$i"

    # 404: judged, and passed on to a file that is not there

    status=$(call "$i")
    [ "$status" = 404 ] || { echo "soak: refresh $i: $status"; exit 1; }
    if [ "$i" -eq "$warm" ]; then
        rss=$(memory "$w")
        fds=$(descriptors "$w")
    fi
done

[ "$w" = "$(worker)" ] || { echo "soak: the worker has died"; exit 1; }
check "$refreshes refreshes" "$rss" "$(memory "$w")" "$fds" \
    "$(descriptors "$w")"

warm=$((reloads / 10 + 2))

for i in $(seq $((reloads + warm))); do
    kill -HUP "$pid"
    wait_for 'worker process [0-9]* exited with code 0' "$i"
    if [ "$i" -eq "$warm" ]; then
        rss=$(memory "$pid")
        fds=$(descriptors "$pid")
    fi
done

check "$reloads reloads" "$rss" "$(memory "$pid")" "$fds" \
    "$(descriptors "$pid")"

if grep -e '\[alert\]' -e '\[emerg\]' -e '\[crit\]' "$dir/logs/error.log"
then
    failed=1
fi

exit $failed
