# what: the signature of the upload is not checked
# model: q5-agreement-upload
# turns: authentication? Client -> Server: body
/_ = SIGNVERIF/d
