# what: the new code is sealed under the old one
# model: q2-replaced-kit
# turns: confidentiality? rc_new
s/HASH\(rc_label, rc_new\), ak,/HASH(rc_label, rc_old), rc_new,/
