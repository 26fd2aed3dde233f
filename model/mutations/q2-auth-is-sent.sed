# what: the login sends what was stretched, a password-equivalent
# model: q2-secrecy-server
# turns: confidentiality? auth
s/^Client -> Server: salt, blinded/Client -> Server: salt, auth, blinded/
