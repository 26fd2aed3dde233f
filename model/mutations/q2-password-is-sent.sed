# what: the raw password goes along with the request
# model: q2-secrecy-server
# turns: confidentiality? pw
s/^Client -> Server: salt, blinded/Client -> Server: salt, pw, blinded/
