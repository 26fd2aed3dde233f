#!/usr/bin/env python3
"""Signed requests, from docs/PROTOCOL.md section 8 alone: writes request-v1-vectors.json.

Uses the standard library and shares no code with the program. Ed25519 is RFC 8032 section 5.1
(not in constant time: the seeds here are public). `request_vectors.py --check` compares instead.
"""
import hashlib
import json
import pathlib
import sys

FILE = pathlib.Path(__file__).with_name("request-v1-vectors.json")
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE_Y = 4 * pow(5, P - 2, P) % P


def base_x():
    square = (BASE_Y * BASE_Y - 1) * pow(D * BASE_Y * BASE_Y + 1, P - 2, P)
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x & 1 else x


BASE = (base_x(), BASE_Y)


def add(one, two):
    (a, b), (c, d) = one, two
    product = D * a * b * c * d
    x = (a * d + b * c) * pow(1 + product, P - 2, P)
    y = (b * d + a * c) * pow(1 - product, P - 2, P)
    return x % P, y % P


def times(number, point):
    result = (0, 1)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def sign(seed, message):
    digest = hashlib.sha512(seed).digest()
    secret = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    public = encode(times(secret, BASE))
    nonce = int.from_bytes(hashlib.sha512(digest[32:] + message).digest(), "little") % ORDER
    point = encode(times(nonce, BASE))
    challenge = int.from_bytes(hashlib.sha512(point + public + message).digest(), "little")
    return public, point + ((nonce + challenge * secret) % ORDER).to_bytes(32, "little")


def pae(*parts):
    def size(number):
        return number.to_bytes(8, "little")

    return size(len(parts)) + b"".join(size(len(part)) + part for part in parts)


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
