# what: the second secret is no part of the key derivation
# model: q4-guess-server-second-secret
# turns: confidentiality? pw
s/HKDF\(HASH\(nosecret, sk\)/HKDF(HASH(nosecret)/
