# what: the key that wraps AK depends on the password alone, not on the OPRF
# model: q3-guess-recorded
# turns: confidentiality? pw
s/kek = HKDF\(pre, xk, ctx\)/kek = HKDF(pre, nil, ctx)/
