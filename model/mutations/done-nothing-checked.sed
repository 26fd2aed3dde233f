# what: the bundle of the read-back is not compared, and envelopes whose tags do not hold are used all the same
# model: done-means-stored
# turns: equivalence? ak, ak_opened
/_ = ASSERT\(/d
s/(AEAD_DEC\(.*\))\?/\1/
