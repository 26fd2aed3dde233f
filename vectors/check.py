#!/usr/bin/env python3
"""Checks the vectors of this folder with an implementation of its own, by the standard library alone.

    vectors/check.py            derivations, envelopes, signatures; filters of SCIM
    vectors/check.py --schema   that the files have the form of vectors/schema.json, too (needs the
                                package jsonschema)

Argon2id is left out, since the standard library has none: `mk` is taken as it is given.
"""

import hashlib
import hmac
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "crates" / "core" / "tests" / "data"))
sys.dont_write_bytecode = True
import scim  # noqa: E402
from vector_primitives import pae, sign  # noqa: E402

COMPARED = []


def load(name):
    return json.loads((HERE / name).read_text())


def same(where, found, wanted):
    COMPARED.append(where)
    if found.hex() != wanted:
        sys.exit(f"error: {where}: {found.hex()} is not {wanted}")


def hkdf(salt, key, info, length):
    prk, out, last = hmac.digest(salt, key, "sha512"), b"", b""
    for at in range(1, length // 64 + 2):
        last = hmac.digest(prk, last + info + bytes([at]), "sha512")
        out += last
    return out[:length]


def rounds(words):
    def turn(a, b, c, d):
        for x, y, z, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            words[x] = words[x] + words[y] & 0xFFFFFFFF
            mixed = words[z] ^ words[x]
            words[z] = (mixed << by | mixed >> 32 - by) & 0xFFFFFFFF

    for _ in range(10):
        for at in range(4):
            turn(at, 4 + at, 8 + at, 12 + at)
        for at in range(4):
            turn(at, 4 + (at + 1) % 4, 8 + (at + 2) % 4, 12 + (at + 3) % 4)
    return words


def words_of(data):
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]


def bytes_of(words):
    return b"".join(word.to_bytes(4, "little") for word in words)


START = words_of(b"expand 32-byte k")


def chacha(key, counter, nonce):
    state = START + words_of(key) + [counter] + words_of(nonce)
    return bytes_of([a + b & 0xFFFFFFFF for a, b in zip(rounds(list(state)), state, strict=True)])


