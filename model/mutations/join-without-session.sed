# what: joining needs no session
# model: join-needs-password
# turns: authentication? Client -> Server: request
/_ = ASSERT\(got_bearer, bearer\)/d
