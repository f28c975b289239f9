package ErpsyncTest;

# What the declarative tests share.  A block without "http_config", "config"
# or "user_files" gets these:
#
#   - a stand-in WebAPI in the same nginx, on a socket, which answers with
#     what it received: request line, headers, an empty line, the body;
#   - a gateway in front of it with a small registry;
#   - that registry, in html/registry.json.
#
# Sections of our own:
#
#   gateway   directives that are added to the default "config"
#   received  what the WebAPI received, byte for byte, but for the headers
#             Host and Connection that are nginx's own
#
# Whenever a status of 400 or more is expected, the block also fails if the
# WebAPI was contacted, unless it has a section "contacted"; every block
# fails on an alert or worse in the error log unless it expects that line.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);

use base 'Exporter';

our @EXPORT = qw(registry $Body $Canonical $Token);

our $Token = 'qw123f4c56770bc278017796cd16bd11';

our $Body = '{"ErpConnectionId":883,"CrmRecordId":34,'
    . '"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer"}';

our $Canonical = '{"ErpConnectionId":883,"CrmRecordId":34,'
    . '"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer",'
    . '"FieldValues":[]}';

my $cwd = do { require Cwd; Cwd::getcwd() };
my $echo = $ENV{TEST_NGINX_ECHO_MODULE}
    || '/usr/lib/nginx/modules/ngx_http_echo_module.so';

$ENV{TEST_NGINX_LOAD_MODULES} ||= "$cwd/build/ngx_http_erpsync_module.so";
$ENV{TEST_NGINX_LOAD_MODULES} .= " $echo"
    unless $ENV{TEST_NGINX_LOAD_MODULES} =~ /echo/;

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
    server {
        listen unix:$TEST_NGINX_HTML_DIR/webapi.sock;
        server_name webapi-contacted;
        rewrite_log on;
        client_max_body_size 0;
        client_body_buffer_size 4m;

        location / {
            rewrite ^/nothing-matches-this$ /;
            default_type text/plain;
            echo_read_request_body;
            echo -n $echo_client_request_headers;
            echo -n $request_body;
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

sub prepare {
    my $block = shift;

    $block->set_value('http_config',
        $WebAPI . (defined $block->http ? $block->http : ''))
        unless defined $block->http_config;

    if (!defined $block->config) {
        my $gateway = $Gateway;
        my $more = defined $block->gateway ? $block->gateway : '';
        $block->set_value('config', $more . $gateway);
    }

    $block->set_value('user_files',
        [ [ 'registry.json', $registry ],
          map { [ @$_ ] } $block->files ? @{ $block->files } : () ])
        unless defined $block->user_files;

    if (defined $block->received) {
        my $expected = $block->received;
        $block->set_value('response_body', $expected);
    }

    my @codes = map { s/\s+//gr } defined $block->error_code
        ? ref $block->error_code ? @{ $block->error_code }
                                 : $block->error_code
        : defined $block->must_die ? () : (200);
    my @expected = strings($block->error_log);
    my @unwanted = strings($block->no_error_log);

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

    no_root_location();
    no_shuffle();
    no_long_string();
    log_level('notice');
    add_block_preprocessor(\&ErpsyncTest::prepare);
}

1;
