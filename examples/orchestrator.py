"""
An orchestrator with nothing but Python's standard library. It reports the messages of a file, one JSON object a line, as
POST /orchestrator/messages takes them, and then follows the change feed. Stop it whenever you like and start it again:
no message counts twice, and no event is missed.

    python3 examples/orchestrator.py messages.jsonl --cursor feed.cursor [--url http://localhost:3000] [--once]

INBOX_API_KEY is the key of the service. Without one it is the orchestrator of the demo that `npm start` loads.
"""

import argparse
import http.client
import json
import os
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

DEMO = {"X-Tenant-Id": "019c8f00-0000-7000-8000-000000000001", "X-Service": "orchestrator"}
# Refusals of the moment. Proxies in between send 502 and 504.
PASSING = {429, 502, 503, 504}
ATTEMPTS = 8
POLL_SECONDS = 1


class Refused(Exception):
    """The service refused a request for good. `problem["code"]` says why."""

    def __init__(self, problem):
        super().__init__(f"{problem['code']}: {problem['detail']}")
        self.problem = problem


class Service:
    def __init__(self, url, key):
        self.url = f"{url}/api/v1"
        self.headers = {"Authorization": f"Bearer {key}"} if key else DEMO

    def get(self, path, **query):
        return self._send("GET", f"{path}?{urllib.parse.urlencode(query)}")

    def post(self, path, body, key):
        """The same request with the same key has its effect once, however often it is sent."""
        return self._send("POST", path, body, {"Idempotency-Key": key})

    def _send(self, method, path, body=None, headers=None):
        data = None if body is None else json.dumps(body).encode()
        every = {**self.headers, **(headers or {}), "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, every, method=method)
        for attempt in range(ATTEMPTS):
            pause = 0.2 * 2**attempt * random.uniform(0.5, 1)
            try:
                with urllib.request.urlopen(request, timeout=35) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                problem = problem_of(error)
                if error.code not in PASSING and problem["code"] != "IDEMPOTENCY_KEY_IN_USE":
                    raise Refused(problem) from None
                pause = float(error.headers.get("Retry-After") or pause)
                reason = f"{error.code} {problem['code']}"
            except (OSError, http.client.HTTPException) as error:
                # Whether it was done is unknown, which is what the key is for.
                reason = f"no response ({error})"
            if attempt < ATTEMPTS - 1:
                print(f"{method} {path}: {reason}, again in {pause:.1f} s", file=sys.stderr)
                time.sleep(pause)
        raise ConnectionError(f"{method} {path}: {reason}")


def problem_of(error):
    try:
        return {"code": "UNKNOWN", "detail": error.reason, **json.load(error)}
    except ValueError:
        return {"code": "UNKNOWN", "detail": error.reason}


def report(service, lines):
    for line in filter(str.strip, lines):
        message = json.loads(line)
        # The key comes from the message, so that it is the same after a crash.
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, line.strip()))
        try:
            result = service.post("/orchestrator/messages", message, key)
        except Refused as refused:
            print(f"refused {message.get('messageId')}: {refused}", flush=True)
            continue
        what = "created" if result["created"] else "updated"
        print(f"{what} {result['conversation']['externalConversationId']}", flush=True)
        for warning in result["warnings"]:
            print(f"  {warning['code']} {warning['field']}", flush=True)


def follow(service, cursor_file, once):
    cursor = read(cursor_file)
    while True:
        page = service.get("/events", limit=1000, **({"after": cursor} if cursor else {}))
        for event in page["data"]:
            print(f"{event['type']} {event['externalConversationId'] or ''}: {event['reason']}", flush=True)
        if page["nextCursor"] != cursor:
            # After the events are dealt with: a crash in between brings them again, and loses none.
            cursor = write(cursor_file, page["nextCursor"])
        if not page["hasMore"]:
            if once:
                return
            time.sleep(POLL_SECONDS)


def read(file):
    try:
        with open(file, encoding="ascii") as opened:
            return opened.read().strip()
    except FileNotFoundError:
        return None


def write(file, cursor):
    """Whole or not at all."""
    with open(f"{file}.new", "w", encoding="ascii") as opened:
        opened.write(cursor)
        opened.flush()
        os.fsync(opened.fileno())
    os.replace(f"{file}.new", file)
    return cursor


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="Reports messages, and follows the change feed.")
    options.add_argument("messages", help="a file with a message a line, or - for the standard input")
    options.add_argument("--cursor", required=True, help="the file that keeps the place in the feed")
    options.add_argument("--url", default="http://localhost:3000")
    options.add_argument("--once", action="store_true", help="stop at the end of the feed")
    given = options.parse_args()
    inbox = Service(given.url, os.environ.get("INBOX_API_KEY"))
    try:
        if given.messages == "-":
            report(inbox, sys.stdin)
        else:
            with open(given.messages, encoding="utf-8") as opened:
                report(inbox, opened)
        follow(inbox, given.cursor, given.once)
    except KeyboardInterrupt:
        sys.exit(130)
