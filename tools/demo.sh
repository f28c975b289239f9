#!/usr/bin/env bash
# Gateway and stand-in WebAPI on 127.0.0.1:$PORT; sends the documented sample
# and instructive refusals, and shows what went in and what came out.
# DEMO=once ends then; otherwise both stay up until Ctrl-C.  WEBAPI=aspnet
# puts ASP.NET Web API behind the gateway, and shows what it bound.

set -eu

cd "$(dirname "$0")/.."

PATH=$PATH:/usr/sbin:/sbin
build=${ERPSYNC_BUILD:-$PWD/build}
nginx=${TEST_NGINX_BINARY:-nginx}
port=${PORT:-8080}
dir=$(mktemp -d)
pid=
aspnet=

if [ -t 1 ]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' dim='' green='' red='' plain=''
fi

finish() {
    trap - EXIT INT TERM
    if [ -n "$pid" ]; then
        kill "$pid" 2> /dev/null || true
        wait "$pid" 2> /dev/null || true
    fi
    if [ -n "$aspnet" ]; then
        kill "$aspnet" 2> /dev/null || true
        wait "$aspnet" 2> /dev/null || true
    fi
    rm -rf "$dir"
}
trap finish EXIT
trap 'echo; exit 0' INT TERM

chmod 755 "$dir"
mkdir "$dir/logs"
cp tools/demo/registry.json "$dir/"
answer=unix:$dir/answer.sock

if [ "${WEBAPI:-}" = aspnet ]; then
    make --no-print-directory -s oracle-programs
    mono "$build/oracle/oracle.exe" serve > "$dir/logs/bound.log" &
    aspnet=$!
    for _ in $(seq 100); do
        [ -s "$dir/logs/bound.log" ] && break
        sleep 0.1
    done
    answer=127.0.0.1:$(head -n 1 "$dir/logs/bound.log")
fi

sed -e "s|@MODULE@|$build/ngx_http_erpsync_module.so|" \
    -e "s|@DIR@|$dir|" -e "s|@PORT@|$port|" -e "s|@ANSWER@|$answer|" tools/demo/nginx.conf \
    > "$dir/nginx.conf"

if ! command -v "$nginx" > /dev/null; then
    echo "No nginx in PATH. Name the one that the module was built for:" \
        "make demo TEST_NGINX_BINARY=/path/to/nginx"
    exit 1
fi

"$nginx" -p "$dir" -c nginx.conf 2> "$dir/start.log" &
pid=$!

for _ in $(seq 50); do
    [ -e "$dir/logs/nginx.pid" ] && break
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.1
done

if ! kill -0 "$pid" 2> /dev/null; then
    pid=
    if grep -qs 'Address already in use' "$dir/start.log" \
        "$dir/logs/error.log"
    then
        echo "Port $port is in use. Choose another: make demo PORT=8081"
    else
        cat "$dir/start.log" "$dir/logs/error.log" 2> /dev/null
    fi
    exit 1
fi

indent() {
    sed 's/^/    /'
}

n=0

# call TITLE PATH BODY [HEADER ...]

call() {
    local title=$1 path=$2 body=$3 status seen
    shift 3

    local args=()
    n=$((n + 1))
    : > "$dir/logs/received.log"
    seen=$([ -z "$aspnet" ] || wc -l < "$dir/logs/bound.log")

    echo
    echo "$bold$n. $title$plain"
    echo "${dim}request$plain"
    {
        echo "POST $path"
        printf '%s\n' "$@"
        echo
        echo "$body"
    } | indent

    for header in "$@"; do
        args+=(-H "$header")
    done

    status=$(curl -s -o "$dir/answer" -w '%{http_code}' "${args[@]}" \
        --data-binary "$body" "http://127.0.0.1:$port$path")

    echo "${dim}answer$plain"
    if [ "$status" = 200 ]; then
        echo "    $green$status$plain $(cat "$dir/answer")"
    else
        echo "    $red$status$plain $(cat "$dir/answer")"
    fi

    echo "${dim}what the WebAPI received$plain"
    if [ -s "$dir/logs/received.log" ]; then
        grep -v ': $' "$dir/logs/received.log" | indent
    else
        echo "    nothing"
        return
    fi

    if [ -n "$aspnet" ]; then
        echo "${dim}what its framework bound$plain"
        tail -n "+$((seen + 1))" "$dir/logs/bound.log" \
            | sed -e 's/.*"request"://' -e 's/}}$//' | indent
    fi
}

operation=api/v1/Agents/ErpSync/TryConnectActor
json='Content-Type: application/json; charset=utf-8'
bearer='Authorization: Bearer 8A:Cust12345.AbC'
token='SO-AppToken: demo-token'
small='{"erpConnectionId":"883","crmRecordId":34,"crmActorType":1,"erpKey":4711,"erpActorType":"customer"}'

echo "${bold}ngx_http_erpsync_module on http://127.0.0.1:$port/$plain"

call "The documented sample, in an onsite installation" \
    "/$operation" "$(cat tools/demo/sample.json)" \
    'Authorization: Basic dGplMDpUamUw' \
    'Accept: application/json; charset=utf-8' 'Accept-Language: *' "$json"

call "Online, as the vendor's TypeScript client writes it" \
    "/Cust12345/${operation,,}" "$small" "$bearer" "$token" \
    'SO-Language: nb-no' "$json"

call "Refused: online, without an app token" \
    "/Cust12345/$operation" "$small" "$bearer" "$json"

call "Refused: an app that was not granted the agent (Online restriction)" \
    "/Cust12345/$operation" "$small" "$bearer" \
    'SO-AppToken: demo-token-without-agent' "$json"

call "Refused: the token of one tenant, the path of another" \
    "/Cust999/$operation" "$small" "$bearer" "$token" "$json"

call "Refused: a name twice, and more: all violations at once" \
    "/Cust12345/$operation" \
    '{"ErpConnectionId":0,"ErpKey":"a","erpkey":"b","CrmActorType":"Boat","FieldValues":[{}]}' \
    "$bearer" "$token" "$json"

call "Refused: not JSON. The answer is XML, for a client that prefers it" \
    "/Cust12345/$operation" '{"ErpKey": "a",}' "$bearer" "$token" \
    'Accept: application/xml' "$json"

echo
echo "${dim}The gateway's log$plain"
grep -o 'erpsync: [^,]*' "$dir/logs/error.log" | indent

echo
echo "${dim}Counted$plain"
curl -s "http://127.0.0.1:$port/status?format=prometheus" \
    | grep '^erpsync_requests_total' | indent

if [ "${DEMO:-}" = once ]; then
    exit 0
fi

echo
echo "The gateway stays up at http://127.0.0.1:$port/ until Ctrl-C;"
echo "its status page: http://127.0.0.1:$port/status"
wait "$pid"
