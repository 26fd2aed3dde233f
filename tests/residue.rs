//! What is left in the memory of the client, at each request and at its end: read from outside, as
//! a core dump or a swapped page would have it.
//!
//! Every secret of the account is computed anew after the run and looked for, raw, in hexadecimal,
//! base64, UTF-16 and more, and in pieces of eight bytes. What each moment may hold is a table;
//! what a moment must hold is in it as well, so that a search that finds nothing anywhere fails.
//!
//! What is freed is zero in the programs, whatever it was (`src/main.rs`); that the types of
//! `secret.rs` wipe themselves as well is `tests/wiped.rs`.

#![allow(clippy::print_stdout, reason = "what was found where is a table to be read")]

mod support;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use firstkey_core::crypto::kdf::KdfBlock;
use firstkey_core::crypto::prepare::prepare;
use firstkey_core::wire::link::InviteLink;
use firstkey_needles::Needles;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver, Sender};
use support::client::{Desk, PASSWORD};
use support::completed::completed;
use support::deployment::Deployment;
use support::keys::Stored;
use support::memory::{Memory, at_the_end, may_be_read};
use support::pty::End;
use support::secrets::secrets;
use support::sitting::{Sitting, accept, firstkey};
use support::wire::Act;

const EMAIL: &str = "ada@example.org";
/// Another password, for a change.
const OTHER: &str = "gravel unison hatchet molten quiver osprey";

/// The memory at each request, by its path, in order; then at the end.
struct Looks(Vec<(String, Memory)>);

/// Looks at the process at each request that it sends, and once when it ends.
struct Watch {
    pid: Sender<i32>,
    looks: Receiver<(String, Memory)>,
}

impl Watch {
    /// Before the client starts.
    fn over(server: &Deployment) -> Self {
        let ((pid, told), (tell, looks)) = (mpsc::channel::<i32>(), mpsc::channel());
        let mut known = None;
        server.wire.script(move |seen, _| {
            let first = known.is_none();
            let pid = *known.get_or_insert_with(|| told.recv().expect("the test tells"));
            tell.send((seen.path.clone(), Memory::of(pid))).expect("the test listens");
            if first {
                // The client waits for its answer until the thread holds it.
                let (tell, (seized, is_seized)) = (tell.clone(), mpsc::channel());
                std::thread::spawn(move || {
                    let memory = at_the_end(pid, || seized.send(()).expect("the wire waits"));
                    tell.send(("the end".to_owned(), memory)).expect("the test listens");
                });
                is_seized.recv().expect("the process can be traced");
            }
            Act::Forward
        });
        Self { pid, looks }
    }

    /// Once it has ended.
    fn looks(self, server: &Deployment) -> Looks {
        let mut looks = Vec::new();
        while looks.last().is_none_or(|(path, _)| path != "the end") {
            looks.push(self.looks.recv().expect("the process was looked at when it ended"));
        }
        server.wire.script(|_, _| Act::Forward);
        Looks(looks)
    }
}

/// The words before " as ", which name the secret; which form it has does not matter here.
fn names(found: &BTreeMap<String, String>) -> BTreeSet<&str> {
    found.keys().map(|name| name.split_once(" as ").map_or(name.as_str(), |(name, _)| name)).collect()
}

impl Looks {
    /// Each look holds at most what its line allows, and all of what its line names with a `!`.
    fn assert(&self, needles: &Needles, table: &[(&str, &[&str])]) {
        let told: Vec<_> =
            self.0.iter().map(|(path, memory)| (path.as_str(), memory.holds(needles), memory.size())).collect();
        for (path, found, size) in &told {
            println!("{path:<26} {:>6} KiB  {found:?}", size / 1024);
        }
        assert_eq!(
            told.iter().map(|(path, ..)| *path).collect::<Vec<_>>(),
            table.iter().map(|(path, _)| *path).collect::<Vec<_>>()
        );
        for ((path, found, size), (_, allowed)) in told.iter().zip(table) {
            // What may be there is in a place of its own on the heap or in a locked page. A later
            // place hides an earlier one, and the stack is the last.
            for (name, place) in found {
                assert!(!place.ends_with("[stack]"), "{name} is on the stack at {path}");
            }
            let found = names(found);
            for name in &found {
                assert!(
                    allowed.iter().any(|allowed| allowed.trim_start_matches('!') == *name),
                    "{name} is in the memory at {path}"
                );
            }
            for needed in allowed.iter().filter_map(|name| name.strip_prefix('!')) {
                assert!(
                    found.contains(needed),
                    "{needed} was looked for in the memory at {path} and not found: the search is blind"
                );
            }
            assert!(*size > 100 * 1024, "that is no memory of a program: {size} bytes at {path}");
        }
    }
}

