# what: OPAQUE is fed with the raw password, and the salt comes from the server
# model: q4-guess-server-second-secret
# turns: confidentiality? pw
s/BLIND\(r, auth\)/BLIND(r, pw)/
s/UNBLIND\(r, auth,/UNBLIND(r, pw,/
s/generates salt, r, ak/generates r, ak/
s/Client -> Server: salt, blinded/Client -> Server: blinded/
s/^\tleaks oprf_key/\tleaks oprf_key\n\tgenerates salt/
1,/^\]/s/^\]/]\n\nServer -> Client: salt/
