# what: the signature does not cover the X25519 key
# model: q8-peer-encrypts
# turns: confidentiality? shared
s/, ed_pk, x_pk\)/, ed_pk)/
