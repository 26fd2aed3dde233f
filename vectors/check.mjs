#!/usr/bin/env node
// Checks the vectors of this folder with an implementation of its own: Node's cryptography, and
// HChaCha20 from RFC 8439 and the XChaCha draft. Types are JSDoc, so no compiler is needed.
//
//     node vectors/check.mjs
//
// Argon2id is left out (Node 20 has none): `mk` is taken as it is given.
import { createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkScim } from "./scim.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
let compared = 0;

/** @param {string} name */
const load = (name) => JSON.parse(readFileSync(join(HERE, name), "utf8"));
/** @param {string} text @returns {Buffer} */
const unhex = (text) => Buffer.from(text, "hex");
/** @param {...(Buffer|string|number)} parts PAE of docs/PROTOCOL.md section 2 @returns {Buffer} */
function pae(...parts) {
  const size = (/** @type {number} */ n) => { const out = Buffer.alloc(8); out.writeBigUInt64LE(BigInt(n)); return out; };
  const bytes = parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part)));
  return Buffer.concat([size(bytes.length), ...bytes.flatMap((part) => [size(part.length), part])]);
}
/** @param {string} kind @param {...Buffer} parts */
const hash = (kind, ...parts) => createHash(kind).update(Buffer.concat(parts)).digest();
/** @param {Buffer|string} salt @param {Buffer} key @param {Buffer} info @param {number} length */
function hkdf(salt, key, info, length) {
  const prk = createHmac("sha512", salt).update(key).digest();
  const blocks = [];
  for (let at = 1, last = Buffer.alloc(0), made = 0; made < length; at += 1, made += 64) {
    last = createHmac("sha512", prk).update(Buffer.concat([last, info, Buffer.from([at])])).digest();
    blocks.push(last);
  }
  return Buffer.concat(blocks).subarray(0, length);
}
/** @param {number} n */
const u32be = (n) => { const out = Buffer.alloc(4); out.writeUInt32BE(n); return out; };
/** @param {number|string} n */
const u64be = (n) => { const out = Buffer.alloc(8); out.writeBigUInt64BE(BigInt(n)); return out; };
/** @param {Buffer} seed @param {string} prefix */
const privateKey = (seed, prefix) => createPrivateKey({ key: Buffer.concat([unhex(prefix), seed]), format: "der", type: "pkcs8" });
const ED25519 = "302e020100300506032b657004220420";
const X25519 = "302e020100300506032b656e04220420";
/** @param {Buffer} seed @param {string} prefix */
const publicOf = (seed, prefix) => createPublicKey(privateKey(seed, prefix)).export({ format: "der", type: "spki" }).subarray(-32);
/** @param {Buffer} seed @param {Buffer} message */
const signature = (seed, message) => sign(null, message, privateKey(seed, ED25519));

/** @param {Buffer} key @param {Buffer} nonce of 16 bytes @returns {Buffer} */
function hchacha(key, nonce) {
  const words = new Uint32Array(16);
  [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574].forEach((word, at) => { words[at] = word; });
  for (let at = 0; at < 8; at += 1) words[4 + at] = key.readUInt32LE(4 * at);
  for (let at = 0; at < 4; at += 1) words[12 + at] = nonce.readUInt32LE(4 * at);
  const turn = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c, /** @type {number} */ d) => {
    const mix = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ z, /** @type {number} */ by) => {
      words[x] += words[y];
      const mixed = words[z] ^ words[x];
      words[z] = (mixed << by) | (mixed >>> (32 - by));
    };
    mix(a, b, d, 16); mix(c, d, b, 12); mix(a, b, d, 8); mix(c, d, b, 7);
  };
  for (let round = 0; round < 10; round += 1) {
    turn(0, 4, 8, 12); turn(1, 5, 9, 13); turn(2, 6, 10, 14); turn(3, 7, 11, 15);
    turn(0, 5, 10, 15); turn(1, 6, 11, 12); turn(2, 7, 8, 13); turn(3, 4, 9, 14);
  }
  const out = Buffer.alloc(32);
  [0, 1, 2, 3, 12, 13, 14, 15].forEach((from, at) => out.writeUInt32LE(words[from], 4 * at));
  return out;
}
/** @param {Buffer} key @param {Buffer} nonce @param {Buffer} aad @param {Buffer} sealed */
function open(key, nonce, aad, sealed) {
  const inner = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]);
  const cipher = createDecipheriv("chacha20-poly1305", hchacha(key, nonce.subarray(0, 16)), inner, { authTagLength: 16 });
  cipher.setAAD(aad, { plaintextLength: sealed.length - 16 });
  cipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
}
/** @param {string} where @param {Buffer} found @param {string} wanted */
function same(where, found, wanted) {
  compared += 1;
  if (found.toString("hex") !== wanted) throw new Error(`${where}: ${found.toString("hex")} is not ${wanted}`);
}

