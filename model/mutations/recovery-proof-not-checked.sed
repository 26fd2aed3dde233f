# what: the proof of a recovery is not checked
# model: recovery-agreement
# turns: authentication? Client -> Server: proof
/_ = SIGNVERIF/d
