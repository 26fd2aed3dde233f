#!/usr/bin/env python3
"""Bundle statements, from docs/PROTOCOL.md section 7 alone: writes statement-v1-vectors.json.

Uses the standard library and shares no code with the program. `statement_vectors.py --check`
compares instead.
"""
import hashlib
import json
import pathlib
import sys

from vector_primitives import pae, sign

FILE = pathlib.Path(__file__).with_name("statement-v1-vectors.json")
SUITE = b"\x01"


def some(label, length):
    """Bytes that stand for an envelope or a key: nobody opens them here."""
    return hashlib.shake_256(label.encode()).digest(length)


def case(name, realm, account, key_gen, counter, seed, kit="kit", password="password", further=()):
    public, _ = sign(seed, b"")
    x25519 = some("x25519", 32)
    generation = key_gen.to_bytes(4, "big")
    identity = pae(b"firstkey/v1/identity", SUITE, realm, account, generation, public, x25519)
    identity_signature = sign(seed, identity)[1]
    envelopes = {
        1: some(f"envelope 1 {password}", 197),
        2: some(f"envelope 2 {kit}", 150),
        3: some("envelope 3", 150),
        4: some("envelope 4", 150),
    }
    recovery_public = some(f"recovery key {kit}", 32)
    parts = dict(envelopes) | {128: identity + identity_signature, 129: recovery_public} | dict(further)
    digests = b"".join(bytes([number]) + hashlib.sha256(parts[number]).digest() for number in sorted(parts))
    message = pae(
        b"firstkey/v1/bundle", SUITE, realm, account, generation, counter.to_bytes(8, "big"), digests
    )
    return {
        "name": name,
        "realm_id": realm.hex(),
        "account_id": account.hex(),
        "key_gen": key_gen,
        "counter": counter,
        "s_seed": seed.hex(),
        "ed25519": public.hex(),
        "x25519": x25519.hex(),
        "identity_signature": identity_signature.hex(),
        "envelopes": {str(number): envelope.hex() for number, envelope in envelopes.items()},
        "recovery_public": recovery_public.hex(),
        "further": {str(number): part.hex() for number, part in dict(further).items()},
        "digests": digests.hex(),
        "message": message.hex(),
        "signature": sign(seed, message)[1].hex(),
    }


REALM = bytes(range(0x10, 0x20))
ACCOUNT = bytes(range(0x20, 0x30))
SEED = bytes(range(0x60, 0x80))

CASES = [
    case("enrolment", REALM, ACCOUNT, 1, 1, SEED),
    case("a new password", REALM, ACCOUNT, 1, 2, SEED, password="another"),
    case("a new kit", REALM, ACCOUNT, 1, 3, SEED, password="another", kit="another"),
    case("back to the first locks, lawfully", REALM, ACCOUNT, 1, 4, SEED),
    case("another account", REALM, bytes(16), 1, 1, SEED),
    case("another realm", bytes(16), ACCOUNT, 1, 1, SEED),
    case("after a reset", REALM, ACCOUNT, 2, 1, bytes(range(0x80, 0xA0))),
    case("the highest count", REALM, ACCOUNT, 1, 2**53, SEED),
    case("parts that this version does not know", REALM, ACCOUNT, 1, 5, SEED, further={5: b"five", 200: b"two hundred"}),
]
TEXT = json.dumps({"about": "Bundle statements of protocol version 1. Hex unless said.", "cases": CASES}, indent=1) + "\n"

if sys.argv[1:] == ["--check"]:
    sys.exit(0 if FILE.read_text() == TEXT else f"{FILE.name} is not what this program writes")
FILE.write_text(TEXT)
