# what: the statement lists no part
# model: q6-statement
# turns: equivalence? newest, taken
s/(acct[12], (one|two)), (kit_old|kit_new|kit_other|got_kit)\)/\1)/
