# what: the key from the record has no part in the session key
# model: login-agreement
# turns: authentication? Client -> Server: ke3
s/, DH_KEX\(rec_client_pk, seph\)\)/)/
s/, DH_KEX\(seph_pk, client_sk\)\)/)/
