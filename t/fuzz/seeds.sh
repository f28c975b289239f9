#!/usr/bin/env bash
# Writes the seeds of a fuzz target to a directory, and a dictionary, if it has
# one.
#
# usage: seeds.sh TARGET DIRECTORY

set -eu

cd "$(dirname "$0")/../.."

target=$1
dir=$2

mkdir -p "$dir/seeds"

# seed TARGET NAME BYTES TEXT: bytes as printf's %b has them, then a text

seed() {
    [ "$1" = "$target" ] || return 0
    printf '%b%s' "$3" "$4" > "$dir/seeds/$2"
}

seed_file() {
    [ "$1" = "$target" ] || return 0
    cp "$3" "$dir/seeds/$2"
}

# The index of an operation in erpsync_operations[], as an escape of printf.

schema=ngx_erpsync_module/core/schema/erpsync_schema.c
operations=$(sed -n '/^const erpsync_operation_t/,/^};/ {
    s/^ *\(SCHEMA\|NO_BODY\)("\([A-Za-z]*\)".*/\2/p }' "$schema")

operation() {
    printf '\\x%02x' \
        $(($(grep -nx "$1" <<< "$operations" | cut -d : -f 1) - 1))
}

# bodies: a byte for media type and settings, the operation, then the body

seed_body() {
    seed body "$1" "$2$(operation "$3")" "$4"
}

sample=$(cat tools/demo/sample.json)
seed_body json '\x00' TryConnectActor "$sample"
seed_body merge '\x01' TryConnectActor "$sample"
seed_body patch '\x02' TryConnectActor '[{"op":"add","path":"/ErpKey","value":"a"},
{"op":"copy","from":"/ErpKey","path":"ErpConnectionId"},{"op":"test","path":"/ErpKey","value":"a"}]'
seed_body xml '\x03' TryConnectActor '<r><ErpConnectionId>883</ErpConnectionId><FieldValues><x><CrmFieldKey>k</CrmFieldKey></x></FieldValues></r>'
seed_body form '\x04' TryConnectActor 'ErpKey=a&FieldValues[0].CrmFieldKey=k&FieldValues[0][Value]=%41+'
seed_body keys '\x00' GetErpFieldValues '{"ErpConnectionId":1,"FieldKeys":["a","b"]}'
seed_body list '\x04' GetErpFieldValues 'FieldKeys=a&FieldKeys[]=b&EntityId=1&FieldKeys=+'
seed_body dropped '\x14' TryConnectActor 'Foo.Bar[0]=1&FieldValues[0].FieldProperties[0].Key=a'
seed_body namespace '\x03' TryConnectActor '<a:r xmlns:a="u v"><a:ErpKey a:nil="true"/><a:ErpActorType>1</a:ErpActorType></a:r>'
seed_body expat '\x26' TryConnectActor '<r a="b"><ErpConnectionId>883</ErpConnectionId><x>a&amp;<y/></x><!-- c --><z><![CDATA[d]]>&#65;</z></r>'
seed_body opaque '\x00' SyncAll '{"a":{"b":[1,2.5e3,null,true]}}'
seed_body items '\x00' SaveConnectionListMappings '{"ListMapping":{"ErpListItemMappings":[{"ErpFieldId":1,"CrmList":{"ChildItems":[{"Name":"b"}],"Id":1}}],"x":1}}'
seed_body entries '\x03' TestConnectionByConfig '<r><ConfigFields><e><Key>a</Key><Value>b</Value></e></ConfigFields></r>'
seed_body tree '\x04' SaveActorTypeMapping 'Mapping.FieldMappings[0].Access=1&Mapping[FieldMappings][1][ErpFieldId]=2&Mapping.x.y[0]=3'
seed_body form-entries '\x04' SaveConnection 'Connection.ConfigFields[0].Key=a&Connection.ConfigFields[0].Value=b&Connection.UserGroupAccessIds=1'

# targets

agent=/api/v1/Agents/ErpSync
seed target plain '' "/Cust1$agent/SyncAll?a=b"
seed target backslash '' "/Cust1$agent\\SyncAll\\x/.."
seed target empty '' "$agent/TryConnectActor///../.."
seed target slash '' "$agent/TryConnectActor/%2f../.."
seed target twice '' '/Cust1/%252e%252e/%2543ust9/api/v1/Agents/%2545rpSync/SyncAll'
seed target unicode '' '/api/v1/Agents/%25u0045rpSync/SyncAll'
seed target cookieless '' '/api/v1/Agents/(S(x))/Erp(A(1)F(2))Sync/SyncAll'
seed target line '' "/x%20HTTP/1.1%0d%0aGET%20$agent/SyncAll%20\\..\\..\\..\\..\\.."
seed target soap '' '/Remote\Services88\ErpSync.svc\x/..'
seed target deep '' "$(printf '/x%.0s' {1..65})/erpsync#/"
seed target absolute '' "http://h$agent/SyncAll#x"

# tenants

seed tenants one '' '{"version":1,"tenants":{"Cust1":{"host":"a.example:8443","state":"running"}}}'
seed tenants two '' '{"tenants":{"Cust1":{"retryAfter":9,"state":"maintenance","host":"[::1]:1"},"Cus\u00742":{"host":"10.0.0.1"}},"version":1}'

# registries: those of the unit test

for input in t/registry/*/input.json; do
    name=${input%/*}
    seed_file registry "${name##*/}" "$input"
done

seed registry signature '' '5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw=='

# signatures: a byte of choice, then the signature, or public keys

seed signature made '\x00' '5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==
'
seed signature keys '\x01' '-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
'
seed signature private '\x01' 'text
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
'

# requests: two bytes of choice, then the request

