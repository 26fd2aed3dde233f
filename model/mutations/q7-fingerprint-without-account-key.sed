# what: the fingerprint does not cover the signing key
# model: q7-admin-confirms
# turns: confidentiality? org_secret
s/HASH\(realm, acct, (listed_ed|ed_pk)\)/HASH(realm, acct)/
