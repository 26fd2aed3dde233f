# what: the key that wraps AK comes from the OPRF alone, without pre
# model: q2-secrecy-server
# turns: confidentiality? ak
s/HKDF\(pre, xk, ctx\)/HKDF(nil, xk, ctx)/
