# The runner fails where it should: every expectation that does not hold
# fails its test, and the same expectation that holds passes.

use strict;
use warnings;

BEGIN { push @INC, 't/lib' }

use File::Temp qw(tempdir);
use Test::More;

use FreePort;

my $dir = tempdir('erpsync-r-XXXXXX', TMPDIR => 1, CLEANUP => 1);

$ENV{TEST_NGINX_SERVROOT} ||= "$dir/root";
$ENV{TEST_NGINX_PORT} ||= free_port();
@ENV{qw(TEST_NGINX_LETTER TEST_NGINX_WORD TEST_NGINX_T)} = qw(a hello t);

my $two = '--- pipelined_requests eval: [ "GET /t", "GET /t" ]';
my $expect = '--- request
POST /t
body
--- more_headers
Expect: 100-continue';

sub requests {
    my ($first, $second) = @_;
    return <<"END";
--- request eval: [ "GET /$first", "GET /$second" ]
--- error_code eval: [ 200, 200 ]
--- error_log: open() "
END
}

# The request goes to a location that answers "hello" and logs "marked".

my @cases = (
    [ 'a status', '--- error_code: 200', '--- error_code: 201' ],
    [ 'a body', "--- response_body: hello", "--- response_body: hell" ],
    [ 'a body by pattern', '--- response_body_like: ^hel+o$',
        '--- response_body_like: ^helo$' ],
    [ 'a body not by pattern', '--- response_body_unlike: ^helo$',
        '--- response_body_unlike: ^hello$' ],
    [ 'a header', '--- response_headers
X-Test: a', '--- response_headers
X-Test: b' ],
    [ 'a header that is absent', '--- response_headers
! X-None', '--- response_headers
! X-Test' ],
    [ 'headers by pattern', '--- response_headers_like
X-Test: [ab]', '--- response_headers_like
X-Test: [bc]' ],
    [ 'raw headers', '--- raw_response_headers_like: X-Test: a',
        '--- raw_response_headers_like: X-Test: b' ],
    [ 'no raw headers', '--- raw_response_headers_unlike: X-Test: b',
        '--- raw_response_headers_unlike: X-Test: a' ],
    [ 'a line of the log', '--- error_log: open() "', '--- error_log: other' ],
    [ 'no line of the log', '--- no_error_log: other',
        '--- no_error_log: open() "' ],
    [ 'a server that must die', '--- must_die', '--- error_code: 200',
        'no_such_directive on;' ],
    [ 'a server that does not die', '--- error_code: 200', '--- must_die' ],
    [ 'a status for each answer', "$two
--- error_code eval: [ 200, 200 ]", "$two
--- error_code: 200" ],
    [ 'a status that is left out', "$two
--- error_code eval: [ 200, 200 ]", "$two
--- error_code eval: [ 200, undef ]" ],
    [ 'headers for each request', "$two
--- more_headers eval: [ 'A: b', 'A: c' ]
--- error_code eval: [ 200, 200 ]", "$two
--- more_headers eval: [ 'A: b' ]
--- error_code eval: [ 200, 200 ]" ],
    [ 'a line of the log for each answer', requests('t', 't'),
        requests('t', 'hello') ],
    [ 'a line of the log for the first answer, too', requests('t', 't'),
        requests('hello', 't') ],
    [ 'the first answer', "$expect
--- error_code: 100", "$expect
--- error_code: 200" ],
    [ 'an aborted request', '--- abort
--- error_code: 200', '--- abort
--- error_code: 201' ],
    [ 'no environment in a header', '--- response_headers
X-Test: a', '--- response_headers
X-Test: $TEST_NGINX_LETTER' ],
    [ 'no environment in a pattern', '--- response_body_like: h',
        '--- response_body_like: $TEST_NGINX_WORD' ],
    [ 'no environment in a raw request',
        '--- raw_request eval: "GET /t HTTP/1.0\r\n\r\n"',
        '--- raw_request eval: "GET /\$TEST_NGINX_T HTTP/1.0\r\n\r\n"' ],
);

# What the genuine library passes over: that is told.

my @strict = (
    [ 'one check of the body', '--- response_body_like: hel',
        '--- response_body_like: hel
--- response_body_unlike: bye' ],
    [ 'one check of headers', '--- response_headers_like
X-Test: a', '--- response_headers
X-Test: a
--- response_headers_like
X-Test: b' ],
);

push @cases, @strict unless eval { require Test::Nginx::Util };

my $left = '';

sub run {
    my ($name, $expectation, $more) = @_;
    my $file = "$dir/case.t";
    $more = '' unless defined $more;
    open my $out, '>', $file or die "$file: $!";
    print $out <<"END";
BEGIN { push \@INC, 't/lib' }
use Test::Nginx::Socket 'no_plan';
no_root_location();
no_long_string();
run_tests();
__DATA__

=== TEST 1: $name
--- config
    $more
    location = /t {
        add_header X-Test a;
        error_page 404 =200 /hello;
        root /nonexistent;
    }
    location = /hello { add_header X-Test a; return 200 "hello"; }
@{[$expectation =~ /request/ ? '' : "--- request\nGET /t"]}
$expectation
END
    close $out;
    local $ENV{TEST_NGINX_LOAD_MODULES} = '';
    my $status = system("$^X $file > $dir/out 2>&1");
    $left .= "$name\n" if -e "$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid";
    return $status;
}

for my $case (@cases) {
    my ($name, $good, $bad, $more) = @$case;
    is(run($name, $good, $more), 0, "$name: passes");
    isnt(run($name, $bad, $more), 0, "$name: fails");
}

is($left, '', 'no server is left behind');

done_testing();
