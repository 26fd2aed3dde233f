# what: the server does not check the proof of the client
# model: login-agreement
# turns: authentication? Client -> Server: ke3
/_ = ASSERT\(MAC\(s_mac2/d
