//! Fuzz body: the whole account server in process. The bytes choose what providers, people,
//! administrators, mail and the clock do, and how each request is mangled.
//!
//! Oracle: `form` (every answer is of its documented form, and the client reads it) and `law` (no
//! right without its token, no bundle changed by what does not prove itself, nothing of another
//! organisation, no token in clear). Both know only what was sent, answered and handed out.
//!
//! Promise: deterministic; an input of zeros is an honest run. Must never: share code with what it
//! judges, beyond the client's crypto.

mod account;
mod draw;
mod form;
mod known;
mod law;
mod mangle;
mod operator;
mod person;
mod play;
mod provider;
mod sent;

use crate::realm::NewOrganisation;
use crate::rng::seeded;
use crate::scratch::Scratch;
use crate::store::in_memory::Rows;
use draw::Draw;
use firstkey_testkit::chance::Seeded;
use known::{Known, Resource};
use play::{CANARIES, Play, Server};
use sent::Sent;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::cell::RefCell;

/// 2026-11-23.
const START: i64 = 1_795_392_000;
/// Most steps of a run.
const STEPS: usize = 32;

/// What every run begins with.
struct Stage {
    server: Server,
    rows: Rows,
    known: Known,
}

thread_local! {
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

/// One run.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    STAGE.with_borrow_mut(|stage| {
        let stage = stage.get_or_insert_with(|| {
            // Made before chance repeats itself: a folder has a name of its own.
            let folder = Scratch::make("fuzzing").expect("a folder");
            seeded::with(0, || set_up(&folder))
        });
        let digest: [u8; 32] = Sha256::digest(data).into();
        let (half, _) = digest.split_first_chunk().expect("invariant: 32 bytes hold 16");
        // No input can hold what is drawn from its own hash.
        let seed = u128::from_le_bytes(*half);
        let rows = stage.server.rows();
        rows.put(&stage.rows).expect("rows");
        rows.forget_audit().expect("an empty log");
        drop(stage.server.logged());
        let known = stage.known.clone();
        let mut play = Play { server: &stage.server, known, now: START, rng: Seeded::wide(!seed) };
        seeded::with(seed, || {
            let mut draw = Draw::new(data);
            for _ in 0..STEPS {
                if draw.is_over() {
                    break;
                }
                step(&mut play, &mut draw);
            }
            play.conclude();
        });
    });
}

fn step(play: &mut Play<'_>, draw: &mut Draw<'_>) {
    match draw.below(14) {
        0..=2 => play.provider(draw),
        3 => play.deliver(),
        4 => play.claim(draw),
        5 => play.enrol(draw),
        6 => play.log_in(draw),
        7 => play.sessions(draw),
        8 => play.change(draw),
        9 => play.recover(draw),
        10 => match draw.below(2) {
            0 => play.directory(draw),
            _ => play.join(draw),
        },
        11 => play.operator(draw),
        12 => play.wait(draw),
        _ => play.again(draw),
    }
}

/// Two organisations; in each a person with an account and a session, in the first also one who has
/// claimed and one who was invited, in the second one who has an account in the first and may join.
/// Names of the second are canaries to the first, and the other way round.
fn set_up(folder: &Scratch) -> Stage {
    let server = Server::make(folder, START);
    let mut play = Play { server: &server, known: Known::default(), now: START, rng: Seeded::wide(1) };
    let (realm, runtime) = (&server.in_process.realm, &server.in_process.runtime);
    for canary in CANARIES {
        let new =
            NewOrganisation { name: format!("{canary} Corp"), min_profile: Some(1), ..NewOrganisation::default() };
        let org = runtime.block_on(realm.add_organisation(new)).expect("an organisation");
        play.known.orgs.push(org.0);
    }
    let honest = &mut Draw::new(&[]);
    for (org, revoked) in [(0, false), (1, false), (0, true)] {
        let id = firstkey_core::crypto::context::OrgId::heard(play.known.orgs[org]);
        let token = runtime.block_on(realm.mint_scim_token(id, None, 365)).expect("a token");
        play.add(org, &token);
        if revoked {
            let last = play.known.scim.last_mut().expect("invariant: just added");
            runtime.block_on(realm.revoke_scim_token(last.id)).expect("a token");
            last.revoked = true;
        }
    }
    for (org, address, far) in [
        (0, "ada@a.example", 2),
        (1, "zed@b.example", 2),
        (0, "bob@a.example", 1),
        (0, "eve@a.example", 0),
        (1, "ada@a.example", 1),
    ] {
        invite(&mut play, org, address);
        play.deliver();
        if far > 0 {
            play.claim(honest);
        }
        if far > 1 {
            play.enrol(honest);
            play.log_in(honest);
        }
    }
    for (org, canary) in CANARIES.iter().enumerate() {
        let members: Vec<_> = play.known.users.iter().map(|user| json!({"value": user.id})).take(1).collect();
        let team =
            json!({"displayName": format!("{canary} Team"), "members": if org == 0 { members } else { Vec::new() }});
        let sent = Sent::new("POST", "/scim/v2/Groups")
            .scim(team.to_string())
            .bearer(Some(&play.known.scim[org].text.clone()));
        let made = play.ask(sent).filter(|answer| answer.status == 201);
        assert!(made.is_some(), "a group");
    }
    assert_eq!((play.known.sessions.len(), play.known.claims.len(), play.known.links.len()), (2, 4, 5));
    let mut known = play.known;
    known.history.clear();
    known.tainted = [false; 2];
    let rows = server.rows().take().expect("rows");
    Stage { rows, known, server }
}

fn invite(play: &mut Play<'_>, org: usize, address: &str) {
    let canary = CANARIES[org];
    let person = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": address, "displayName": format!("{canary} Person"),
        "title": format!("{canary} Title"), "externalId": format!("{canary}-{address}"), "active": true,
        "emails": [{"value": address, "type": "work", "primary": true}],
    });
    let token = play.known.scim[org].text.clone();
    let sent = Sent::new("POST", "/scim/v2/Users").scim(person.to_string()).bearer(Some(&token));
    let made = play.ask(sent).expect("an answer");
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    let _: &[Resource] = &play.known.users;
}
