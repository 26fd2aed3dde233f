# what: what goes to the OPRF is hashed, not blinded
# model: q3-guess-recorded
# turns: confidentiality? pw
s/BLIND\(r2, auth\)/HASH(auth)/
