# what: AK comes from the server, for convenience
# model: q1-secrecy-network
# turns: confidentiality? ak
s/^\tgenerates token/\tgenerates token, ak/
s/generates salt, r, ak,/generates salt, r,/
s/^Server -> Client: \[token\]/Server -> Client: [ak], [token]/
