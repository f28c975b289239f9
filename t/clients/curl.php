<?php

// PHP's curl, one handle for all; json_encode() escapes "/" and all that is
// not ASCII.

$headers = ['Authorization: ' . getenv('AUTHORIZATION')];

if (getenv('APP_TOKEN')) {
    $headers[] = 'SO-AppToken: ' . getenv('APP_TOKEN');
}

$curl = curl_init();

function send($curl, $url, $type, $body, $headers)
{
    curl_reset($curl);
    if ($type === 'application/json') {
        $body = json_encode(json_decode($body));
    }
    if ($type !== '-' && $type !== 'application/x-www-form-urlencoded') {
        $headers[] = "Content-Type: $type";
    }
    curl_setopt_array($curl, [
        CURLOPT_URL => $url,
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => $type === '-' ? '' : $body,
        CURLOPT_HTTPHEADER => $headers,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_FOLLOWLOCATION => true,
        CURLOPT_POSTREDIR => CURL_REDIR_POST_ALL,
    ]);
    if (getenv('CA')) {
        curl_setopt($curl, CURLOPT_CAINFO, getenv('CA'));
    }
    return curl_exec($curl) === false ? curl_error($curl)
        : curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
}

$calls = array_map(fn ($line) => explode("\t", rtrim($line, "\n")),
                   file(getenv('CALLS')));

foreach ($calls as [$operation, $path, $type, $body]) {
    $url = getenv('BASE') . "/$path";
    echo "$operation $type ", send($curl, $url, $type, $body, $headers), "\n";
}

[, , $type, $body] = $calls[count($calls) - 2];
echo 'moved ', send($curl, getenv('MOVED'), $type, $body, $headers), "\n";
