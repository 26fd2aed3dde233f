#!/usr/bin/env python3
"""From a password to `auth` and `pre`, from docs/PROTOCOL.md sections 3 to 5 alone: writes
stretch-v1-vectors.json.

Argon2id is libargon2's (the reference implementation, Debian package libargon2-1), HKDF the
standard library's `hmac`; no code is shared with the program. `stretch_vectors.py --check` compares
instead. Takes a second and 256 MiB for profile 2.
"""
import ctypes
import hashlib
import hmac
import json
import pathlib
import sys
import unicodedata

from vector_primitives import pae

FILE = pathlib.Path(__file__).with_name("stretch-v1-vectors.json")
SUITE = b"\x01"
PROFILES = {1: (65536, 3, 4), 2: (262144, 3, 4)}


def argon2id(password, salt, m_kib, t, p):
    try:
        library = ctypes.CDLL("libargon2.so.1")
    except OSError:
        sys.exit("error: libargon2 is not installed (Debian: apt-get install libargon2-1)")
    out = ctypes.create_string_buffer(32)
    number, text = ctypes.c_uint32, ctypes.c_char_p
    library.argon2id_hash_raw.argtypes = [number] * 3 + [text, ctypes.c_size_t] * 2 + [text, ctypes.c_size_t]
    code = library.argon2id_hash_raw(t, m_kib, p, password, len(password), salt, len(salt), out, 32)
    if code != 0:
        sys.exit(f"error: libargon2 ended with {code}")
    return out.raw


def hkdf(salt, key, info, length):
    pseudorandom = hmac.new(salt, key, hashlib.sha512).digest()
    out, block = b"", b""
    while len(out) < length:
        block = hmac.new(pseudorandom, block + info + bytes([len(out) // 64 + 1]), hashlib.sha512).digest()
        out += block
    return out[:length]


def prepare(password):
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
    return unicodedata.normalize("NFC", spaced).encode()


def case(name, password, profile, realm, account, salt, second):
    m_kib, t, p = PROFILES[profile]
    prepared = prepare(password)
    mk = argon2id(prepared, salt, m_kib, t, p)
    two_secret = bytes([second is not None])
    block = bytes([1, profile]) + b"".join(n.to_bytes(4, "big") for n in (m_kib, t, p)) + salt + two_secret
    context = pae(SUITE, realm, account)
    extract = hashlib.sha512(b"firstkey/v1/2skd" + two_secret + (second or b"")).digest()
    auth = hkdf(extract, mk, pae(b"firstkey/v1/auth", context, block), 64)
    pre = hkdf(extract, mk, pae(b"firstkey/v1/enc", context, block), 64)
    return {
        "name": name,
        "password": password,
        "prepared_hex": prepared.hex(),
        "profile": profile,
        "realm_id": realm.hex(),
        "account_id": account.hex(),
        "salt": salt.hex(),
        "second_secret": second.hex() if second is not None else None,
        "kdf_block": block.hex(),
        "mk": mk.hex(),
        "auth": auth.hex(),
        "pre": pre.hex(),
    }


REALM = bytes(range(0x10, 0x20))
ACCOUNT = bytes(range(0x20, 0x30))
SALT = bytes(range(0x30, 0x50))
SECOND = bytes(range(0x50, 0x70))
WORDS, SIGNS = "velvet tundra misprint cobra", "cafe\u0301\u3000gr\u00f6\u00dfer als s\u00fc\u00df 42"

CASES = [
    case("profile 1", WORDS, 1, REALM, ACCOUNT, SALT, None),
    case("profile 1 with a second secret", WORDS, 1, REALM, ACCOUNT, SALT, SECOND),
    case("profile 2, a password that is prepared", SIGNS, 2, REALM, ACCOUNT, SALT, None),
    case("profile 2 with a second secret", SIGNS, 2, REALM, ACCOUNT, SALT, SECOND),
]
TEXT = json.dumps({"about": "From password to auth and pre, protocol version 1. Hex unless said.", "cases": CASES}, indent=1) + "\n"

if sys.argv[1:] == ["--check"]:
    sys.exit(0 if FILE.read_text() == TEXT else f"{FILE.name} is not what this program writes")
FILE.write_text(TEXT)
