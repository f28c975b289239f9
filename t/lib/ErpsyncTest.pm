package ErpsyncTest;

# What the declarative tests share.  A block without "http_config", "config"
# or "user_files" gets these:
#
#   - a stand-in WebAPI in the same nginx, on a socket, which answers with
#     what it received: request line, headers, an empty line, the body;
#   - a gateway in front of it with a small registry;
#   - that registry, in html/registry.json.
#
# A block without "request" makes a good call, which these sections change:
#
#   method    POST
#   uri       /Cust12345/api/v1/Agents/ErpSync/TryConnectActor
#   headers   lines that replace the header of that name or are added; "! Name"
#             takes one away
#   body      the body
#
# Its answer must be what the WebAPI received, byte for byte:
#
#   forwarded_uri      as the canonical URI
#   forwarded          all headers, but for Host, Connection, Content-Length;
#                      and for Accept that stands in for an absent one
#   forwarded_body     the body ("" for none, and then no Content-Length)
#   forwarded_length   Content-Length, where it is not that of the body
#
# Other sections of our own:
#
#   gateway   directives that are added to the default "config"
#   location  the same in its location
#   http      the same to the default "http_config"
#   files     more user_files, as a list of [ name, text ]
#   refused   the reason: asks for its status, answer and line in the log
#
# Whenever a status of 400 or more is expected, the block also fails if the
# WebAPI was contacted, unless it has a section "contacted"; every block
# fails on an alert or worse in the error log unless it expects that line.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);

use FreePort;

use base 'Exporter';

our @EXPORT = qw(registry $Body $Canonical $Token);

our $Token = 'qw123f4c56770bc278017796cd16bd11';

our $Body = '{"ErpConnectionId":883,"CrmRecordId":34,'
    . '"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}';

our $Canonical = '{"ErpConnectionId":883,"CrmRecordId":34,'
    . '"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer",'
    . '"FieldValues":[]}';

# Memory that is freed, or new, is full of one byte: what is used after it was
# freed, or before it was set, does not look right by chance.  A test of the
# memory itself takes this away again.

our $Tunables = 'glibc.malloc.perturb=165:glibc.malloc.tcache_count=0';

$ENV{GLIBC_TUNABLES} //= $Tunables;

my $cwd = do { require Cwd; Cwd::getcwd() };
my $build = $ENV{ERPSYNC_BUILD} || "$cwd/build";

# Empty where they are in the binary itself.

$ENV{TEST_NGINX_LOAD_MODULES} //= join ' ',
    map { "$build/ngx_http_${_}_module.so" } qw(erpsync erpsync_webapi);

# The genuine library has one place and one port for every file: here they may
# run side by side.

