# what: the account is bound in the keys, not in the associated data
# model: q6-same-password-elsewhere
# keeps: equivalence? ak, opened
s/HASH\(type1, acct\)/HASH(type1)/
