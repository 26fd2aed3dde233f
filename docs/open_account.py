#!/usr/bin/env python3
"""Opens a firstkey account without firstkey: from what the server shows, and the recovery code.

    firstkey-server show ada@example.org --data DIR --json > shown.json
    python3 docs/open_account.py shown.json crates/core/data/eff_large_wordlist.txt      (asks for the code; nothing is sent or stored)

Written from docs/PROTOCOL.md alone, with nothing but Python's standard library, to be read in one go. It is slow and its time depends on
secrets: for checking, on a computer that you trust. Exit code 0 only if every line below says "yes".
"""
import base64, getpass, hashlib, hmac, json, struct, sys, uuid

def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

def pae(*parts):  # section 2
    return struct.pack("<Q", len(parts)) + b"".join(struct.pack("<Q", len(p)) + p for p in parts)

def extract(salt, ikm):  # RFC 5869, SHA-512
    return hmac.new(salt, ikm, hashlib.sha512).digest()

def expand(prk, info, length):  # at most 64 bytes: one block
    return hmac.new(prk, info + b"\x01", hashlib.sha512).digest()[:length]

# --- XChaCha20-Poly1305 (RFC 8439 and draft-irtf-cfrg-xchacha-03) ---
def rounds(key, words):
    x = list(struct.unpack("<16I", b"expand 32-byte k" + key + words))
    def turn(v, n):
        return (v << n | v >> (32 - n)) & 0xFFFFFFFF
    def quarter(a, b, c, d):
        for n, (p, q, r) in zip((16, 12, 8, 7), ((a, b, d), (c, d, b), (a, b, d), (c, d, b))):
            x[p] = (x[p] + x[q]) & 0xFFFFFFFF
            x[r] = turn(x[r] ^ x[p], n)
    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for d in range(4):
            quarter(d, 4 + (d + 1) % 4, 8 + (d + 2) % 4, 12 + (d + 3) % 4)
    return x

