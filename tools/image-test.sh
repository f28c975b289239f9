#!/usr/bin/env bash
# The image as it is run: by an ordinary user, on a root that cannot be
# written, without capabilities, with a registry and a configuration that are
# mounted.  Calls go through it to a stand-in for the WebAPI.  Everything is in
# a network namespace of its own.  Needs root.
#
# Writes what it measured to docs/deployment.md.

set -eu

cd "$(dirname "$0")/.."

PATH=$PATH:/usr/sbin:/sbin
build=${ERPSYNC_BUILD:-$PWD/build}
image=localhost/erpsync-gateway:latest

[ "$(id -u)" -eq 0 ] || { echo "$0: network namespaces need root"; exit 1; }

export STORE=$build/image/store
tools/setup.sh build nginx image containers
tools/image.sh

name=erpsync-image-$$
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/$name-XXXXXX")
webapi=

podman() {
    CONTAINERS_CONF=$dir/containers.conf command podman \
        --root "$STORE" --runroot "$STORE/run" "$@" 2>> "$dir/podman.log"
}

inside() {
    ip netns exec "$name" "$@"
}

finish() {
    podman rm -f "$name" > /dev/null || true
    [ -z "$webapi" ] || kill "$webapi" || true
    ip netns del "$name" 2> /dev/null || true
    rm -rf --one-file-system "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

failed=0
checks=0

# is GOT WANTED WHAT

is() {
    checks=$((checks + 1))
    if [ "$1" = "$2" ]; then
        echo "ok $checks - $3"
    else
        echo "not ok $checks - $3: $1, not $2"
        failed=$((failed + 1))
    fi
}

until_true() {
    local n
    for n in $(seq 200); do
        "$@" > /dev/null 2>&1 && return
        sleep 0.05
    done
    echo "waited in vain: $*"
    tail -n 20 "$dir/podman.log"
    podman logs "$name" || true
    return 1
}

# An engine that may not raise limits, as in a sandbox, is given the limits
# that there are, and a runtime that works with both kinds of cgroups.

engine() {
    local conf

    for conf in '' '[engine]\nruntime = "runc"\n' '[engine]\nruntime = "runc"
[containers]\ndefault_ulimits = [ "nofile=1024:1024", "nproc=1024:1024" ]\n'
    do
        printf "$conf" > "$dir/containers.conf"
        podman run --rm --network none --entrypoint true "$image" && return
    done

    echo "containers cannot be run here:"
    tail -n 3 "$dir/podman.log"
    exit 1
}

engine
ip netns add "$name"
inside ip link set lo up

# What is mounted.  The registry is in a directory as Kubernetes makes it of a
# Secret: the files are links through ..data, which is swapped.

mkdir -p "$dir/conf" "$dir/registry/..1" "$dir/logs"
chmod 755 "$dir"

printf 'demo-token\n' > "$dir/token"
podman run --rm -i --user 0 --network none --entrypoint erpsyncctl \
    -v "$dir/registry/..1:/registry" "$image" registry add --create --id acme-erp \
    --agent ErpSync --tenant Cust12345 /registry/apps.json < "$dir/token" \
    > /dev/null
chmod 644 "$dir/registry/..1/apps.json"
ln -s ..1 "$dir/registry/..data"
ln -s ..data/apps.json "$dir/registry/apps.json"

cat > "$dir/conf/gateway.conf" <<'END'
server {
    listen 8080;
    erpsync          on;
    erpsync_registry /etc/nginx/erpsync/apps.json refresh=1s;

    location / {
        proxy_pass http://127.0.0.1:9000;
    }
}
END

cat > "$dir/webapi.conf" <<END
daemon off;
pid $dir/webapi.pid;
error_log $dir/logs/webapi.log;
events { }
http {
    client_body_temp_path $dir/body;
    log_format received escape=none '\$request_body';
    server {
        listen unix:$dir/answer.sock;
        access_log off;
        location / { return 200 true; }
    }
    server {
        listen 9000;
        access_log $dir/received.log received;
        location / { proxy_pass http://unix:$dir/answer.sock; }
    }
}
END

# not by inside(): its pid is to be nginx's

ip netns exec "$name" nginx -p "$dir" -c "$dir/webapi.conf" \
    -e "$dir/logs/webapi.log" &
webapi=$!

run_as=(--read-only --cap-drop=all --security-opt=no-new-privileges
    --network "ns:/run/netns/$name" -v "$dir/conf:/etc/nginx/conf.d:ro"
    -v "$dir/registry:/etc/nginx/erpsync:ro")

healthy() {
    [ "$(inside curl -s -o "$dir/out" -w '%{http_code}' \
        http://127.0.0.1:8081/health)" = 204 ]
}

# call TENANT: the status of the documented sample; its answer in answer

call() {
    inside curl -s -o "$dir/answer" -w '%{http_code}' --data-binary \
        "${2:-@tools/demo/sample.json}" -H 'Content-Type: application/json' \
        -H "Authorization: Bearer 8A:$1.AbC" -H 'SO-AppToken: demo-token' \
        "http://127.0.0.1:8080/$1/api/v1/Agents/ErpSync/TryConnectActor"
}

received() {
    cat "$dir/received.log" 2> /dev/null || true
}

# What the operator sees if a mount is missing.

is "$(podman run --rm --network none "$image" > "$dir/out" 2>&1 \
    || grep -o 'open() "/etc/nginx/conf.d/gateway.conf" failed' "$dir/out" \
        "$dir/podman.log" | cut -d : -f 2 | head -n 1)" \
    'open() "/etc/nginx/conf.d/gateway.conf" failed' \
    'without a configuration it does not start'

podman run -d --name "$name" "${run_as[@]}" "$image" > "$dir/id"
until_true healthy

status=$(podman exec "$name" cat /proc/1/status)
is "$(awk '/^Uid/ { print $2 }' <<< "$status")" 33 'its user is www-data'
is "$(awk '/^CapEff/ { print $2 }' <<< "$status")" 0000000000000000 \
    'it has no capabilities'
is "$(awk '/^NoNewPrivs/ { print $2 }' <<< "$status")" 1 \
    'and cannot get any'
is "$(podman exec "$name" touch /etc/nginx/x && echo written)" '' \
    'its root cannot be written'
is "$(podman healthcheck run "$name" && echo healthy)" healthy \
    'its health check'
is "$(podman run --rm --network none --entrypoint /usr/lib/erpsync/health \
    "$image" && echo healthy)" '' 'which fails without nginx'

is "$(call Cust12345)" 200 'the documented sample is forwarded'
is "$(cat "$dir/answer")" true 'and answered'
is "$(received)" "$(build/erpsyncctl body check tools/demo/sample.json)" \
    'the WebAPI received the canonical body'
: > "$dir/received.log"
is "$(call Cust999)" 403 'a tenant that is not granted is refused'
is "$(jq -r .ErrorType < "$dir/answer")" tenant_not_granted 'for that reason'
is "$(received)" '' 'and the WebAPI is not contacted'
is "$(podman logs "$name" | jq -r '[ .decision, .reason ] | join(" ")' \
    2> /dev/null | tail -n 2 | tr '\n' ' ')" 'allow ok deny tenant_not_granted ' \
    'the audit log is on standard output'

# The Secret changes: another directory, then ..data is swapped.

mkdir "$dir/registry/..2"
cp "$dir/registry/..1/apps.json" "$dir/registry/..2/"
build/erpsyncctl registry revoke "$dir/registry/..2/apps.json" acme-erp \
    2> /dev/null
chmod 644 "$dir/registry/..2/apps.json"
ln -s ..2 "$dir/registry/..new"
mv -T "$dir/registry/..new" "$dir/registry/..data"

disabled() {
    [ "$(call Cust12345)" = 403 ] && grep -q app_disabled "$dir/answer"
}

is "$(until_true disabled && echo yes)" yes 'a swapped registry is loaded'
ln -s ..1 "$dir/registry/..new"
mv -T "$dir/registry/..new" "$dir/registry/..data"

again() {
    [ "$(call Cust12345)" = 200 ]
}

is "$(until_true again && echo yes)" yes 'and so is the next one'

# A call whose body is still on its way when the container is stopped.

inside perl -MIO::Socket::INET -e '
    my ($dir, $body) = @ARGV;
    my $s = IO::Socket::INET->new("127.0.0.1:8080") or die $@;
    print $s "POST /Cust12345/api/v1/Agents/ErpSync/TryConnectActor HTTP/1.1"
        . "\r\nHost: gateway\r\nContent-Type: application/json\r\n"
        . "Authorization: Bearer 8A:Cust12345.AbC\r\nConnection: close\r\n"
        . "SO-AppToken: demo-token\r\nContent-Length: " . length($body)
        . "\r\n\r\n" . substr $body, 0, 100;
    open my $begun, ">", "$dir/begun";
    for (1 .. 200) {
        last if -e "$dir/stopping";
        select undef, undef, undef, 0.05;
    }
    print $s substr $body, 100;
    print while <$s>;' "$dir" "$(cat tools/demo/sample.json)" > "$dir/slow" &
slow=$!
until_true test -e "$dir/begun"
podman stop -t 30 "$name" > /dev/null &
stop=$!

refuses() {
    ! healthy
}

until_true refuses
touch "$dir/stopping"
wait "$slow" || true
wait "$stop" || true

is "$(head -n 1 "$dir/slow" | tr -d '\r')" 'HTTP/1.1 200 OK' \
    'a call that had begun is answered after the stop'
is "$(podman inspect "$name" | jq .[0].State.ExitCode)" 0 'the stop is graceful'
podman logs "$name" > "$dir/out" 2>&1 || true
is "$(grep -c -E '\[(alert|crit|emerg)\]' "$dir/out" || true)" 0 \
    'nothing is worse than an error in its log'

# From the command to the first answer, by the engine; and nginx alone.

times=()
for _ in 1 2 3 4 5; do
    podman rm -f "$name" > /dev/null
    before=$(date +%s%N)
    podman run -d --name "$name" "${run_as[@]}" "$image" > "$dir/id"
    until_true healthy
    times+=($((($(date +%s%N) - before) / 1000000)))
done
median=$(printf '%s\n' "${times[@]}" | sort -n | sed -n 3p)

size=$(podman image inspect "$image" | jq '.[0].Size / 1000000 | floor')
base=$(podman image inspect "$(podman images -q --filter \
    'reference=localhost/erpsync-base' | head -n 1)" 2> /dev/null \
    | jq '.[0].Size / 1000000 | floor' || true)
versions=$(podman exec "$name" sh -c '. /etc/os-release
    echo "Debian $VERSION_ID, $(nginx -v 2>&1 | sed "s/nginx version: //")"')

[ $failed -eq 0 ] || { echo "$failed of $checks failed"; exit 1; }

{
    echo "| measured by \`make test-image\`, $(date -u +%F) | |"
    echo '|---|---|'
    echo "| made of | $versions |"
    echo "| size, uncompressed | $size MB${base:+, $base MB of it the base} |"
    echo "| from the start of the container to the first answer | $median ms," \
        'median of 5 |'
    echo "| machine | $(nproc) cores, $(sed -n 's/^model name\s*: //p' \
        /proc/cpuinfo | head -n 1), $(podman --version), $(podman info \
        | sed -n '/ociRuntime:/,/name:/s/ *name: //p') |"
} > "$dir/table"
tools/written.pl docs/deployment.md image "$dir/table"
echo "all $checks checks passed"
cat "$dir/table"
