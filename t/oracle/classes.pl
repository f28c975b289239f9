#!/usr/bin/env perl

# The classes of the agent's requests and answers, and its controller, as C#
# for mcs.  Each class knows which of its members were set: an int that was
# never sent and one that was sent as 0 are not the same.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use WebApi;

my $webapi = WebApi->load();

my %plain = (int32 => 'int', double => 'double', bool => 'bool',
    string => 'string', date => 'DateTime');

sub csharp {
    my ($element, $kind) = $webapi->kind(shift);
    $element = $plain{$element} // $element;
    return "Dictionary<string, $element>" if $kind eq '{}';
    return "$element$kind";
}

sub enum {
    my $name = shift;
    my $values = join ', ', @{ $webapi->enums()->{$name} };
    return "public enum $name { $values }\n\n";
}

sub type {
    my $name = shift;
    my $members = $webapi->types()->{$name}{members};
    my ($text, $write, $bit) = ('', '', 0);

    for (@$members) {
        my ($member, $type) = ($_->[0], csharp($_->[1]));
        my $field = '_' . lcfirst $member;
        # a member may not be named as its class is
        $text .= "    $type $field;\n"
            . "    public $type $member { get { return $field; } "
            . "set { $field = value; Set($bit); } }\n";
        $write .= "        Write(w, $bit, \"$member\", $field);\n";
        $bit++;
    }

    return "public class $name : Bound {\n$text"
        . "    protected override void Members(JsonWriter w)\n    {\n"
        . "$write    }\n}\n\n";
}

sub action {
    my $operation = shift;
    my ($name, $answer) = @$operation{qw(name answer)};
    my $argument = $operation->{request} ? "$operation->{request} request"
        : $operation->{query} ? "int $operation->{query}" : '';
    my $value = $operation->{request} ? 'request'
        : $operation->{query} ? $operation->{query} : 'null';
    my $call = $answer eq 'void' ? "Done($value)"
        : 'Answer<' . csharp($answer) . ">($value)";
    return "    [HttpPost] public HttpResponseMessage $name($argument) "
        . "{ return $call; }\n";
}

my %namespaces;

for my $name (@{ $webapi->{order} }) {
    $namespaces{ $webapi->types()->{$name}{namespace} } .= type($name);
}

$namespaces{'SuperOffice.CRM.Services'} .= enum($_)
    for sort keys %{ $webapi->enums() };

print "// Written by classes.pl.\n\nextern alias Json;\n\n",
    map { "using $_;\n" } qw(
    System System.Collections.Generic System.Net.Http System.Web.Http
    Json::Newtonsoft.Json Oracle), sort keys %namespaces;

for (sort keys %namespaces) {
    print "\nnamespace $_ {\n\n$namespaces{$_}}\n";
}

print "\nnamespace Oracle {\n\npublic partial class ErpSyncController {\n",
    (map { action($_) } $webapi->operations()), "}\n\n",
    "public static class Requests {\n",
    "    public static readonly Dictionary<string, Type> Types =\n",
    "        new Dictionary<string, Type> {\n",
    (map { '            { "' . $_->{name} . '", '
        . ($_->{request} ? "typeof($_->{request})" : 'null') . " },\n" }
        $webapi->operations()),
    "        };\n}\n\n}\n";
