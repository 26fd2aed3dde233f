# what: the key that signs the answer is not compared with the letter's
# model: q3-guess-proxy-bound
# turns: confidentiality? pw
/ASSERT\(HASH\(realm_pk\), binding\)/d
