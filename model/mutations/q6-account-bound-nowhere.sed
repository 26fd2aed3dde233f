# what: the account is bound neither in the keys nor in the associated data
# model: q6-same-password-elsewhere
# turns: equivalence? ak, opened
s/HASH\(type1, acct\)/HASH(type1)/
s/, acct\)/, nil)/
