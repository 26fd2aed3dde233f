# what: the account is bound in the associated data, not in the keys
# model: q6-same-password-elsewhere
# keeps: equivalence? ak, opened
s/, acct\)$/, nil)/