/// The last blocks that Argon2id fills, one a lane: what they hold leads to the key at once.
fn last_blocks(block: &KdfBlock, password: &str, into: &mut Needles) {
    let params = block.profile.params();
    let params = Params::new(params.m_kib, params.t, params.p, Some(32)).expect("one of the four");
    let lanes = usize::try_from(params.p_cost()).expect("few");
    let mut blocks = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let prepared = prepare(password.as_bytes()).expect("a password");
    argon2
        .hash_password_into_with_memory(&prepared, &block.salt.0, &mut [0; 32], &mut blocks)
        .expect("there is memory");
    let lane = blocks.len() / lanes;
    for last in blocks.chunks(lane).filter_map(|lane| lane.last()) {
        let words: &[u64] = last.as_ref();
        let bytes: Vec<_> = words[..8].iter().flat_map(|word| word.to_le_bytes()).collect();
        into.push_raw("Argon2's last block", bytes);
    }
}

/// Everything of the account as it is now.
fn needles(server: &Deployment, password: &str, code: &str) -> Needles {
    let mut needles = secrets(server, EMAIL, password, code);
    let shown = server.show(EMAIL);
    let block = KdfBlock::read(&Stored(&shown).kdf_block()).expect("a block");
    last_blocks(&block, password, &mut needles);
    needles.add_raw_pieces();
    needles
}

#[test]
fn typed_at_a_terminal_nothing_secret_is_in_the_memory_after_the_upload_and_at_the_end() {
    if !may_be_read() {
        return;
    }
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let watch = Watch::over(&server);
    let mut pty = accept(&desk).start();
    watch.pid.send(pty.pid()).expect("the wire listens");
    pty.consent(&link);
    pty.choose(PASSWORD);
    let code = pty.keep_kit().join("-");
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", pty.page());
    let looks = watch.looks(&server);
    looks.assert(
        &needles(&server, PASSWORD, &code),
        &[
            ("/v1/invites/claim", &[]),
            ("/v1/enrol/start", &["!auth", "!pre"]),
            ("/v1/enrol/complete", &[]),
            // Typed once more, not stretched yet.
            ("/v1/login/params", &["!the typed password"]),
            ("/v1/login/start", &["!auth", "!pre"]),
            ("/v1/login/finish", &["auth", "!pre", "!the export key"]),
            ("/v1/logout", &[]),
            ("the end", &[]),
        ],
    );
    // What the server made and gets back goes through the buffers of the crates that speak HTTP and
    // TLS.
    let link = InviteLink::read(link.as_bytes()).expect("a link");
    let mut token = Needles::default();
    token.add("the invite token", link.token().expose());
    token.add_raw_pieces();
    println!("the invite token:");
    looks.assert(
        &token,
        &[
            ("/v1/invites/claim", &["!the invite token"]),
            ("/v1/enrol/start", &[]),
            ("/v1/enrol/complete", &[]),
            ("/v1/login/params", &[]),
            ("/v1/login/start", &[]),
            ("/v1/login/finish", &[]),
            ("/v1/logout", &[]),
            ("the end", &[]),
        ],
    );
}

#[test]
fn of_a_script_that_reads_its_password_from_a_file_nothing_secret_stays_either() {
    if !may_be_read() {
        return;
    }
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let watch = Watch::over(&server);
    let child =
        desk.accept(&link, EMAIL).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the client starts");
    watch.pid.send(child.id().try_into().expect("a process id")).expect("the wire listens");
    let looks = watch.looks(&server);
    let output = child.wait_with_output().expect("the client ends");
    assert!(output.status.success(), "{output:?}");
    looks.assert(
        &needles(&server, PASSWORD, &desk.recovery_code()),
        &[
            // It is read when it is due. What was read from a file or a descriptor is then kept in
            // locked memory for the read-back: it may not be there a second time.
            ("/v1/invites/claim", &[]),
            ("/v1/enrol/start", &["!the typed password", "!auth", "!pre"]),
            ("/v1/enrol/complete", &["the typed password"]),
            ("/v1/login/params", &["the typed password"]),
            ("/v1/login/start", &["the typed password", "!auth", "!pre"]),
            ("/v1/login/finish", &["the typed password", "auth", "!pre", "!the export key"]),
            ("/v1/logout", &["the typed password"]),
            ("the end", &[]),
        ],
    );
}

