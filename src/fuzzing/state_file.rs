//! Fuzz body: files of the state folder as they may be found on a disk: the frame, what is in it,
//! names, and the record of what was sent.
//!
//! The first byte chooses what the rest is: a framed file, the payload of one, edits of a frame, a
//! record, or a name. Oracle: a frame gives the very payload that was put into it, and no other;
//! a record that is read shows nothing that a terminal would obey and is the same after it was
//! written; a name never leads out of the folder.

use crate::audit::Record;
use crate::store::fuzzing::{KINDS, unwrapped, wrapped};
use crate::store::name::{FileName, Kind, Stem};
use firstkey_core::flow::checkpoint::{Checkpoint, Pin};
use firstkey_core::flow::defaults::Defaults;
use firstkey_core::flow::peer::Peer;
use firstkey_core::flow::tried::Tried;
use firstkey_testkit::seen;

/// Plays one input.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let Some((&choice, rest)) = data.split_first() else { return };
    let kind = usize::from(choice >> 3) % KINDS;
    match choice & 7 {
        0 => framed(rest),
        1 => a_frame_gives_what_was_put_into_it(kind, rest),
        2 => an_edited_frame_gives_nothing(kind, rest),
        3 => record(rest),
        4 => name(rest),
        _ => payload(rest),
    }
}

fn framed(file: &[u8]) {
    let found: Vec<_> = (0..KINDS).filter_map(|kind| Some((kind, unwrapped(kind, file)?))).collect();
    assert!(found.len() <= 1, "one file is of two kinds");
    for (kind, inside) in found {
        assert_eq!(wrapped(kind, inside), file, "a frame that is read is the one that is written");
        payload(inside);
    }
}

fn payload(bytes: &[u8]) {
    let emails = [
        Checkpoint::read(bytes).ok().map(|saved| saved.email),
        Pin::read(bytes).ok().map(|pin| pin.email),
        Peer::read(bytes).ok().map(|peer| peer.email),
        Defaults::read(bytes).ok().and_then(|own| own.email),
    ];
    for email in emails.into_iter().flatten() {
        assert_eq!(seen::unfit(&email), None, "an address in the state folder");
    }
    if let Ok(tried) = Tried::read(bytes) {
        assert_eq!(Tried::read(&tried.encode()), Ok(tried), "tries read differently the second time");
    }
}

fn a_frame_gives_what_was_put_into_it(kind: usize, bytes: &[u8]) {
    let file = wrapped(kind, bytes);
    for other in 0..KINDS {
        assert_eq!(unwrapped(other, &file), (other == kind).then_some(bytes), "kind {kind} read as {other}");
    }
}

/// Two bytes of offset and one to change by; what is left is the payload.
fn an_edited_frame_gives_nothing(kind: usize, data: &[u8]) {
    let [high, low, change, bytes @ ..] = data else { return };
    let mut file = wrapped(kind, bytes);
    let at = usize::from(u16::from_be_bytes([*high, *low])) % (file.len() + 1);
    match (file.get_mut(at), change) {
        (Some(_), 0) => file.truncate(at),
        (Some(byte), change) => *byte ^= change,
        (None, change) => file.push(*change),
    }
    for kind in 0..KINDS {
        assert_eq!(unwrapped(kind, &file), None, "an edited file passes");
    }
}

fn record(bytes: &[u8]) {
    let Ok(record) = Record::read(bytes) else { return };
    assert_eq!(Record::read(&record.encode()).as_ref(), Ok(&record), "a record reads differently the second time");
    for line in record.describe() {
        assert_eq!(seen::unfit(&line), None, "{line:?}");
    }
}

fn name(bytes: &[u8]) {
    let Some(stem) = std::str::from_utf8(bytes).ok().and_then(Stem::read) else { return };
    for kind in Kind::ALL {
        let name = FileName::new(&stem, kind);
        let plain = name.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        assert!(plain && !name.as_str().starts_with('.') && name.as_str().len() <= 80, "{:?}", name.as_str());
    }
}

/// Files of an honest run, framed and not, and edits of them.
pub(super) fn seeds(add: &mut dyn FnMut(&str, Vec<u8>)) {
    use firstkey_core::flow::Effect;
    use firstkey_testkit::scene::Scene;
    let mut record = Record::default();
    for turn in &Scene::new(1).run_honestly(1).turns {
        match &turn.effect {
            Effect::Save(saved) => {
                add("checkpoint", [&[5][..], &saved.encode()].concat());
                add("framed-checkpoint", [&[0][..], &wrapped(0, &saved.encode())].concat());
            }
            Effect::Conclude(pin) => {
                add("pin", [&[5][..], &pin.encode()].concat());
                add("framed-pin", [&[0][..], &wrapped(1, &pin.encode())].concat());
            }
            Effect::Send(request) => record.append(request, 1_795_798_800),
            _ => {}
        }
    }
    add("record", [&[3][..], &record.encode()].concat());
    let odd = String::from_utf8_lossy(&record.encode()).replacen("/v1/", "/v1\u{9b}2J\u{202e}/", 1);
    add("record-odd-address", [&[3][..], odd.as_bytes()].concat());
    for kind in 0..u8::try_from(KINDS).expect("invariant: a handful") {
        add(&format!("wrapped-{kind}"), vec![kind << 3 | 1, b'{', b'}']);
        for (name, at) in [("magic", 1), ("sum", 20), ("end", 70), ("payload", 71), ("more", 73)] {
            add(&format!("edited-{name}-{kind}"), vec![kind << 3 | 2, 0, at, 1, b'{', b'}']);
            add(&format!("cut-{name}-{kind}"), vec![kind << 3 | 2, 0, at, 0, b'{', b'}']);
        }
    }
    for (name, text) in [("good", "AAECAwQFBgcICQoLDA0ODw"), ("dots", "../x"), ("empty", ""), ("slash", "a/b")] {
        add(&format!("name-{name}"), [&[4], text.as_bytes()].concat());
    }
}
