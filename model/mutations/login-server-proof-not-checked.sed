# what: the client does not check the proof of the server
# model: login-agreement
# turns: authentication? Server -> Client: ke2_mac
/_ = ASSERT\(MAC\(c_mac1/d
