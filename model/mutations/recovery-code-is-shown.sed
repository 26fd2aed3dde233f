# what: the code itself is shown to the server
# model: recovery-agreement
# turns: confidentiality? ak
s/^Client -> Server: proof/Client -> Server: proof, rc/
