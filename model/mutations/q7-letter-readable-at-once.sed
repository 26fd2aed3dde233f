# what: the letter is readable before the completion, not after
# model: q7-mail-read-later
# turns: authentication? Client -> Server: body
/^phase\[1\]/d
