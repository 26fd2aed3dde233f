# what: the signing key is made from the token
# model: q7-mail-read-later
# turns: confidentiality? s_seed
s/^\tgenerates s_seed, env/\tgenerates env\n\ts_seed = HASH(got_token)/
