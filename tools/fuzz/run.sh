#!/usr/bin/env bash
# Fuzzes the body decoders for FUZZ_SECONDS (60), with bodies of at most
# FUZZ_LENGTH (4096) bytes.  What is found stays in build/fuzz/corpus; a body
# that takes more than two seconds (under the sanitizers) is a failure.

set -eu

cd "$(dirname "$0")/../.."

dir=${ERPSYNC_BUILD:-build}/fuzz
mkdir -p "$dir/corpus" "$dir/seeds"

# a seed for each media type: two bytes of choice, then a body

seed() {
    printf '%b%s' "$2" "$3" > "$dir/seeds/$1"
}

sample=$(cat tools/demo/sample.json)
seed json '\x00\x00' "$sample"
seed merge '\x01\x00' "$sample"
seed patch '\x02\x00' '[{"op":"add","path":"/ErpKey","value":"a"},
{"op":"copy","from":"/ErpKey","path":"ErpConnectionId"},{"op":"test","path":"/ErpKey","value":"a"}]'
seed xml '\x03\x00' '<r><ErpConnectionId>883</ErpConnectionId><FieldValues><x><CrmFieldKey>k</CrmFieldKey></x></FieldValues></r>'
seed form '\x04\x00' 'ErpKey=a&FieldValues[0].CrmFieldKey=k&FieldValues[0][Value]=%41+'
seed keys '\x00\x01' '{"ErpConnectionId":1,"FieldKeys":["a","b"]}'
seed list '\x04\x01' 'FieldKeys=a&FieldKeys[]=b&EntityId=1&FieldKeys=+'
seed dropped '\x14\x00' 'Foo.Bar[0]=1&FieldValues[0].FieldProperties[0].Key=a'
seed namespace '\x03\x00' '<a:r xmlns:a="u v"><a:ErpKey a:nil="true"/><a:ErpActorType>1</a:ErpActorType></a:r>'
seed opaque '\x00\x03' '{"a":{"b":[1,2.5e3,null,true]}}'

clang -std=c11 -O1 -g -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=undefined -Ingx_erpsync_module/core \
    -o "$dir/body" tools/fuzz/body.c ngx_erpsync_module/core/*.c \
    -ljansson -lcrypto -lexpat

"$dir/body" -max_total_time="${FUZZ_SECONDS:-60}" \
    -max_len="${FUZZ_LENGTH:-4096}" -timeout=2 -report_slow_units=1 \
    -print_final_stats=1 -artifact_prefix="$dir/" "$dir/corpus" "$dir/seeds"
