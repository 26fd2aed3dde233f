# what: the type is no part of the associated data
# model: q6-envelope-context
# turns: equivalence? x_sk, x_opened
s/HASH\(suite, type[34], /HASH(suite, /
