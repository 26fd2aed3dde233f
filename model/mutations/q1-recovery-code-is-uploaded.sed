# what: the recovery code is uploaded, for support
# model: q1-secrecy-network
# turns: confidentiality? rc
s/^Client -> Server: mask, tag,/Client -> Server: rc, mask, tag,/