host='HTTP/1.1
Host: h
SO-AppToken: app-token
Authorization: Bearer 8A:Cust1.abc'
seed request call '\x00\x00' "POST /Cust1$agent/TryConnectActor?\$select=a/b,c&x=1 $host
Content-Type: application/json
Content-Length: $((${#sample}))

$sample"
seed request token '\x00\x00' "POST /Cust1$agent/TryConnectActor $host
Content-Type: application/json
Content-Length: 15

{\"app-token\":1}"
seed request chunks '\x40\x13' "POST $agent/TryConnectActor $host
Transfer-Encoding: chunked
Content-Type: application/xml; charset=utf-8
Accept-Language: nb;q=0.5, de, *;q=0.1
SO-TimeZone: utc, includeTZOffset
Cookie: XSRF-TOKEN=a%20b; c=d

b;x=y
<r><a/></r>
0
T: r

"
seed request get '\x11\x04' "GET /Cust1$agent/GetErpFieldValues $host
X-HTTP-Method-Override: DELETE
X_XSRF_TOKEN: a
Accept: application/problem+json, text/xml;q=0.9

"
seed request xsrf '\x31\x08' "POST /Cust1$agent/SyncAll HTTP/1.0
Host: h
X-XSRF-TOKEN: ab
Cookie: XSRF-TOKEN=a%62
SO-Culture: en-us
SO-Language:
Content-Type: application/x-www-form-urlencoded
Content-Length: 3

a=b"
seed request form '\x40\x00' "POST /Cust1$agent/GetErpFieldValues $host
Content-Type: application/x-www-form-urlencoded
Content-Length: 3

a=b"
seed request soap '\x03\x00' "POST /Cust1/Remote/Services88/ErpSync.svc $host
Content-Length: 1

a"
seed request options '\x00\x00' "OPTIONS $agent/SyncAll HTTP/1.1
Host: h
X-HTTP-Method: POST

"

# patches: bytes that choose operations

seed patch few '' 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
seed patch more '' "$sample"

# refusals: media type, operation, unknown members, reason, hint; then a body

seed refusal json "\\x00$(operation TryConnectActor)\\x00\\x00\\x00" \
    '{"ErpConnectionId":"S3cr3t","a/b~\u0001":1,"\uffff":2,"Erpkey":null}'
seed refusal xml "\\x03$(operation TryConnectActor)\\x00\\x01\\x01" \
    '<r><CrmActorType>S3cr3t</CrmActorType><x>S3cr3t</x></r>'
seed refusal form "\\x04$(operation GetErpFieldValues)\\x00\\x02\\x02" \
    'FieldKeys[3]=S3cr3t&%22x%22=1'
seed refusal patch "\\x02$(operation TryConnectActor)\\x00\\x02\\x02" \
    '[{"op":"test","path":"/ErpKey","value":"S3cr3t"}]'
seed refusal reason '\x03\x0b\x00\x10\x01' '<r/>'

# headers: schemes, locale; then fields, a letter each

seed headers bearer '\x1f\x00' 'aBearer 8A:Cust1.abc
lnb;q=0.5, de
unb
zutc, includeTZOffset
tapplication/json; charset="utf-8"
eidentity
papplication/problem+json;q=0.9, text/xml
p*/*;q=0.1
q$select=a/b,c,,a&x=1&%24y=2'
seed headers basic '\x01\x0f' 'abasic  YTpi
Len-us; en-gb;q=0.3
L*
uDE-de
q%u0024SELECT=+a%2cb&;b
sformat=json'
seed headers xsrf '\x10\x07' 'xa b
cXSRF-TOKEN=a%20b; c=d
cxsrf-token="a b"
lnb-no-x-1
z+includeTZOffset
ttext/xml;charset=us-ascii;a="b\";c"'

# counters: seven strings, then numbers

seed metrics one '' 'acme-erp
Acme "ERP"
/etc/nginx/apps.json
line 3, column 7: </script>
1.22.1
Cust12345
/FieldValues/*/Value:length
'"$sample"

# edits: a byte for the command, its arguments, an empty line, a registry

digest=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
registry='{"version":1,"sequence":7,"apps":[{"id":"acme","tenants":["Cust1"],
"tokens":[{"sha256":"'$digest'"},{"sha256":"ff'${digest#??}'",
"expires":"2020-01-01T00:00:00Z"}],"agents":["ErpSync"],"erpConnections":[1,2],
"labels":{"tier":"gold"}},{"id":"beta","enabled":false,"agents":[],
"certificates":[{"sha256":"'$digest'"}],"operations":"*"}]}'

seed edits add '\x00' "--id=gamma
--agent=ErpSync
--tenant=Cust2
--name=Gamma
--expires=90d

$registry"
seed edits rotate '\x01' "acme
--expire-old=24h
--prune

$registry"
seed edits revoke '\x02' "beta

$registry"
seed edits revoke-token '\x02' "acme
--token=0123

$registry"
seed edits remove '\x02' "acme
--remove

$registry"
seed edits enable '\x03' "beta

$registry"
seed edits enforce '\x04' "acme

$registry"
seed edits grant '\x05' "acme
--tenant=Cust2
--connection=3
--operation=SyncAll
--narrow
--crm-actor-type=*

$registry"
seed edits ungrant '\x06' "acme
--tenant=Cust1
--connection=1

$registry"

# the name of each member and value, as each media type has it

if [ "$target" = body ] || [ "$target" = refusal ]; then
    sed -n 's/^[^/*]*("\([A-Za-z]*\)".*/\1/p' "$schema" | sort -u \
        | while read -r name; do
            printf '"\\"%s\\":"\n"<%s>"\n"%s="\n' "$name" "$name" "$name"
        done > "$dir/dict"

elif [ -e "t/fuzz/$target.dict" ]; then
    cp "t/fuzz/$target.dict" "$dir/dict"
fi
