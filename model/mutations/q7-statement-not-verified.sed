# what: the signature of the statement is not checked
# model: q7-admin-confirms
# turns: equivalence? own, confirmed
/_ = SIGNVERIF/d