if (grep { -e "$_/Test/Nginx/Util.pm" } @INC) {
    my $dir = tempdir('erpsync-t-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $dir;
    $ENV{TEST_NGINX_SERVROOT} ||= "$dir/root";
    $ENV{TEST_NGINX_PORT} ||= free_port();
}

# A registry file: apps as "id => { token, more members in JSON }".

sub registry {
    my %apps = @_;
    my @apps;

    for my $id (sort keys %apps) {
        my ($token, $more, $times) = @{ $apps{$id} };
        push @apps, sprintf '{ "id": "%s", "tokens": [ { "sha256": "%s"%s } ]'
            . ', %s }', $id, sha256_hex($token), $times || '',
            $more || '"agents": ["ErpSync"]';
    }

    return '{ "version": 1, "apps": [ ' . join(",\n", @apps) . " ] }\n";
}

my $registry = registry(
    'acme-erp' => [ $Token ],
    'no-agent' => [ 'token-no-agent', '"agents": []' ],
    'other-agent' => [ 'token-other-agent', '"agents": ["Contact"]' ],
    'disabled' => [ 'token-disabled',
        '"agents": ["ErpSync"], "enabled": false' ],
    'expired' => [ 'token-expired', undef,
        ', "expires": "2020-01-01T00:00:00Z"' ],
    'future' => [ 'token-future', undef,
        ', "notBefore": "2999-01-01T00:00:00Z"' ],
    'one-operation' => [ 'token-one-operation',
        '"agents": ["ErpSync"], "operations": ["GetConnection"]' ],
    'one-tenant' => [ 'token-one-tenant',
        '"agents": ["ErpSync"], "tenants": ["Cust12345"]' ],
    'other-address' => [ 'token-other-address',
        '"agents": ["ErpSync"], "addresses": ["10.0.0.0/8"]' ],
    'local-address' => [ 'token-local-address',
        '"agents": ["ErpSync"], "addresses": ["::1", "127.0.0.0/8"]' ],
    'one-connection' => [ 'token-one-connection',
        '"agents": ["ErpSync"], "erpConnections": [883, 7]' ],
    'one-actor' => [ 'token-one-actor',
        '"agents": ["ErpSync"], "crmActorTypes": ["Contact"], '
        . '"erpActorTypes": ["Customer", "Supplier"]' ],
);

our $WebAPI = <<'END';
    proxy_http_version 1.0;
    proxy_set_header Host $proxy_host;
    proxy_set_header Connection close;

    server {
        listen unix:$TEST_NGINX_HTML_DIR/webapi.sock;
        server_name webapi-contacted;
        rewrite_log on;
        client_max_body_size 0;
        client_body_buffer_size 4m;

        location / {
            rewrite ^/nothing-matches-this$ /;
            default_type text/plain;
            webapi_answer $webapi_head$request_body;
        }
    }
END

our $Gateway = <<'END';
    erpsync on;
    erpsync_registry $TEST_NGINX_HTML_DIR/registry.json;

    location / {
        proxy_pass http://unix:$TEST_NGINX_HTML_DIR/webapi.sock;
    }
END

my @never = ('[alert]', '[crit]', '[emerg]', 'AddressSanitizer',
    'LeakSanitizer', 'runtime error:');

sub strings {
    my $value = shift;
    return () unless defined $value;
    return ref $value eq 'ARRAY' ? @$value
        : ref $value ? ($value) : split /\n+/, $value;
}

# Status of each reason: docs/reasons.md.

my %status_of = (
    (map { $_ => 400 } qw(path_ambiguous header_duplicated header_malformed
        select_invalid language_invalid culture_invalid timezone_invalid
        body_missing body_malformed)),
    (map { $_ => 401 } qw(credentials_missing credentials_malformed
        scheme_not_allowed)),
    (map { $_ => 403 } qw(xsrf_mismatch app_token_missing app_token_unknown
        app_token_expired app_mismatch app_disabled agent_not_granted
        operation_not_granted tenant_not_granted tenant_mismatch
        address_not_granted connection_not_granted actor_type_not_granted
        soap_not_allowed)),
    operation_unknown => 404, method_not_allowed => 405,
    request_timeout => 408, body_too_large => 413,
    content_type_unsupported => 415, content_encoding_unsupported => 415,
    body_invalid => 422, too_many_requests => 429, gateway_failed => 500,
    bad_gateway => 502, service_unavailable => 503,
    registry_unavailable => 503, tenant_unavailable => 503, gateway_timeout => 504,
);

sub value_of {
    my ($value, $default) = @_;
    return $default unless defined $value;
    chomp $value;
    return $value;
}

# Where a judged call has no Accept, the type of its body is forwarded as such:
# behind all that was sent, but in front of an Accept-Language that is added.

sub with_accept {
    my ($forwarded, @headers) = @_;
    my ($type) = map { /^Content-Type:\s*([^\s;]+)/i ? lc $1 : () } @headers;
    return $forwarded if !defined $type || $type =~ /x-www-form/
        || $forwarded =~ /^Accept:/m
        || $forwarded !~ m{^Content-Type: application/json; charset=utf-8$}m
        || grep { /^Accept:/i } @headers;
    my @lines = split /\n/, $forwarded;
    my $last = $lines[-1] =~ /^Accept-Language:/
        && !grep { /^Accept-Language:/i } @headers;
    splice @lines, @lines - $last, 0, "Accept: $type";
    return join "\n", @lines;
}

sub compose_call {
    my $block = shift;
    my @headers = ('Authorization: Bearer 8A:Cust12345.abc',
        "SO-AppToken: $Token", 'Content-Type: application/json');
    my $method = value_of(scalar $block->method, 'POST');
    my $uri = value_of(scalar $block->uri,
        '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor');
    my $body = value_of(scalar $block->body, $Body);
    my @added;

    for my $line (split /\n+/, value_of(scalar $block->headers, '')) {
        my ($name) = $line =~ /^!?\s*([^:\s]+)/;
        my ($i) = grep { $headers[$_] =~ /^\Q$name\E:/i } 0 .. $#headers;
        if ($line =~ /^!/) {
            splice @headers, $i, 1 if defined $i;
        } elsif (defined $i) {
            $headers[$i] = $line;
        } else {
            push @added, $line;
        }
    }

    push @headers, @added;
    $block->set_value('request', "$method $uri\n$body");
    $block->set_value('more_headers', join "\n", @headers);

    return if defined $block->response_body || defined $block->refused
        || defined $block->response_body_like || defined $block->error_code;

    my $forwarded = value_of(scalar $block->forwarded, join "\n",
        'Authorization: Bearer 8A:Cust12345.abc', "SO-AppToken: $Token",
        'Content-Type: application/json; charset=utf-8');
    my $expected = value_of(scalar $block->forwarded_body, $Canonical);

    $forwarded = with_accept($forwarded, @headers) if $expected ne '';

    my $to = value_of(scalar $block->forwarded_uri,
        '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor');
    my $length = value_of(scalar $block->forwarded_length,
        $expected eq '' ? '' : length $expected);

    $block->set_value('response_body', join('', map { "$_\r\n" }
        "$method $to HTTP/1.0", 'Host: localhost', 'Connection: close',
        $length ne '' ? "Content-Length: $length" : (),
        split(/\n/, $forwarded), '') . $expected);
}

sub prepare {
    my $block = shift;

    $block->set_value('http_config',
        $WebAPI . (defined $block->http ? $block->http : ''))
        unless defined $block->http_config;

    if (!defined $block->config) {
        my $gateway = $Gateway;
        my $more = defined $block->gateway ? $block->gateway : '';
        my $inner = defined $block->location ? $block->location : '';
        $gateway =~ s/(location \/ \{\n)/$1        $inner\n/;
        $block->set_value('config', "$more\n$gateway");
    }

    $block->set_value('user_files',
        [ [ 'registry.json', $registry ],
          map { [ @$_ ] } $block->files ? @{ $block->files } : () ])
        unless defined $block->user_files;

    compose_call($block) unless defined $block->request
        || defined $block->raw_request || defined $block->pipelined_requests
        || defined $block->must_die;

    if (defined $block->refused) {
        my $reason = $block->refused =~ s/\s+//gr;
        my $status = $status_of{$reason} or die "no such reason: $reason";
        $block->set_value('error_code', $status)
            unless defined $block->error_code;
        $block->set_value('response_body_like',
            qq/^\\{"Error":true,"ErrorType":"$reason","ErrorMessage":"[^"]/
            . qq/+","ErrorSource":"erpsync-gateway","RequestId":"[0-9a-f]/
            . qq/{32}"[,}]/) unless defined $block->response_body_like
                || defined $block->response_body;
        my @log = strings(scalar $block->error_log);
        $block->set_value('error_log',
            [ "erpsync: refused reason=$reason ", "status=$status", @log ]);
    }

    my @codes = grep { $_ ne '' } map { s/\s+//gr } defined $block->error_code
        ? ref $block->error_code ? @{ $block->error_code }
                                 : $block->error_code
        : defined $block->must_die ? () : (200);
    my @expected = strings(scalar $block->error_log);
    my @unwanted = strings(scalar $block->no_error_log);

    for my $pattern (@never) {
        push @unwanted, $pattern unless grep { index($_, $pattern) >= 0 }
            @expected, defined $block->must_die ? '[emerg]' : ();
    }

    # the WebAPI's server name stands in every line that it logs

    if (!defined $block->contacted && @codes && !grep { $_ < 400 } @codes) {
        push @unwanted, 'webapi-contacted';
    }

    $block->set_value('no_error_log', \@unwanted);
}

# For a test file: ErpsyncTest::set_up().

sub set_up {
    package main;

    $ENV{TEST_NGINX_HTML_DIR} = html_dir();
    no_root_location();
    no_shuffle();
    no_long_string();
    log_level('notice');
    add_block_preprocessor(\&ErpsyncTest::prepare);
}

1;
