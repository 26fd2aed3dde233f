# what: the stretched password is sent, as a login by hash does
# model: q1-secrecy-network
# turns: confidentiality? pw
s/^Client -> Server: claim, salt/Client -> Server: claim, mk, salt/
