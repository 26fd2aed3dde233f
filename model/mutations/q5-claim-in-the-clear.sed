# what: the claim is not encrypted to the server
# model: q5-agreement-upload
# turns: authentication? Client -> Server: body
s/PKE_ENC\(tls_pk, CONCAT\(got_token, claim_pk\)\)/CONCAT(got_token, claim_pk)/
s/SPLIT\(PKE_DEC\(tls_sk, claim\)\)/SPLIT(claim)/
