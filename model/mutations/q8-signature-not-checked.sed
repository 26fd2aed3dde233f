# what: the signature of the statement is not checked
# model: q8-peer-encrypts
# turns: confidentiality? shared
/_ = SIGNVERIF/d
