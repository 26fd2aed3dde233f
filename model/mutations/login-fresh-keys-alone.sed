# what: the session key comes from fresh keys alone, like an exchange without names
# model: login-agreement
# turns: confidentiality? c_mac2
s/CONCAT\((DH_KEX\(eph_pk, seph\)), DH_KEX\(eph_pk, server_sk\), DH_KEX\(rec_client_pk, seph\)\)/\1/
s/CONCAT\((DH_KEX\(seph_pk, eph\)), DH_KEX\(server_pk, eph\), DH_KEX\(seph_pk, client_sk\)\)/\1/
