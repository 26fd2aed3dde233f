# what: the realm is no part of the associated data
# model: q6-envelope-context
# turns: equivalence? x_sk, x_opened
s/(HASH.*), realm[12], acct/\1, acct/
