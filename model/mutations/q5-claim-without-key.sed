# what: the claim does not bind the claim key: the server takes the key that comes with the upload
# model: q5-agreement-upload
# turns: authentication? Client -> Server: body
s/SIGNVERIF\(claimed_pk,/SIGNVERIF(claim_pk,/
