# what: the realm signs the question, not the answer
# model: q3-guess-proxy-bound
# turns: confidentiality? ak
s/CONCAT\(ctx, blinded, evaluated\)/CONCAT(ctx, blinded)/
