# what: a private key is uploaded as it is
# model: q1-secrecy-network
# turns: confidentiality? s_seed
s/^Client -> Server: mask, tag,/Client -> Server: s_seed, mask, tag,/
