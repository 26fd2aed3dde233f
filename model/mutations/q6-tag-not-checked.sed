# what: an envelope whose tag does not hold is used all the same
# model: q6-envelope-context
# turns: equivalence? x_sk, x_opened
s/(AEAD_DEC\(.*\))\?/\1/
