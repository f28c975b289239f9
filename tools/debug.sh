#!/usr/bin/env bash
# A gateway to look into: one process, debug log, gdb.  In front of the
# stand-in WebAPI of the demo, on 127.0.0.1:$PORT (8080).
#
# usage: debug.sh <module> <nginx>
# Without a terminal or gdb, nginx runs as it is until it is stopped.

set -eu

cd "$(dirname "$0")/.."

PATH=$PATH:/usr/sbin:/sbin
module=$1
nginx=$2
port=${PORT:-8080}
dir=$(dirname "$module")/run

if ! command -v "$nginx" > /dev/null; then
    echo "No $nginx in PATH: install it, or give the source of nginx:" \
        "make debug NGINX_SRC=/path/to/nginx-<version>"
    exit 1
fi

if ! "$nginx" -V 2>&1 | grep -q -- '--with-debug'; then
    echo "$nginx is built without --with-debug, so its log has no debug" \
        "lines. Build one that has it, from the source of the same version:"
    echo "    make debug NGINX_SRC=/path/to/nginx-<version>"
fi

mkdir -p "$dir/logs"
cp tools/demo/registry.json "$dir/"
sed -e "s|@MODULE@|$module|" -e "s|@DIR@|$dir|" -e "s|@PORT@|$port|" \
    -e "s|@ANSWER@|unix:$dir/answer.sock|" \
    -e 's|^daemon off;|daemon off;\nmaster_process off;|' \
    -e 's|^error_log .*|error_log logs/error.log debug;|' \
    tools/demo/nginx.conf > "$dir/nginx.conf"
rm -f "$dir"/*.sock

cat << END
gateway        http://127.0.0.1:$port/api/v1/Agents/ErpSync/TryConnectActor
configuration  $dir/nginx.conf
debug log      $dir/logs/error.log
a call         curl -H 'Authorization: Basic dTpw' \\
                   -H 'Content-Type: application/json' \\
                   --data-binary @tools/demo/sample.json \\
                   http://127.0.0.1:$port/api/v1/Agents/ErpSync/TryConnectActor
END

if [ -t 0 ] && command -v gdb > /dev/null; then
    exec gdb -q -ex 'set breakpoint pending on' \
        -ex 'break ngx_http_erpsync_preaccess_handler' \
        -ex 'break ngx_http_erpsync_precontent_handler' \
        -ex run --args "$nginx" -p "$dir" -c nginx.conf
fi

command -v gdb > /dev/null || echo "gdb is not installed: nginx runs without."

exec "$nginx" -p "$dir" -c nginx.conf
