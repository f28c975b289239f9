#!/usr/bin/env bash
# nginx with the module under valgrind: start, 100 requests of all kinds, 9
# refreshes of the registry, 20 reloads, stop.  Fails on a block that the module has definitely lost.

set -eu

cd "$(dirname "$0")/.."

nginx=${TEST_NGINX_BINARY:-$(command -v nginx || echo /usr/sbin/nginx)}
dir=$(mktemp -d)
port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(
    LocalAddr => "127.0.0.1", Listen => 1)->sockport')
pid=

finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT

mkdir "$dir/logs"
chmod 755 "$dir"

digest=$(printf token | sha256sum | cut -d ' ' -f 1)

cat > "$dir/registry.json" <<END
{ "version": 1, "apps": [ { "id": "app", "agents": ["ErpSync"],
  "tokens": [ { "sha256": "$digest" } ], "erpConnections": [883],
  "tenants": ["Cust1"], "addresses": ["127.0.0.0/8"] } ] }
END

cat > "$dir/nginx.conf" <<END
load_module ${ERPSYNC_BUILD:-$PWD/build}/ngx_http_erpsync_module.so;
daemon off;
worker_processes 1;
error_log logs/error.log notice;
pid logs/nginx.pid;
events { }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;

    server {
        listen unix:$dir/webapi.sock;
        location / { default_type application/json; return 200 true; }
    }

    server {
        listen 127.0.0.1:$port;
        erpsync on;
        erpsync_registry registry.json refresh=1s;
        erpsync_languages en nb-NO;
        client_body_buffer_size 1k;
        location / { proxy_pass http://unix:$dir/webapi.sock; }
    }
}
END

valgrind --leak-check=full --show-leak-kinds=definite --trace-children=yes \
    --log-file="$dir/valgrind.%p" \
    "$nginx" -p "$dir" -c nginx.conf &
pid=$!

for _ in $(seq 100); do
    curl -s -o "$dir/answer" "http://127.0.0.1:$port/" && break
    sleep 0.2
done

call() {
    curl -s -o "$dir/answer" -H 'Content-Type: application/json' \
        -H 'Authorization: Bearer 8A:Cust1.x' -H 'SO-AppToken: token' "$@" \
        "http://127.0.0.1:$port/Cust1/api/v1/agents/erpsync/$operation"
}

good='{"erpConnectionId":883,"CrmRecordId":1,"CrmActorType":1,
"ErpKey":"a\u0041","ErpActorType":"supplier","FieldValues":[{"CrmFieldKey":1}]}'
field='{"CrmFieldKey":"k","Value":"a value of some length","SyncToErp":1}'
large=${good%]\}}$(printf ",$field%.0s" $(seq 100))]}

operation=TryConnectActor

for _ in $(seq 10); do
    call -d "$good"
    call -d "$large"
    call -d "$large" -H 'Transfer-Encoding: chunked'
    call -d '{"ErpKey":"","x":{"a":1,"A":2}}'
    call -d '{"ErpKey":'
    call -d "$good" -H 'SO-AppToken: other' -H 'Accept: application/xml'
    call -d "$good" -H 'SO-Language: nb-no' -H 'SO-TimeZone: no'
    call -d "$good" -H 'Accept-Language: de, en;q=0.5'
    call -X PUT
    call
done

# the registry changes, to an invalid one and back

cp "$dir/registry.json" "$dir/good.json"

for _ in 1 2 3; do
    sed 's/"app"/"other"/' "$dir/good.json" > "$dir/new"
    mv "$dir/new" "$dir/registry.json"
    sleep 2
    call -d "$good"
    echo '{' > "$dir/registry.json"
    sleep 2
    cp "$dir/good.json" "$dir/registry.json"
    sleep 2
    call -d "$good"
done

grep -q 'erpsync: registry .* valid again' "$dir/logs/error.log" \
    || { echo "memcheck: no refresh"; exit 1; }

for _ in $(seq 20); do
    kill -HUP "$pid"
    sleep 0.5
    call -d "$good"
done

[ "$(cat "$dir/answer")" = true ] || { echo "the gateway does not answer"; exit 1; }

kill -QUIT "$pid"
wait "$pid" || true
pid=

if grep -h -A 20 'definitely lost in' "$dir"/valgrind.* \
    | grep -q -e erpsync -e jansson -e json_
then
    grep -h -A 20 'definitely lost in' "$dir"/valgrind.*
    echo "memcheck: the module has lost memory"
    exit 1
fi

if grep -h -A 12 -e 'Invalid read' -e 'Invalid write' \
    -e 'uninitialised value' "$dir"/valgrind.*
then
    echo "memcheck: invalid memory access"
    exit 1
fi

echo "memcheck: $(ls "$dir"/valgrind.* | wc -l) processes," \
    "no block of the module definitely lost, no invalid access"
