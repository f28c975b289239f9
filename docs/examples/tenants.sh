#!/bin/sh
# Asks SuperOffice on which host each tenant is, and writes the tenants file of
# the gateway (docs/tenants.md).
#
#   tenants.sh FILE TENANT...
#
#   tenants.sh /etc/nginx/erpsync/tenants.json Cust12345 Cust26759
#
# Needs curl and jq.  The new file is checked before it takes the place of the
# old one.  If there is no answer for a tenant, its entry in the old file is
# kept, and the exit status is 1.
#
#   STATE_URL    https://online.superoffice.com/api/state; for the other
#                environments https://sod.superoffice.com/api/state and
#                https://qaonline.superoffice.com/api/state
#   ERPSYNCCTL   erpsyncctl

set -eu

[ $# -ge 2 ] || { echo "usage: $0 FILE TENANT..." >&2; exit 2; }

url=${STATE_URL:-https://online.superoffice.com/api/state}
file=$1
shift

for tenant
do
    case $tenant in
        Cust*[!0-9]* | Cust) ;;
        Cust*) continue ;;
    esac

    echo "$0: $tenant is not a tenant" >&2
    exit 2
done

new=$(mktemp "$(dirname "$file")/.$(basename "$file").XXXXXX")
trap 'rm -f "$new" "$new.entries"' EXIT
trap 'exit 1' HUP INT TERM

# The host is that of the member Endpoint, such as
# https://online3.superoffice.com/Cust12345.  A tenant that is not running is in
# maintenance.

# shellcheck disable=SC2016 # jq's variables, not the shell's
entry='
    if .ContextIdentifier != $tenant then error("another tenant") else . end
    | (.Endpoint | capture("^https://(?<host>[^/?#]+)").host) as $host
    | { ($tenant): { host: $host,
        state: (if .IsRunning == true then "running" else "maintenance" end) } }
'
status=0

for tenant
do
    if answer=$(curl -fsS --max-time 20 "$url/$tenant") \
        && printf '%s' "$answer" | jq -e --arg tenant "$tenant" "$entry"
    then
        continue
    fi

    status=1
    echo "$0: $tenant: no answer; its entry in $file is kept" >&2

    if [ -e "$file" ]; then
        jq --arg tenant "$tenant" \
            '.tenants | with_entries(select(.key == $tenant))' "$file"
    fi
done > "$new.entries"

jq -s '{ version: 1, tenants: (add // {}) }' "$new.entries" > "$new"

"${ERPSYNCCTL:-erpsyncctl}" tenants check "$new" > /dev/null

if ! cmp -s "$new" "$file"; then
    chmod 644 "$new"
    mv -f "$new" "$file"
fi

exit $status
