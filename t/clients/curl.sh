#!/usr/bin/env bash
# curl: without -H what it sends is a form; all calls on one connection.

set -u

credentials=(-H "Authorization: $AUTHORIZATION")
[ -z "${APP_TOKEN:-}" ] || credentials+=(-H "SO-AppToken: $APP_TOKEN")
[ -z "${CA:-}" ] || credentials+=(--cacert "$CA")

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
next=()

while IFS=$'\t' read -r operation path type body; do
    n=$((n + 1))
    printf '%s' "$body" > "$dir/$n"
    args=("$BASE/$path" -s -S -o /dev/null -w "$operation $type %{http_code}\n"
        "${credentials[@]}")
    case $type in
    -) args+=(-d '') ;;
    application/x-www-form-urlencoded) args+=(--data-binary "@$dir/$n") ;;
    *) args+=(--data-binary "@$dir/$n" -H "Content-Type: $type") ;;
    esac
    if [ $n -eq 1 ]; then
        next=("${args[@]}")
    else
        next+=(--next "${args[@]}")
    fi
    if [ "$type" = application/json ]; then
        json=$dir/$n
    fi
done < <(head -n -1 "$CALLS")

curl "${next[@]}"

curl -s -S -o /dev/null -w 'moved %{http_code}\n' "${credentials[@]}" -L \
    -H 'Content-Type: application/json' --data-binary "@$json" "$MOVED"

tail -n 1 "$CALLS" | cut -f 4 | tr -d '\n' > "$dir/large"
curl -s -S -o /dev/null -w 'large %{http_code}\n' "${credentials[@]}" \
    -H 'Content-Type: application/json' --data-binary "@$dir/large" \
    "$BASE/TryConnectActor"
