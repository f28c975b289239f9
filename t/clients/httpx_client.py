"""Python httpx: HTTP/2 where the server has it."""

import json
from urllib.parse import parse_qsl

import httpx

from calls import BASE, CA, CALLS, HEADERS, MOVED

client = httpx.Client(http2=True, verify=CA, headers=HEADERS, timeout=60,
                      follow_redirects=True)


def send(url, kind, body):
    """Posts a body of a kind; returns the status."""
    if kind == "-":
        return client.post(url).status_code
    if kind == "application/json":
        return client.post(url, json=json.loads(body)).status_code
    if kind == "application/x-www-form-urlencoded":
        pairs = dict(parse_qsl(body, keep_blank_values=True))
        return client.post(url, data=pairs).status_code
    return client.post(url, content=body,
                       headers={"Content-Type": kind}).status_code


for operation, path, kind, body in CALLS:
    print(operation, kind, send(f"{BASE}/{path}", kind, body))

print("moved", send(MOVED, *CALLS[-2][2:]))
