# what: the administrator confirms without comparing
# model: q7-admin-confirms
# turns: confidentiality? org_secret
/_ = ASSERT/d