def opened(key, nonce, aad, sealed):
    """XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha; RFC 8439)."""
    mixed = rounds(START + words_of(key) + words_of(nonce[:16]))
    key, nonce = bytes_of(mixed[:4] + mixed[12:]), bytes(4) + nonce[16:]
    text, tag = sealed[:-16], sealed[-16:]

    def padded(data):
        return data + bytes(-len(data) % 16)

    once = chacha(key, 0, nonce)
    r = int.from_bytes(once[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    sum_ = 0
    data = padded(aad) + padded(text) + len(aad).to_bytes(8, "little") + len(text).to_bytes(8, "little")
    for at in range(0, len(data), 16):
        sum_ = (sum_ + int.from_bytes(data[at : at + 16] + b"\1", "little")) * r % (2**130 - 5)
    made = (sum_ + int.from_bytes(once[16:32], "little")).to_bytes(17, "little")[:16]
    if made != tag:
        sys.exit("error: an envelope does not open")
    stream = b"".join(chacha(key, 1 + at, nonce) for at in range(len(text) // 64 + 1))
    return bytes(a ^ b for a, b in zip(text, stream))


def u32be(number):
    return number.to_bytes(4, "big")


def protocol(one):
    def check(name, found):
        same(f"{one['name']}: {name}", found, one[name])

    value = {name: bytes.fromhex(one[name]) for name in one if name not in ("name", "password", "profile", "recovery_text", "key_gen", "envelopes", "fingerprint_phrase")}
    realm, account, suite = value["realm_id"], value["account_id"], b"\1"
    ctx = pae(suite, realm, account)
    salt = hashlib.sha512(b"firstkey/v1/2skd\0").digest()
    check("auth", hkdf(salt, value["mk"], pae(b"firstkey/v1/auth", ctx, value["kdf_block"]), 64))
    check("pre", hkdf(salt, value["mk"], pae(b"firstkey/v1/enc", ctx, value["kdf_block"]), 64))
    check("kek_password", hkdf(value["pre"], value["export_key"], pae(b"firstkey/v1/kek/password", ctx), 32))
    check("kek_account", hkdf(b"firstkey/v1/ak", value["account_key"], pae(b"firstkey/v1/kek/account", ctx), 32))
    check("kek_recovery", hkdf(b"firstkey/v1/recovery", value["recovery_code"], pae(b"firstkey/v1/kek/recovery", ctx), 32))
    check("recovery_sign_seed", hkdf(b"firstkey/v1/recovery", value["recovery_code"], pae(b"firstkey/v1/recovery-sign", ctx), 32))
    check("recovery_public", sign(value["recovery_sign_seed"], b"")[0])
    identity = pae(b"firstkey/v1/identity", suite, realm, account, u32be(one["key_gen"]), value["ed25519_public"], value["x25519_public"])
    check("identity", identity)
    public, signature = sign(value["ed25519_seed"], identity)
    check("ed25519_public", public)
    check("signature", signature)
    check("fingerprint_sha512", hashlib.sha512(pae(b"firstkey/v1/fingerprint", realm, account, public)).digest())
    keks = [value["kek_password"], value["kek_recovery"], value["kek_account"], value["kek_account"]]
    held = ["account_key", "account_key", "x25519_private", "ed25519_seed"]
    for number, (kek, name) in enumerate(zip(keks, held, strict=True), 1):
        envelope = bytes.fromhex(one["envelopes"][str(number)])
        header = 68 + (47 if number == 1 else 0)
        fresh, aad = envelope[header - 56 : header], pae(b"firstkey/v1/env", envelope[:header], realm, account)
        keys = hkdf(fresh[:32], kek, pae(b"firstkey/v1/wrap", hashlib.sha512(aad).digest()), 64)
        same(f"{one['name']}: commitment {number}", envelope[header : header + 32], keys[32:].hex())
        same(f"{one['name']}: envelope {number}", opened(keys[:32], fresh[32:], aad, envelope[header + 34 :]), one[name])


def request(one):
    realm, invite, seed = (bytes.fromhex(one[name]) for name in ("realm_id", "invite_id", "claim_seed"))
    body = hashlib.sha256(one["body"].encode()).digest()
    message = pae(b"firstkey/v1/request", realm, one["origin"].encode(), b"POST", one["path"].encode(), body, invite)
    public, signature = sign(seed, message)
    for name, found in (("claim_key", public), ("message", message), ("signature", signature)):
        same(f"{one['name']}: {name}", found, one[name])


def statement(one):
    realm, account, seed = (bytes.fromhex(one[name]) for name in ("realm_id", "account_id", "s_seed"))
    identity = pae(b"firstkey/v1/identity", b"\1", realm, account, u32be(one["key_gen"]), bytes.fromhex(one["ed25519"]), bytes.fromhex(one["x25519"]))
    signed = sign(seed, identity)[1]
    same(f"{one['name']}: identity_signature", signed, one["identity_signature"])
    parts = {int(number): bytes.fromhex(text) for number, text in {**one["envelopes"], **one["further"]}.items()}
    parts |= {128: identity + signed, 129: bytes.fromhex(one["recovery_public"])}
    digests = b"".join(bytes([number]) + hashlib.sha256(parts[number]).digest() for number in sorted(parts))
    same(f"{one['name']}: digests", digests, one["digests"])
    counter = int(one["counter"]).to_bytes(8, "big")
    message = pae(b"firstkey/v1/bundle", b"\1", realm, account, u32be(one["key_gen"]), counter, digests)
    same(f"{one['name']}: message", message, one["message"])
    same(f"{one['name']}: signature", sign(seed, message)[1], one["signature"])


FILES = {"protocol/protocol-v1.json": protocol, "protocol/request-v1.json": request, "protocol/statement-v1.json": statement, "scim/filters.json": scim.check}


def main():
    for name, check in FILES.items():
        for one in load(name)["cases"]:
            check(one)
    if "--schema" in sys.argv:
        import jsonschema

        schema = load("schema.json")
        for name in FILES:
            kind = pathlib.PurePath(name).stem
            jsonschema.validate(load(name), {**schema, "$ref": f"#/$defs/{kind}"})
        print(f"vectors: {len(FILES)} files have the form of schema.json")
    compared = len(COMPARED) + scim.COMPARED
    if compared < 140:
        sys.exit(f"error: only {compared} values were compared")
    print(f"vectors: {compared} values compared, in Python")


main()
