# what: the account is no part of the statement
# model: q6-statement
# turns: equivalence? newest, taken
s/(bundle), acct[12], (one|two)/\1, \2/
