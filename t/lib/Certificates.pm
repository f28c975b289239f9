package Certificates;

# Authorities and certificates for tests, made by the openssl command.
#
#   new(DIR)             writes them to DIR, as NAME.pem and NAME.key
#   authority(NAME ...)  certificates for CN=NAME that sign themselves
#   issue(NAME, BY, OPTIONS ...)
#                        a certificate that the authority BY has signed;
#                        "names" are its DNS names, with "gone" it has expired
#   sha256(NAME)         the digest of its DER, as a registry has it

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);

my @key = qw(-newkey rsa:2048 -nodes);

sub new {
    my ($class, $dir) = @_;
    return bless { dir => $dir }, $class;
}

sub openssl {
    my ($self, @args) = @_;
    my $log = "$self->{dir}/openssl.log";
    my $command = join ' ', map { "'$_'" } 'openssl', @args;
    return if system("$command > '$log' 2>&1") == 0;
    open my $in, '<', $log or die "$log: $!";
    die "$command: ", <$in>;
}

sub authority {
    my ($self, @names) = @_;
    my $dir = $self->{dir};
    $self->openssl('req', @key, '-subj', "/CN=$_", qw(-x509 -days 2),
        '-keyout', "$dir/$_.key", '-out', "$dir/$_.pem") for @names;
}

sub issue {
    my ($self, $name, $by, %o) = @_;
    my $dir = $self->{dir};
    my $names = join ',', map { "DNS:$_" } @{ $o{names} || [ $name ] };

    open my $out, '>', "$dir/$name.cnf" or die $!;
    print $out <<"END";
[more]
subjectAltName = $names
[ca]
default_ca = here
[here]
database = $dir/index
new_certs_dir = $dir
rand_serial = yes
default_md = sha256
policy = policy
[policy]
commonName = supplied
END
    close $out;

    $self->openssl('req', @key, '-subj', "/CN=$name", '-keyout',
        "$dir/$name.key", '-out', "$dir/$name.csr");

    # "openssl x509" of version 3.0 takes no dates, and later ones no days
    # below 0

    if ($o{gone}) {
        open my $index, '>', "$dir/index" or die $!;
        close $index;
        $self->openssl(qw(ca -batch -notext -config), "$dir/$name.cnf",
            '-cert', "$dir/$by.pem", '-keyfile', "$dir/$by.key",
            '-in', "$dir/$name.csr", '-out', "$dir/$name.pem",
            '-startdate', '20200101000000Z', '-enddate', '20200102000000Z');
    } else {
        $self->openssl(qw(x509 -req -days 2 -CAcreateserial -extensions more),
            '-extfile', "$dir/$name.cnf", '-in', "$dir/$name.csr",
            '-CA', "$dir/$by.pem", '-CAkey', "$dir/$by.key",
            '-out', "$dir/$name.pem");
    }
}

sub sha256 {
    my ($self, $name) = @_;
    open my $in, '-|', 'openssl', 'x509', '-in', "$self->{dir}/$name.pem",
        '-outform', 'DER' or die "openssl: $!";
    binmode $in;
    local $/;
    return sha256_hex(<$in>);
}

1;
