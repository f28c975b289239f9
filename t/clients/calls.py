"""The calls, and where they go."""

import os

BASE = os.environ["BASE"]
MOVED = os.environ["MOVED"]
CA = os.environ.get("CA") or True
HEADERS = {"Authorization": os.environ["AUTHORIZATION"]}

if os.environ.get("APP_TOKEN"):
    HEADERS["SO-AppToken"] = os.environ["APP_TOKEN"]

with open(os.environ["CALLS"], encoding="utf-8", newline="\n") as lines:
    CALLS = [line.rstrip("\n").split("\t") for line in lines]
