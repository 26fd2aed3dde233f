use super::*;
use crate::exit::every_stop;

#[test]
fn every_stop_fits_and_says_what_to_do() {
    let peers = every_stop::peers().into_iter().map(|(trouble, code, _)| (peer(&trouble), code));
    let files = every_stop::files().into_iter().map(|(trouble, code, _)| (file(&trouble), code));
    for (story, code) in peers.chain(files) {
        let text = story.for_people();
        assert!(text.lines().all(|line| line.is_ascii() && line.chars().count() <= 78), "{text}");
        assert!(code == "cancelled" || !story.next.is_empty(), "{text}");
    }
}

#[test]
fn what_is_said_of_a_colleague_fits_whatever_the_server_says() {
    use firstkey_core::flow::account::{Deed, Done};
    use firstkey_core::flow::checkpoint::Pin;
    use firstkey_core::wire::directory::Words;
    let peer = firstkey_testkit::pins::good();
    let pin = Pin {
        origin: peer.origin.clone(),
        invite: None,
        context: peer.context,
        email: "ada@example.org".to_owned(),
        identity: peer.identity,
        memberships: Vec::new(),
        two_secret: false,
        held: None,
        server_key: [0; 32],
    };
    let words = Words::read(&peer.fingerprint().to_string()).expect("eight words");
    for sight in [Sight::First, Sight::Same, Sight::Confirmed] {
        for (compared, confirmed_at, others_confirmed) in
            [(false, None, true), (false, Some(0), false), (false, Some(1_795_798_800), false), (true, None, false)]
        {
            let found = FoundPeer {
                peer: Peer { compared, ..peer.clone() },
                sight,
                instead_of: Vec::new(),
                confirmed_at,
                others_confirmed,
                earlier: Some(words.clone()),
                reset_at: confirmed_at.map(|_| 1_763_900_000),
                own: Done {
                    deed: Deed::Verified,
                    pin: pin.clone(),
                    first_seen: false,
                    kit: firstkey_core::crypto::recovery::KitNumber::of(&[7; 32]),
                    secret_keys: firstkey_core::wire::asked::SecretKeys::Off,
                },
            };
            let lines = super::found(&found);
            assert!(lines.iter().all(|line| line.is_ascii() && line.len() <= 78), "{lines:#?}");
            let says = |part: &str| lines.iter().any(|line| line.contains(part));
            assert_eq!(says("ANOTHER key"), others_confirmed);
            assert_eq!(says("An administrator compared them"), confirmed_at.is_some());
            assert_eq!(says("--fingerprint"), !compared, "whoever has not compared is told how");
        }
    }
    assert!(people(&[]).iter().chain(&people(&[peer])).all(|line| line.len() <= 78));
}