#[test]
fn after_a_change_neither_the_old_password_nor_the_new_one_is_in_the_memory() {
    if !may_be_read() {
        return;
    }
    let (server, desk) = completed();
    let code = desk.recovery_code();
    let before = needles(&server, PASSWORD, &code);
    let watch = Watch::over(&server);
    let mut pty = firstkey(&desk).arg("password").start();
    watch.pid.send(pty.pid()).expect("the wire listens");
    pty.type_secret("Password for ada@example.org: ", PASSWORD);
    pty.type_secret("New password: ", OTHER);
    pty.type_secret("Again: ", OTHER);
    assert_eq!(pty.wait(), End::Exited(0), "{}", pty.page());
    let looks = watch.looks(&server);
    println!("the old password:");
    looks.assert(
        &before,
        &[
            ("/v1/login/params", &[]),
            ("/v1/login/start", &["!auth", "!pre"]),
            ("/v1/login/finish", &["auth", "!pre", "!the export key"]),
            // The new one was typed twice; the account is opened once more.
            ("/v1/login/start", &["auth", "!pre"]),
            ("/v1/login/finish", &["auth", "!pre", "!the export key"]),
            // Sealed under the new one.
            ("/v1/account/password/start", &["!AK", "auth", "pre"]),
            ("/v1/account/password", &[]),
            ("/v1/login/start", &[]),
            ("/v1/login/finish", &["AK"]),
            ("/v1/logout", &[]),
            ("/v1/logout", &[]),
            ("/v1/logout", &[]),
            ("the end", &[]),
        ],
    );
    println!("the new password:");
    looks.assert(
        &needles(&server, OTHER, &code),
        &[
            ("/v1/login/params", &[]),
            ("/v1/login/start", &[]),
            ("/v1/login/finish", &[]),
            ("/v1/login/start", &["auth", "pre"]),
            ("/v1/login/finish", &["auth", "pre"]),
            ("/v1/account/password/start", &["!AK", "!auth", "!pre"]),
            ("/v1/account/password", &["auth", "!pre"]),
            ("/v1/login/start", &["!auth", "!pre"]),
            ("/v1/login/finish", &["auth", "!pre", "!the export key"]),
            ("/v1/logout", &[]),
            ("/v1/logout", &[]),
            ("/v1/logout", &[]),
            ("the end", &[]),
        ],
    );
}

#[test]
fn after_a_recovery_neither_a_code_nor_a_password_is_in_the_memory() {
    if !may_be_read() {
        return;
    }
    let (server, desk) = completed();
    let code = desk.recovery_code();
    let mut before = needles(&server, PASSWORD, &code);
    // As it is typed here.
    let typed = code.to_lowercase().replace('-', " ");
    before.add("the typed code", typed.as_bytes());
    before.add_raw_pieces();
    let watch = Watch::over(&server);
    let mut pty = firstkey(&desk).arg("forgot").start();
    watch.pid.send(pty.pid()).expect("the wire listens");
    pty.expect("Recovery code: ");
    pty.send(format!("{typed}\r"));
    pty.type_secret("New password: ", OTHER);
    pty.type_secret("Again: ", OTHER);
    let new = pty.keep_kit().join("-");
    assert_eq!(pty.wait(), End::Exited(0), "{}", pty.page());
    let looks = watch.looks(&server);
    println!("the old code and what it leads to:");
    looks.assert(
        &before,
        &[
            ("/v1/login/params", &[]),
            ("/v1/recovery/start", &["!the recovery code"]),
            ("/v1/recovery/finish", &["!the recovery code"]),
            ("/v1/recovery/start", &["!AK", "!the recovery code"]),
            ("/v1/recovery/finish", &["!AK", "!the recovery code"]),
            ("/v1/account/password/start", &["!AK"]),
            ("/v1/recovery/complete", &[]),
            ("/v1/login/start", &[]),
            ("/v1/login/finish", &[]),
            ("/v1/logout", &[]),
            ("the end", &[]),
        ],
    );
    println!("the new code and the new password:");
    looks.assert(
        &needles(&server, OTHER, &new),
        &[
            ("/v1/login/params", &[]),
            ("/v1/recovery/start", &[]),
            ("/v1/recovery/finish", &[]),
            ("/v1/recovery/start", &["!AK", "!auth", "!pre"]),
            ("/v1/recovery/finish", &["!AK", "!auth", "!pre"]),
            ("/v1/account/password/start", &["!AK", "!auth", "!pre"]),
            ("/v1/recovery/complete", &["auth", "!pre"]),
            ("/v1/login/start", &["!auth", "!pre"]),
            ("/v1/login/finish", &["auth", "!pre", "!the export key"]),
            ("/v1/logout", &[]),
            ("the end", &[]),
        ],
    );
}
