# what: the count is no part of the statement
# model: q6-statement
# turns: equivalence? newest, taken
s/, (one|two), (kit|got)/, \2/
