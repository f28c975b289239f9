#!/usr/bin/env bash
# Fuzzes what reads bytes of strangers or operators, each for FUZZ_SECONDS (60)
# from seeds of its own: bodies, targets, whole requests; tenants files,
# registries, signatures and public keys.  With arguments, only the targets
# named.  Inputs have at most FUZZ_LENGTH (4096) bytes.  What is found stays in
# build/fuzz/NAME; an input that takes more than two seconds (under the
# sanitizers) is a failure.

set -eu

cd "$(dirname "$0")/../.."

dir=${ERPSYNC_BUILD:-build}/fuzz

# seed TARGET NAME FORMAT TEXT: the bytes of a format, then a text

seed() {
    mkdir -p "$dir/$1/seeds"
    printf '%b%s' "$3" "$4" > "$dir/$1/seeds/$2"
}

# bodies: two bytes of choice, then the body

sample=$(cat tools/demo/sample.json)
seed body json '\x00\x00' "$sample"
seed body merge '\x01\x00' "$sample"
seed body patch '\x02\x00' '[{"op":"add","path":"/ErpKey","value":"a"},
{"op":"copy","from":"/ErpKey","path":"ErpConnectionId"},{"op":"test","path":"/ErpKey","value":"a"}]'
seed body xml '\x03\x00' '<r><ErpConnectionId>883</ErpConnectionId><FieldValues><x><CrmFieldKey>k</CrmFieldKey></x></FieldValues></r>'
seed body form '\x04\x00' 'ErpKey=a&FieldValues[0].CrmFieldKey=k&FieldValues[0][Value]=%41+'
seed body keys '\x00\x01' '{"ErpConnectionId":1,"FieldKeys":["a","b"]}'
seed body list '\x04\x01' 'FieldKeys=a&FieldKeys[]=b&EntityId=1&FieldKeys=+'
seed body dropped '\x14\x00' 'Foo.Bar[0]=1&FieldValues[0].FieldProperties[0].Key=a'
seed body namespace '\x03\x00' '<a:r xmlns:a="u v"><a:ErpKey a:nil="true"/><a:ErpActorType>1</a:ErpActorType></a:r>'
seed body expat '\x26\x00' '<r a="b"><ErpConnectionId>883</ErpConnectionId><x>a&amp;<y/></x><!-- c --><z><![CDATA[d]]>&#65;</z></r>'
seed body opaque '\x00\x06' '{"a":{"b":[1,2.5e3,null,true]}}'
seed body items '\x00\x08' '{"ListMapping":{"ErpListItemMappings":[{"ErpFieldId":1,"CrmList":{"ChildItems":[{"Name":"b"}],"Id":1}}],"x":1}}'
seed body entries '\x03\x09' '<r><ConfigFields><e><Key>a</Key><Value>b</Value></e></ConfigFields></r>'
seed body tree '\x04\x0a' 'Mapping.FieldMappings[0].Access=1&Mapping[FieldMappings][1][ErpFieldId]=2&Mapping.x.y[0]=3'
seed body form-entries '\x04\x03' 'Connection.ConfigFields[0].Key=a&Connection.ConfigFields[0].Value=b&Connection.UserGroupAccessIds=1'

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
seed target absolute '' "http://h$agent/SyncAll#x"

cat > "$dir/target/dict" <<'END'
"/api/v1/Agents/ErpSync/SyncAll"
"ErpSync"
"/../"
"%2e%2e"
"%2f"
"%5c"
"%25"
"%252f"
"%u005c"
"(S(x))"
"/Cust1"
"/Services8/ErpSync.svc"
"\"
"%3f"
"%23"
"%0d%0a"
END

# tenants

seed tenants one '' '{"version":1,"tenants":{"Cust1":{"host":"a.example:8443","state":"running"}}}'
seed tenants two '' '{"tenants":{"Cust1":{"retryAfter":9,"state":"maintenance","host":"[::1]:1"},"Cus\u00742":{"host":"10.0.0.1"}},"version":1}'

