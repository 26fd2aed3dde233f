# what: the signature of the statement is not looked at
# model: q6-statement
# turns: equivalence? newest, taken
s/SIGNVERIF\((.*)\)\?/SIGNVERIF(\1)/