for (const one of load("protocol/protocol-v1.json").cases) {
  const at = (/** @type {string} */ name) => `${one.name}: ${name}`;
  const [realm, account, block] = [one.realm_id, one.account_id, one.kdf_block].map(unhex);
  const ctx = pae(1, realm, account);
  const skd = hash("sha512", Buffer.from("firstkey/v1/2skd"), Buffer.from([0]));
  same(at("auth"), hkdf(skd, unhex(one.mk), pae("firstkey/v1/auth", ctx, block), 64), one.auth);
  same(at("pre"), hkdf(skd, unhex(one.mk), pae("firstkey/v1/enc", ctx, block), 64), one.pre);
  const keks = {
    password: hkdf(unhex(one.pre), unhex(one.export_key), pae("firstkey/v1/kek/password", ctx), 32),
    account: hkdf("firstkey/v1/ak", unhex(one.account_key), pae("firstkey/v1/kek/account", ctx), 32),
    recovery: hkdf("firstkey/v1/recovery", unhex(one.recovery_code), pae("firstkey/v1/kek/recovery", ctx), 32),
  };
  for (const [name, kek] of Object.entries(keks)) same(at(`kek_${name}`), kek, one[`kek_${name}`]);
  const seed = hkdf("firstkey/v1/recovery", unhex(one.recovery_code), pae("firstkey/v1/recovery-sign", ctx), 32);
  same(at("recovery_sign_seed"), seed, one.recovery_sign_seed);
  same(at("recovery_public"), publicOf(seed, ED25519), one.recovery_public);
  same(at("x25519_public"), publicOf(unhex(one.x25519_private), X25519), one.x25519_public);
  same(at("ed25519_public"), publicOf(unhex(one.ed25519_seed), ED25519), one.ed25519_public);
  const [ed, x] = [one.ed25519_public, one.x25519_public].map(unhex);
  const identity = pae("firstkey/v1/identity", 1, realm, account, u32be(one.key_gen), ed, x);
  same(at("identity"), identity, one.identity);
  same(at("signature"), signature(unhex(one.ed25519_seed), identity), one.signature);
  same(at("fingerprint_sha512"), hash("sha512", pae("firstkey/v1/fingerprint", realm, account, ed)), one.fingerprint_sha512);
  const opened = [keks.password, keks.recovery, keks.account, keks.account];
  const held = [one.account_key, one.account_key, one.x25519_private, one.ed25519_seed];
  opened.forEach((kek, number) => {
    const envelope = unhex(one.envelopes[String(number + 1)]);
    const header = 68 + (number === 0 ? 47 : 0);
    const [hdr, rest] = [envelope.subarray(0, header), envelope.subarray(header)];
    const fresh = hdr.subarray(header - 56);
    const aad = pae("firstkey/v1/env", hdr, realm, account);
    const keys = hkdf(fresh.subarray(0, 32), kek, pae("firstkey/v1/wrap", hash("sha512", aad)), 64);
    same(at(`commitment of envelope ${number + 1}`), keys.subarray(32), rest.subarray(0, 32).toString("hex"));
    same(at(`envelope ${number + 1}`), open(keys.subarray(0, 32), fresh.subarray(32), aad, rest.subarray(34)), held[number]);
  });
}
for (const one of load("protocol/request-v1.json").cases) {
  const [realm, invite, seed] = [one.realm_id, one.invite_id, one.claim_seed].map(unhex);
  const message = pae("firstkey/v1/request", realm, one.origin, "POST", one.path, hash("sha256", Buffer.from(one.body)), invite);
  same(`${one.name}: claim_key`, publicOf(seed, ED25519), one.claim_key);
  same(`${one.name}: message`, message, one.message);
  same(`${one.name}: signature`, signature(seed, message), one.signature);
}
for (const one of load("protocol/statement-v1.json").cases) {
  const [realm, account, seed] = [one.realm_id, one.account_id, one.s_seed].map(unhex);
  const identity = pae("firstkey/v1/identity", 1, realm, account, u32be(one.key_gen), unhex(one.ed25519), unhex(one.x25519));
  same(`${one.name}: identity_signature`, signature(seed, identity), one.identity_signature);
  const parts = new Map(Object.entries({ ...one.envelopes, ...one.further }).map(([number, text]) => [Number(number), unhex(String(text))]));
  parts.set(128, Buffer.concat([identity, unhex(one.identity_signature)]));
  parts.set(129, unhex(one.recovery_public));
  const rising = [...parts].sort(([a], [b]) => a - b);
  const digests = Buffer.concat(rising.flatMap(([number, bytes]) => [Buffer.from([number]), hash("sha256", bytes)]));
  same(`${one.name}: digests`, digests, one.digests);
  const message = pae("firstkey/v1/bundle", 1, realm, account, u32be(one.key_gen), u64be(one.counter), digests);
  same(`${one.name}: message`, message, one.message);
  same(`${one.name}: signature`, signature(seed, message), one.signature);
}
compared += checkScim(load("scim/filters.json").cases);
if (compared < 140) throw new Error(`only ${compared} values were compared`);
console.log(`vectors: ${compared} values compared, in JavaScript`);
