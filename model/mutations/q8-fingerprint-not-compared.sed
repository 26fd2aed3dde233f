# what: the colleague does not compare the fingerprint
# model: q8-peer-encrypts
# turns: confidentiality? shared
/_ = ASSERT\(HASH\(realm, acct, ed_pk\), fp\)\?/d
