#!/usr/bin/env python3
"""Signed requests, from docs/PROTOCOL.md section 8 alone: writes request-v1-vectors.json.

Uses the standard library and shares no code with the program. `request_vectors.py --check` compares
instead.
"""
import hashlib
import json
import pathlib
import sys

from vector_primitives import pae, sign

FILE = pathlib.Path(__file__).with_name("request-v1-vectors.json")


def case(name, realm, origin, path, body, invite, seed):
    message = pae(
        b"firstkey/v1/request", realm, origin.encode(), b"POST", path.encode(), hashlib.sha256(body).digest(), invite
    )
    public, signature = sign(seed, message)
    return {
        "name": name,
        "realm_id": realm.hex(),
        "origin": origin,
        "path": path,
        "body": body.decode(),
        "invite_id": invite.hex(),
        "claim_seed": seed.hex(),
        "claim_key": public.hex(),
        "message": message.hex(),
        "signature": signature.hex(),
    }


REALM = bytes(range(0x10, 0x20))
INVITE = bytes(range(0x40, 0x50))
SEED = bytes(range(0x60, 0x80))
HOME = "https://accounts.example.org"
START = b'{"opaque_request":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"}'

CASES = [
    case("enrol/start", REALM, HOME, "/v1/enrol/start", START, INVITE, SEED),
    case("the same at another origin", REALM, "https://accounts.example.com", "/v1/enrol/start", START, INVITE, SEED),
    case("the same in another realm", bytes(16), HOME, "/v1/enrol/start", START, INVITE, SEED),
    case("a port", REALM, HOME + ":8443", "/v1/enrol/complete", b"{}", INVITE, SEED),
    case("an internationalised host", REALM, "https://xn--bcher-kva.example", "/v1/invites/join", b"{}", INVITE, SEED),
    case("loopback", bytes(16), "http://127.0.0.1:8080", "/v1/invites/join", b"{}", bytes(16), bytes(32)),
]
TEXT = json.dumps({"about": "Signed requests of protocol version 1. Hex unless said.", "cases": CASES}, indent=1) + "\n"

if sys.argv[1:] == ["--check"]:
    sys.exit(0 if FILE.read_text() == TEXT else f"{FILE.name} is not what this program writes")
FILE.write_text(TEXT)
