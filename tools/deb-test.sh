#!/usr/bin/env bash
# What Debian's packages do to a machine: in a root that may be changed, with
# them installed from DIR, and without a network (tools/deb.sh does it).
#
# usage: deb-test.sh DIR

set -u

debs=$1
registry=/etc/nginx/erpsync/apps.json
site=/etc/nginx/sites-enabled/erpsync.conf
enabled=/etc/nginx/modules-enabled/50-mod-http-erpsync.conf
package=libnginx-mod-http-erpsync
failed=0
passed=0

export DEBIAN_FRONTEND=noninteractive

# check NAME COMMAND ...

check() {
    local name=$1 output
    shift

    if output=$("$@" 2>&1); then
        echo "ok - $name"
        passed=$((passed + 1))
    else
        echo "not ok - $name: $* $output"
        failed=$((failed + 1))
    fi
}

mode() {
    [ "$(stat -c '%U:%G %a' "$1")" = "$2" ]
}

state() {
    sha256sum $registry $site && stat -c '%U:%G %a %n' $registry $site
}

same_state() {
    diff <(state) <(echo "$before")
}

call() {
    curl -s -o /dev/null -w '%{http_code}' \
        -H 'Authorization: Bearer 8A:Cust12345.AbC' -H 'SO-AppToken: a-token-of-32-letters' \
        -H 'Content-Type: application/json' \
        --data '{"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":1,"ErpKey":"C-1","ErpActorType":"Customer"}' \
        http://127.0.0.1:8080/Cust12345/api/v1/Agents/ErpSync/TryConnectActor
}

answers() {
    [ "$(call)" = "$1" ]
}

# The same package as an upgrade: with another version.

upgrade() {
    local dir

    dir=$(mktemp -d)
    dpkg-deb -R "$debs"/${package}_*.deb "$dir/p" \
        && sed -i "s/^Version: .*/&+$1/" "$dir/p/DEBIAN/control" \
        && dpkg-deb -b "$dir/p" "$dir/$package.deb" \
        && dpkg -i "$dir/$package.deb"
}

# The module that the running nginx has in memory is the one of the package.

is_new() {
    local maps

    maps=$(grep ngx_http_erpsync_module.so "/proc/$(cat /run/nginx.pid)/maps") \
        && [[ $maps != *'(deleted)'* ]]
}

# A root has no init system: invoke-rc.d may use the scripts of init.d.

printf '#!/bin/sh\nexit 0\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d

echo "# as installed"

check 'the module is enabled' \
    [ "$(readlink $enabled)" = /usr/share/nginx/modules-available/mod-http-erpsync.conf ]
check 'nginx -t' nginx -t
check 'the registry: owner and mode' mode $registry root:www-data\ 640
check 'its directory' mode /etc/nginx/erpsync root:root\ 755
check 'the registry is valid, workers can read it' \
    erpsyncctl registry check --user www-data --fail-on-warning $registry
check 'the registry has no app' [ "$(erpsyncctl registry list --json $registry | tr -d ' \n' | grep -c '"apps":\[\]')" = 1 ]
check 'no link of the documents leads nowhere' \
    [ -z "$(find /usr/share/doc/$package -xtype l)" ]

for file in /usr/share/man/man1/erpsyncctl.1.gz \
    /usr/share/bash-completion/completions/erpsyncctl \
    /usr/share/doc/$package/examples/online.conf \
    /usr/share/doc/$package/examples/monitoring/erpsync-rules.yml \
    /usr/share/doc/$package/docs/operations.md
do
    check "$file" [ -s $file ]
done

check 'an operation is completed' bash -c \
    '. /usr/share/bash-completion/completions/erpsyncctl && type -t _erpsyncctl'

echo "# in use, then upgraded"

echo a-token-of-32-letters | erpsyncctl registry add --id acme-erp --agent ErpSync \
    --tenant Cust12345 $registry > /dev/null
cat > $site <<'END'
server {
    listen 127.0.0.1:8080;
    erpsync on;
    erpsync_registry /etc/nginx/erpsync/apps.json;
    location / { proxy_pass http://127.0.0.1:8082; }
}
server {
    listen 127.0.0.1:8082;
    return 200 true;
}
END
before=$(state)
check 'the service starts' /etc/init.d/nginx start
sleep 1
check 'a call' answers 200

master=$(cat /run/nginx.pid)
check 'an upgrade' upgrade 1
check 'it keeps registry and configuration' same_state
check 'it keeps the module enabled' [ -L $enabled ]
check 'a new master process runs' [ "$(cat /run/nginx.pid)" != "$master" ]
check 'it has the new module' is_new
check 'a call after the upgrade' answers 200

cp $site $site.old
echo 'erpsync broken;' >> $site
master=$(cat /run/nginx.pid)
check 'an upgrade, though nginx -t fails' upgrade 2
check 'nginx goes on' [ "$(cat /run/nginx.pid)" = "$master" ]
check 'a call after it' answers 200
mv $site.old $site

rm $enabled
mv $site /root/site
check 'an upgrade, the module disabled by hand' upgrade 3
check 'it stays disabled' [ ! -L $enabled ]
ln -s /usr/share/nginx/modules-available/mod-http-erpsync.conf $enabled
mv /root/site $site

check 'back to the first version' dpkg -i "$debs"/${package}_*.deb
check 'it keeps registry and configuration, too' same_state
check 'a call with it' answers 200

echo "# removed, installed again, purged"

mv $site /root/site
check 'removal' dpkg -r $package
check 'the module is not enabled' [ ! -L $enabled ]
check 'nginx -t without it' nginx -t
check 'the registry is still there' [ -s $registry ]
check 'installed again' dpkg -i "$debs"/${package}_*.deb
check 'it is enabled again' [ -L $enabled ]
mv /root/site $site
check 'with the same registry' same_state
/etc/init.d/nginx restart > /dev/null
sleep 1
check 'a call once more' answers 200
rm $site
/etc/init.d/nginx stop > /dev/null
check 'purge' dpkg -P $package erpsyncctl
check 'nothing is left' [ -z "$(find /etc /opt /run /usr /var \
    -iname '*erpsync*' -not -path '/var/tmp/*')" ]
check 'nginx -t at the end' nginx -t
rm /usr/sbin/policy-rc.d

echo
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
