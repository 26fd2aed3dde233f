# what: the login sends what was stretched, without OPAQUE
# model: q3-guess-recorded
# turns: confidentiality? pw
s/^Client -> Server: salt, blinded/Client -> Server: salt, auth, blinded/
