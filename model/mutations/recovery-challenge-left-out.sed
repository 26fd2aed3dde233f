# what: the challenge is no part of what a recovery signs
# model: recovery-agreement
# turns: freshness? proof
s/origin, challenge\)/origin)/
