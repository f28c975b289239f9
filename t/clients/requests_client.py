"""Python requests: a session, and its own JSON and forms."""

import json
from urllib.parse import parse_qsl

import requests

from calls import BASE, CA, CALLS, HEADERS, MOVED

session = requests.Session()
session.headers.update(HEADERS)
session.verify = CA


def send(url, kind, body):
    """Posts a body of a kind; returns the status."""
    if kind == "-":
        return session.post(url).status_code
    if kind == "application/json":
        return session.post(url, json=json.loads(body)).status_code
    if kind == "application/x-www-form-urlencoded":
        pairs = parse_qsl(body, keep_blank_values=True)
        return session.post(url, data=pairs).status_code
    return session.post(url, data=body.encode(),
                        headers={"Content-Type": kind}).status_code


for operation, path, kind, body in CALLS:
    print(operation, kind, send(f"{BASE}/{path}", kind, body))

print("moved", send(MOVED, *CALLS[-2][2:]))
