# what: the bundle of the read-back is not compared, but opened, and the public key derived anew
# model: done-means-stored
# keeps: equivalence? sent, done
/_ = ASSERT\(HASH\(back1/d
