# what: the client proves itself before it checked the record
# model: q3-guess-at-login
# turns: confidentiality? pw
/_ = ASSERT\(MAC\(client_mac_key/d
