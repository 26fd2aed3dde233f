# what: the signature of the realm over the answer is not checked
# model: q3-guess-proxy-bound
# turns: confidentiality? pw
/SIGNVERIF\(realm_pk, /d
