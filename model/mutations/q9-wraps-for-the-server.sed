# what: AK is also wrapped for a key that came in the offer
# model: q9-key-from-the-server
# turns: confidentiality? ak
s/^\tseen = HASH\(org_pk\)/\tenv5 = PKE_ENC(org_pk, ak)/
s/^Client -> Server: env1, env2/Client -> Server: env1, env2, env5/