cat > "$dir/tenants/dict" <<'END'
"\"Cust1\":"
"\"host\":"
"\"state\":\"maintenance\""
"\"retryAfter\":"
"\"version\":1"
"\"tenants\":{"
"\\u0041"
"[2001:db8::1]:65535"
"255.255.255.255"
"xn--a-b.c"
END

# registries: those of the unit test

mkdir -p "$dir/registry/seeds"
for input in t/registry/*/input.json; do
    name=${input%/*}
    cp "$input" "$dir/registry/seeds/${name##*/}"
done

seed registry signature '' '5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw=='

cat > "$dir/registry/dict" <<'END'
"\"id\":"
"\"name\":"
"\"enabled\":false"
"\"enforce\":true"
"\"labels\":{\"tier\":\"gold\"}"
"\"tokens\":["
"\"certificates\":["
"\"sha256\":"
"\"expires\":\"2027-01-01T00:00:00Z\""
"\"notBefore\":"
"\"agents\":[\"ErpSync\"]"
"\"operations\":[\"SyncAll\"]"
"\"tenants\":[\"Cust1\"]"
"\"addresses\":[\"10.0.0.0/8\"]"
"\"erpConnections\":[1]"
"\"crmActorTypes\":[\"Contact\"]"
"\"erpActorTypes\":\"*\""
"\"sequence\":1"
"\\u0041"
END

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
seed request soap '\x03\x00' "POST /Cust1/Remote/Services88/ErpSync.svc $host
Content-Length: 1

a"
seed request options '\x00\x00' "OPTIONS $agent/SyncAll HTTP/1.1
Host: h
X-HTTP-Method: POST

"

cat > "$dir/request/dict" <<'END'
"/api/v1/Agents/ErpSync/SyncAll"
"POST /Cust1"
"?$select="
"&%24select=a"
"\x0d\x0a"
"\x0d\x0aSO-AppToken: app-token"
"\x0d\x0aAuthorization: SoTicket abc"
"\x0d\x0aAuthorization: Basic YTpi"
"\x0d\x0aAuthorization: Negotiate YTpi"
"\x0d\x0aX-XSRF-TOKEN: a"
"\x0d\x0aCookie: XSRF-TOKEN=a"
"\x0d\x0aSO-Language: nb-NO"
"\x0d\x0aSO-Culture: nb"
"\x0d\x0aSO-TimeZone: UTC"
"\x0d\x0aAccept-Language: de;q=0.7"
"\x0d\x0aAccept: application/xml"
"\x0d\x0aContent-Type: application/merge-patch+json"
"\x0d\x0aContent-Type: text/json; charset=\"utf-8\""
"\x0d\x0aContent-Encoding: identity"
"\x0d\x0aContent-Length: 2"
"\x0d\x0aTransfer-Encoding: chunked"
"\x0d\x0a\x0d\x0a2\x0d\x0a{}\x0d\x0a0\x0d\x0a\x0d\x0a"
END

include=(-Ingx_erpsync_module/core -Ingx_erpsync_module/cli)
for room in ngx_erpsync_module/core/*/; do
    include+=("-I$room")
done

for name in ${*:-body target request tenants registry signature}; do
    mkdir -p "$dir/$name/corpus"

    more=()
    [ "$name" != body ] || more=(@t/unit/general.opts)
    [ "$name" != request ] || more=($(ls ngx_erpsync_module/cli/*.c | grep -v main))

    clang -std=c11 -O1 -g -fsanitize=fuzzer,address,undefined \
        -fno-sanitize-recover=undefined "${include[@]}" -It/unit \
        "${more[@]}" -o "$dir/$name/fuzz" "tools/fuzz/$name.c" ngx_erpsync_module/core/*/*.c \
        -ljansson -lcrypto -lexpat

    dict=()
    [ ! -e "$dir/$name/dict" ] || dict=("-dict=$dir/$name/dict")

    "$dir/$name/fuzz" -max_total_time="${FUZZ_SECONDS:-60}" \
        -max_len="${FUZZ_LENGTH:-4096}" -timeout=2 -report_slow_units=1 \
        -print_final_stats=1 -artifact_prefix="$dir/$name/" \
        "${dict[@]}" "$dir/$name/corpus" "$dir/$name/seeds"
done
