# what: neither the bundle of the read-back nor the public key in it is compared
# model: done-means-stored
# turns: equivalence? sent, done
/_ = ASSERT\(HASH\(back1/d
/_ = ASSERT\(PUBKEY\(x_opened/d
