# what: the client sends what was stretched along with its proof
# model: login-agreement
# turns: confidentiality? pw
s/^Client -> Server: ke3/Client -> Server: ke3, auth/
