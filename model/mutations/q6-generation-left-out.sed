# what: the generation is no part of the associated data
# model: q6-envelope-context
# turns: equivalence? x_sk, x_opened
s/, gen[12], realm/, realm/
