# what: the origin is no part of what a recovery signs
# model: recovery-relayed
# turns: confidentiality? bearer
s/HASH\(realm, acct, (home|evil)_origin, /HASH(realm, acct, /
