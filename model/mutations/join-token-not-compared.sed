# what: an invite of mode join can be claimed without its token
# model: join-needs-letter
# turns: authentication? Client -> Server: request
/_ = ASSERT\(shown, token\)/d
