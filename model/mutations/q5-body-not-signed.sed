# what: the signature does not cover the body
# model: q5-agreement-upload
# turns: authentication? Client -> Server: body
s/HASH\(complete, body, invite\)/HASH(complete, invite)/