def open_xchacha(key, nonce, aad, sealed):
    x = rounds(key, nonce[:16])
    subkey = struct.pack("<8I", *x[:4], *x[12:])  # HChaCha20
    def block(counter):
        words = struct.pack("<I", counter) + bytes(4) + nonce[16:]
        start = struct.unpack("<16I", b"expand 32-byte k" + subkey + words)
        return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(start, rounds(subkey, words))))
    body, tag = sealed[:-16], sealed[-16:]
    r, s = block(0)[:16], int.from_bytes(block(0)[16:32], "little")
    r = int.from_bytes(r, "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    padded = lambda part: part + bytes(-len(part) % 16)
    mac = 0
    text = padded(aad) + padded(body) + struct.pack("<QQ", len(aad), len(body))
    for at in range(0, len(text), 16):
        mac = (mac + int.from_bytes(text[at:at + 16] + b"\x01", "little")) * r % (2**130 - 5)
    if not hmac.compare_digest(((mac + s) % 2**128).to_bytes(16, "little"), tag):
        sys.exit("NO: a tag does not fit")
    stream = b"".join(block(1 + at) for at in range(-(-len(body) // 64)))
    return bytes(a ^ b for a, b in zip(body, stream))

# --- Curve25519: X25519 (RFC 7748), Ed25519 (RFC 8032) ---
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493

def add(p, q):  # affine, complete
    (x1, y1), (x2, y2) = p, q
    t = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P)

def times(n, p):
    result = (0, 1)
    while n:
        if n & 1:
            result = add(result, p)
        p, n = add(p, p), n >> 1
    return result

def point(bytes32):
    y = int.from_bytes(bytes32, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or y >= P:
        sys.exit("NO: not a point of the curve")
    return (P - x if x & 1 != sign else x, y)

def packed(p):
    return (p[1] | (p[0] & 1) << 255).to_bytes(32, "little")

BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))

def clamped(bytes32):
    return int.from_bytes(bytes32, "little") & (2**254 - 8) | 2**254

def ed25519_public(seed):
    return packed(times(clamped(hashlib.sha512(seed).digest()[:32]), BASE))

def ed25519_verifies(public, message, signature):
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    s = int.from_bytes(signature[32:], "little")
    return s < ORDER and times(s, BASE) == add(point(signature[:32]), times(challenge, point(public)))

def x25519_public(secret):  # the Montgomery u of the same multiple: u = (1 + y) / (1 - y)
    y = times(clamped(secret), BASE)[1]
    return ((1 + y) * pow(1 - y, -1, P) % P).to_bytes(32, "little")

# --- the account ---
def read_code(text):  # section 10: Crockford's base 32, the last two symbols are a check
    symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    plain = "".join(text.split()).replace("-", "").upper().translate(str.maketrans("OIL", "011"))
    if len(plain) != 28 or any(c not in symbols for c in plain):
        sys.exit("NO: that is no recovery code")
    number = 0
    for c in plain[:26]:
        number = number << 5 | symbols.index(c)
    return (number >> 2).to_bytes(16, "big")

def unwrap(envelope, kind, kek, realm, account, key_gen):  # section 6
    head = 12 + (47 if kind == 1 else 0)
    expected = b"FKEY" + bytes([1, 1, kind, 0]) + struct.pack(">I", key_gen)
    if envelope[:12] != expected or struct.unpack(">H", envelope[head + 88:head + 90])[0] != len(envelope) - head - 90:
        sys.exit(f"NO: envelope {kind} has another form")
    salt, nonce, commit = envelope[head:head + 32], envelope[head + 32:head + 56], envelope[head + 56:head + 88]
    aad = pae(b"firstkey/v1/env", envelope[:head + 56], realm, account)
    keys = expand(extract(salt, kek), pae(b"firstkey/v1/wrap", hashlib.sha512(aad).digest()), 64)
    if not hmac.compare_digest(keys[32:], commit):
        sys.exit(f"NO: envelope {kind} was not sealed with this key, for this account")
    return open_xchacha(keys[:32], nonce, aad, envelope[head + 90:])

def stated(shown, realm, account, key_gen, ed, identity):  # section 7; an account of an older program has none
    said = shown.get("statement")
    if not said:
        return True
    parts = {int(n): unb64(e) for n, e in shown["envelopes"].items()}
    parts |= {128: identity + unb64(shown["identity"]["signature"]), 129: unb64(shown["recovery_public"])}
    digests = b"".join(bytes([n]) + hashlib.sha256(parts[n]).digest() for n in sorted(parts))
    if (listed := unb64(said["digests"])).startswith(digests + b"\x82") and len(listed) == len(digests) + 33:
        digests = listed  # the realm's signing key, number 130, which is no part of the account
    generation, count = struct.pack(">I", key_gen), struct.pack(">Q", said["counter"])
    message = pae(b"firstkey/v1/bundle", b"\x01", realm, account, generation, count, digests)
    return unb64(said["digests"]) == digests and ed25519_verifies(ed, message, unb64(said["signature"]))

def main():
    shown = json.load(open(sys.argv[1]))
    words = open(sys.argv[2]).read().split()
    code = read_code(getpass.getpass("Recovery code: ") if sys.stdin.isatty() else sys.stdin.readline())
    realm, account = (uuid.UUID(shown[name]).bytes for name in ("realm_id", "account_id"))
    identity, envelopes = shown["identity"], {int(n): unb64(e) for n, e in shown["envelopes"].items()}
    key_gen, ed, x = identity["key_gen"], unb64(identity["ed25519"]), unb64(identity["x25519"])
    ctx = pae(b"\x01", realm, account)

    prk = extract(b"firstkey/v1/recovery", code)
    ak = unwrap(envelopes[2], 2, expand(prk, pae(b"firstkey/v1/kek/recovery", ctx), 32), realm, account, key_gen)
    kek = expand(extract(b"firstkey/v1/ak", ak), pae(b"firstkey/v1/kek/account", ctx), 32)
    x_secret, seed = (unwrap(envelopes[kind], kind, kek, realm, account, key_gen) for kind in (3, 4))
    print("the code opens envelope 2, and what is in it opens envelopes 3 and 4: yes")
    statement = pae(b"firstkey/v1/identity", b"\x01", realm, account, struct.pack(">I", key_gen), ed, x)
    recovery = ed25519_public(expand(prk, pae(b"firstkey/v1/recovery-sign", ctx), 32))
    for what, same in (
        ("the X25519 key that is shown is that of the key inside", x25519_public(x_secret) == x),
        ("the Ed25519 key that is shown is that of the key inside", ed25519_public(seed) == ed),
        ("the identity is signed by it", ed25519_verifies(ed, statement, unb64(identity["signature"]))),
        ("the recovery key that is shown is that of the code", recovery == unb64(shown["recovery_public"])),
        ("the statement lists all of this, and is signed by it", stated(shown, realm, account, key_gen, ed, statement)),
    ):
        print(f"{what}: {'yes' if same else 'NO'}")
        if not same:
            sys.exit(1)
    number = int.from_bytes(hashlib.sha512(pae(b"firstkey/v1/fingerprint", realm, account, ed)).digest()[:32], "big")
    phrase = []
    for _ in range(8):
        phrase.append(words[number % 7776])
        number //= 7776
    print("fingerprint:", " ".join(phrase))

if __name__ == "__main__":
    main()
