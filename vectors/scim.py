"""Filters of SCIM, read and evaluated by a small implementation of its own (RFC 7644 section
3.4.2.2), for the vectors in scim/filters.json."""

import json
import re
import sys

# Attributes whose text has case (RFC 7643 section 7).
EXACT = {"externalid", "id"}
COMPARED = 0
TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[\[\]()]|[^\s\[\]()"]+)')


class Refused(Exception):
    """The filter is none."""


class Reader:
    def __init__(self, text):
        self.tokens, at = [], 0
        text = text.rstrip()
        while at < len(text):
            found = TOKEN.match(text, at)
            if not found:
                raise Refused
            self.tokens.append(found[1])
            at = found.end()

    def peek(self):
        return self.tokens[0] if self.tokens else ""

    def take(self):
        if not self.tokens:
            raise Refused
        return self.tokens.pop(0)

    def either(self):
        parts = [self.both()]
        while self.peek().lower() == "or":
            self.take()
            parts.append(self.both())
        return lambda resource: any(part(resource) for part in parts)

    def both(self):
        parts = [self.one()]
        while self.peek().lower() == "and":
            self.take()
            parts.append(self.one())
        return lambda resource: all(part(resource) for part in parts)

    def within(self, close):
        inner = self.either()
        if self.take() != close:
            raise Refused
        return inner

    def one(self):
        token = self.take()
        if token == "(":
            return self.within(")")
        if token.lower() == "not":
            if self.take() != "(":
                raise Refused
            inner = self.within(")")
            return lambda resource: not inner(resource)
        if not re.fullmatch(r"[A-Za-z][\w$-]*(\.[A-Za-z][\w$-]*)?", token):
            raise Refused
        path = token.lower().split(".")
        if self.peek() == "[":
            self.take()
            inner = self.within("]")
            return lambda resource: any(inner(value) for value in values(resource, path))
        operator = self.take().lower()
        if operator == "pr":
            return lambda resource: any(value not in (None, "", [], {}) for value in values(resource, path))
        if operator not in ("eq", "ne", "co", "sw", "ew"):
            raise Refused
        try:
            wanted = json.loads(self.take())
        except ValueError:
            raise Refused from None
        fold = (lambda text: text) if path[-1] in EXACT else (lambda text: text.casefold() if isinstance(text, str) else text)

        def holds(value):
            value, other = fold(value), fold(wanted)
            if operator in ("eq", "ne"):
                return type(value) is type(other) and value == other
            tests = {"co": lambda: other in value, "sw": lambda: value.startswith(other), "ew": lambda: value.endswith(other)}
            return isinstance(value, str) and isinstance(other, str) and tests[operator]()

        def test(resource):
            found = any(holds(value) for value in values(resource, path))
            return not found if operator == "ne" else found

        return test


def values(resource, path):
    found = [resource]
    for name in path:
        inner = [value for part in found if isinstance(part, dict) for key, value in part.items() if key.lower() == name]
        found = [one for value in inner for one in (value if isinstance(value, list) else [value])]
    return found


def check(one):
    global COMPARED
    try:
        reader = Reader(one["filter"])
        filter_ = reader.either()
        if reader.tokens:
            raise Refused
        found = filter_(one["resource"])
    except Refused:
        found = None
    COMPARED += 1
    if found is not one["matches"]:
        sys.exit(f"error: {one['name']}: {one['filter']} gives {found}, not {one['matches']}")
