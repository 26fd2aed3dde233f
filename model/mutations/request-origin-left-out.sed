# what: the origin is no part of what the claim key signs
# model: request-relayed
# turns: confidentiality? response
s/HASH\(realm, (home|evil)_origin, /HASH(realm, /
