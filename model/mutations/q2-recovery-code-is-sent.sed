# what: recovery shows the code itself
# model: q2-secrecy-server
# turns: confidentiality? ak
s/^Client -> Server: mask, tag,/Client -> Server: rc, mask, tag,/
