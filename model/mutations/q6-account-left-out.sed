# what: the account is no part of the associated data
# model: q6-envelope-context
# turns: equivalence? x_sk, x_opened
s/(HASH.*), acct[12]\)/\1)/
