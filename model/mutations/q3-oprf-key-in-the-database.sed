# what: the OPRF key is kept in the database
# model: q3-guess-recorded
# turns: confidentiality? pw
s/^\tknows private oprf_key/\tknows private oprf_key\n\tleaks oprf_key/
