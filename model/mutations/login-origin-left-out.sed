# what: the origin is no part of a login
# model: login-relayed
# turns: confidentiality? bearer
s/acct, (home|evil)_origin, /acct, /
