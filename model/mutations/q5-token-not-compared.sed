# what: the token of a claim is not compared
# model: q5-agreement-upload
# turns: authentication? Client -> Server: body
/_ = ASSERT\(shown, token\)/d
