#!/usr/bin/env python3
"""Links of version 2 and signed answers, from docs/PROTOCOL.md section 8 alone: writes
answer-v1-vectors.json.

Uses the standard library and shares no code with the program. `answer_vectors.py --check` compares
instead.
"""
import base64
import hashlib
import json
import pathlib
import sys

from vector_primitives import pae, sign

FILE = pathlib.Path(__file__).with_name("answer-v1-vectors.json")


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def case(name, origin, path, subject, request, answer, seed, token=bytes(range(32))):
    public, _ = sign(seed, b"")
    message = pae(
        b"firstkey/v1/answer",
        origin.encode(),
        b"POST",
        path.encode(),
        subject,
        hashlib.sha256(request).digest(),
        hashlib.sha256(answer).digest(),
    )
    signature = sign(seed, message)[1]
    binding = hashlib.sha256(pae(b"firstkey/v1/link", public, b"")).digest()[:16]
    return {
        "name": name,
        "origin": origin,
        "path": path,
        "subject": subject.hex(),
        "request": request.decode(),
        "answer": answer.decode(),
        "realm_seed": seed.hex(),
        "realm_key": public.hex(),
        "binding": binding.hex(),
        "link": f"{origin}/i#fkinv2.{text(subject)}.{text(token)}.{text(binding)}",
        "signature": signature.hex(),
        "header": f"{text(public)}.{text(signature)}",
    }


ORIGIN, INVITE, SEED = "https://accounts.example.org", bytes(range(0x30, 0x40)), bytes(range(0x60, 0x80))
REQUEST, ANSWER = b'{"opaque_request":"AAAA"}', b'{"opaque_response":"BBBB"}'
START = "/v1/enrol/start"

CASES = [
    case("a registration", ORIGIN, START, INVITE, REQUEST, ANSWER, SEED),
    case("an offer", ORIGIN, "/v1/invites/claim", INVITE, b'{"claim_key":"AAAA"}', b'{"protocol":1}', SEED),
    case("a new password", ORIGIN, "/v1/account/password/start", bytes(range(0x20, 0x30)), REQUEST, ANSWER, SEED),
    case("another invite", ORIGIN, START, bytes(16), REQUEST, ANSWER, SEED),
    case("another origin", "http://127.0.0.1:8080", START, INVITE, REQUEST, ANSWER, SEED),
    case("another request", ORIGIN, START, INVITE, b"{}", ANSWER, SEED),
    case("another answer", ORIGIN, START, INVITE, REQUEST, b"{}", SEED),
    case("another realm", ORIGIN, START, INVITE, REQUEST, ANSWER, bytes(32)),
    case("empty bodies", ORIGIN, START, INVITE, b"", b"", SEED),
]
TEXT = json.dumps({"about": "Links and signed answers of protocol version 1. Hex unless said.", "cases": CASES}, indent=1) + "\n"

if sys.argv[1:] == ["--check"]:
    sys.exit(0 if FILE.read_text() == TEXT else f"{FILE.name} is not what this program writes")
FILE.write_text(TEXT)
