use super::*;
use crate::exit::every_stop;
use crate::ui::offline_event::OfflineEvent;
use crate::ui::wrap::wrap;
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::kdf::{KdfBlock, Profile, Salt};
use firstkey_testkit::pins;

fn found(fit: Fit) -> Findings {
    let peer = pins::good();
    Findings {
        context: AccountContext { realm: RealmId::heard([5; 16]), account: AccountId::heard([6; 16]) },
        email: Some(Printable::from_untrusted("ada@example.org")),
        state: Printable::from_untrusted("complete"),
        identity: firstkey_core::crypto::identity::PublicIdentity::heard(firstkey_core::crypto::identity::PublicKeys {
            key_gen: KeyGen(1),
            ..*peer.identity
        }),
        settings: KdfBlock { profile: Profile::Two, salt: Salt::heard([7; 32]), two_secret: false },
        parts: Part::ALL.map(|part| (part, fit)).to_vec(),
        verdict: Ok(()),
    }
}

#[test]
fn every_end_fits_and_says_that_nothing_was_sent() {
    for (trouble, code, _) in every_stop::offlines() {
        let story = story(&trouble, "shown.json");
        let text = story.for_people();
        assert!(text.lines().all(|line| line.is_ascii() && line.chars().count() <= 78), "{text}");
        assert!(text.contains("Nothing was sent, and nothing was written."), "{text}");
        assert!(code == "cancelled" || !story.next.is_empty(), "{text}");
    }
}

#[test]
fn a_password_is_answered_with_the_reason_and_another_way() {
    let said = story(&Trouble::Password { on_the_command_line: false }, "shown.json");
    let text = said.in_one();
    assert!(text.contains("A password alone opens nothing offline. Half of its key comes from the server"), "{text}");
    let typed = story(&Trouble::Password { on_the_command_line: true }, "shown.json");
    assert!(typed.in_one().contains("do not use it any more"));
}

#[test]
fn each_part_has_its_line_and_forty_columns_are_enough() {
    for (fit, answer) in [(Fit::Yes, ": yes"), (Fit::No, ": NO"), (Fit::Untried, ": not tried")] {
        let lines = findings(&found(fit));
        assert_eq!(lines.iter().filter(|line| line.ends_with(answer)).count(), Part::ALL.len(), "{lines:?}");
        assert!(lines.iter().all(|line| line.is_ascii() && line.len() <= 78), "{lines:?}");
        let page = wrap(&lines.join("\n"), 40);
        assert!(page.lines().all(|line| line.len() <= 46), "only an id may be wider:\n{page}");
    }
}

#[test]
fn the_lines_for_machines_name_every_part_once() {
    let names: std::collections::HashSet<_> = Part::ALL.iter().map(|part| part.name()).collect();
    assert_eq!(names.len(), Part::ALL.len());
    let document = include_str!("../../../docs/EXIT-CODES.md");
    for name in names {
        assert!(document.contains(&format!("`{name}`")), "{name} is not documented");
    }
    assert_eq!(
        OfflineEvent::of_part(Part::Envelope1, Fit::Untried).line(),
        "{\"event\":\"part\",\"id\":\"envelope-1\",\"fits\":null}\n"
    );
    let end: serde_json::Value =
        serde_json::from_str(&OfflineEvent::of_findings(&found(Fit::Yes)).line()).expect("JSON");
    assert_eq!((end["event"].as_str(), end["remembered"].as_bool()), (Some("opened-offline"), Some(true)));
}
