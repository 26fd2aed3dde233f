//! The server in this thread: its own routes, checks, commands and SQL over a database in memory,
//! without sockets. For tests and fuzzing only: the search of `explore`, and `fuzzing`.
//!
//! Promise: nothing of it is a copy. Left out: sockets, TLS, the writer's thread
//! (`store/in_memory.rs`), the system's clock. Must never: be in a program that somebody uses.

use crate::clock::Clock;
use crate::http::App;
use crate::key_file::KeyMark;
use crate::key_place::KeyPlace;
use crate::keys::ServerKeys;
use crate::limits::{InFlight, Large, Limiter, Limits, Metrics, Registrations};
use crate::log::Log;
use crate::realm::{INVITE_TTL, Realm};
use crate::scim_log::ScimLog;
use crate::store::{RealmRow, Store};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::response::Parts;
use firstkey_core::crypto::context::RealmId;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::runtime::Runtime;

const ORIGIN: &str = "https://accounts.example.org";
/// Most bytes of an answer; the longest list is far below.
const ANSWER: usize = 4 << 20;

/// A server of one realm.
pub(crate) struct InProcess {
    pub(crate) runtime: Runtime,
    pub(crate) realm: Realm,
    clock: Arc<AtomicI64>,
    marks: Vec<KeyMark>,
}

impl InProcess {
    /// A new realm; its key file is made in `folder`.
    pub(crate) fn make(folder: &Path, now: i64) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let store = Store::open_in_memory().expect("a database in memory");
        let keys = ServerKeys::make(folder).expect("a key file");
        let clock = Arc::new(AtomicI64::new(now));
        let marks = keys.marks();
        let row = RealmRow {
            realm_id: [7; 16],
            origin: ORIGIN.to_owned(),
            contact: Some("it@example.org".to_owned()),
            keys: marks.clone(),
        };
        let realm = Realm {
            id: RealmId::heard(row.realm_id),
            origin: crate::origin::read(ORIGIN).expect("an origin"),
            contact: row.contact.clone(),
            store,
            keys,
            clock: Clock::Manual(Arc::clone(&clock)),
        };
        runtime.block_on(realm.store.create_realm(row, now)).expect("a realm");
        Self { runtime, realm, clock, marks }
    }

    /// What its requests use: built anew, the keys read from their file.
    pub(crate) fn app(&self, folder: &Path, log: Log) -> Arc<App> {
        Arc::new(App {
            realm: self.realm.id,
            origin: self.realm.origin.clone(),
            contact: self.realm.contact.clone(),
            store: self.realm.store.clone(),
            keys: ServerKeys::open(&KeyPlace::in_folder(folder), &self.marks).expect("its key file"),
            clock: self.realm.clock.clone(),
            command_flags: String::new(),
            invite_ttl: INVITE_TTL,
            erase_removed_after: None,
            log,
            limits: Limiter::new(Limits::default()),
            registrations: Registrations::default(),
            in_flight: InFlight::new(u32::MAX),
            large: Large::default(),
            metrics: Metrics::default(),
            scim_log: ScimLog::default(),
            unready: std::sync::Mutex::default(),
        })
    }

    /// Moves its clock.
    pub(crate) fn set_clock(&self, now: i64) {
        self.clock.store(now, Ordering::Relaxed);
    }

    /// One request and its whole answer.
    pub(crate) fn ask(&self, router: Router, request: Request<Body>) -> (Parts, Vec<u8>) {
        let router = TowerToHyperService::new(router);
        self.runtime.block_on(async {
            let answer = router.call(request).await.expect("invariant: routes never fail");
            let (parts, body) = answer.into_parts();
            (parts, to_bytes(body, ANSWER).await.expect("an answer of ordinary size").to_vec())
        })
    }
}
