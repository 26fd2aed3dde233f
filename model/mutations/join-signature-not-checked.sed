# what: the signature of the claim key is not checked when joining
# model: join-needs-letter
# turns: authentication? Client -> Server: request
/_ = SIGNVERIF/d
s/member = HASH\(request\)/member = HASH(got_sig)/
