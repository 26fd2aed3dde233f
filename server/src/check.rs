//! `check`: looks at everything that a server needs, and says of each thing whether it is right and
//! what to do if not.
//!
//! Promise: sends no letter and serves nobody; a check that could not be made is not called good.

use crate::calendar;
use crate::clock::Clock;
use crate::config::{Config, Front, MailOut};
use crate::data_folder;
use crate::key_place::KeyPlace;
use crate::mail::Post;
use crate::origin::Origin;
use crate::realm::{Realm, RealmError};
use crate::serve::Pair;
use crate::store::{LastToken, StoreError};
use serde::Serialize;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::time::Duration;

/// A certificate or a token that ends sooner than this is worth a word, in seconds: as long before
/// as the first letter about it.
const SOON: i64 = 20 * 86_400;
/// What to do about a token that expires.
const TOKEN_TODO: &str = "Run `scim-token rotate` (`scim-token add` if it has expired) and give the new token to the identity provider. If the organisation needs none, revoke the old one.";
/// Ports below are root's, or of whom root gives the right.
const ANYBODYS: u16 = 1024;
/// How long the mail server may take.
const MAIL_TIME: Duration = Duration::from_secs(20);

/// What was found about one thing.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Finding {
    /// Which thing.
    pub(crate) what: &'static str,
    /// Whether it is right.
    pub(crate) ok: bool,
    /// What was seen.
    pub(crate) says: String,
    /// What to do, if it is not right.
    pub(crate) todo: Option<String>,
}

impl Finding {
    fn good(what: &'static str, says: impl Display) -> Self {
        Self { what, ok: true, says: says.to_string(), todo: None }
    }

    fn bad(what: &'static str, says: impl Display, todo: impl Display) -> Self {
        Self { what, ok: false, says: says.to_string(), todo: Some(todo.to_string()) }
    }
}

/// Looks at everything, in the order in which a server needs it.
pub(crate) async fn check(config: &Config) -> Vec<Finding> {
    let mut found = vec![settings(config)];
    let Some(folder) = &config.data else {
        found.push(Finding::bad("folder", "no folder is set", "Give --data DIR, or `data` in the file."));
        return found;
    };
    found.push(modes(folder));
    let place = KeyPlace::of(config.key_file.as_deref(), folder);
    let opened = Realm::open_from(folder, config.database.as_deref(), &place).await;
    let (database, key) = keys(&opened, &place, folder);
    found.push(database);
    found.extend(key);
    let Ok(realm) = opened else { return found };
    found.push(front(config, realm.origin()));
    if let Ok(Front::Tls(files)) = config.front() {
        found.push(match Pair::read(&files, realm.origin(), Clock::System.now()) {
            Ok(pair) if pair.ends - Clock::System.now() < SOON => Finding::bad(
                "certificate",
                format!("valid, but only until {}", calendar::for_people(pair.ends)),
                "Renew it. The server reloads the files automatically.",
            ),
            Ok(pair) => Finding::good(
                "certificate",
                format!("for {}, until {}", realm.origin().host(), calendar::for_people(pair.ends)),
            ),
            Err(trouble) => Finding::bad(
                "certificate",
                &trouble,
                "A server does not start with it. A running one keeps its present certificate.",
            ),
        });
    }
    found.push(tokens(realm.store.first_scim_to_stop().await));
    found.push(mail(config, &realm).await);
    found.extend(ports(config));
    found
}

/// After an unnoticed expiry the directory's changes no longer arrive: leavers keep access.
fn tokens(last: Result<Option<LastToken>, StoreError>) -> Finding {
    const WHAT: &str = "tokens";
    let last = match last {
        Ok(Some(last)) => last,
        Ok(None) => return Finding::good(WHAT, "no identity provider has a token that expires"),
        Err(error) => return Finding::bad(WHAT, error, "Check that the database runs."),
    };
    let (name, ends) = (&last.org_name, calendar::for_people(last.ends_at));
    let left = last.ends_at - Clock::System.now();
    if left > SOON {
        return Finding::good(WHAT, format!("the first to expire is that of {name}, on {ends}"));
    }
    let says = if left > 0 {
        format!("the token of {name} expires {ends}; after that, changes in its directory no longer arrive")
    } else {
        format!("the token of {name} expired {ends}; changes in its directory no longer arrive, so leavers keep access")
    };
    Finding::bad(WHAT, says, TOKEN_TODO)
}

fn settings(config: &Config) -> Finding {
    let problem = config
        .limits()
        .map(drop)
        .and_then(|()| config.times().map(drop))
        .and_then(|()| config.invite_ttl().map(drop))
        .and_then(|()| config.erase_removed_after().map(drop))
        .and_then(|()| config.connections().map(drop))
        .and_then(|()| config.front().map(drop));
    match problem {
        Err(error) => Finding::bad("configuration", error, "Change the value; docs/CONFIGURATION.md explains it."),
        Ok(()) if config.listen.is_none() => Finding::bad(
            "configuration",
            "no address to listen on is set",
            "Give --listen ADDR, or `listen` in the file.",
        ),
        Ok(()) => Finding::good("configuration", "all values are valid"),
    }
}

/// Folder and files are the owner's alone.
fn modes(folder: &Path) -> Finding {
    if !folder.is_dir() {
        let todo = "Make a server with `firstkey-server init`, or name the folder that holds one.";
        return Finding::bad("folder", format!("{} is not a folder", folder.display()), todo);
    }
    if let Err(error) = data_folder::is_closed(folder) {
        let todo = error.remedy();
        return Finding::bad("folder", error, todo);
    }
    Finding::good("folder", format!("{} is accessible only to its owner", folder.display()))
}

fn keys(opened: &Result<Realm, RealmError>, place: &KeyPlace, folder: &Path) -> (Finding, Option<Finding>) {
    match opened {
        Ok(realm) => (
            Finding::good("database", format!("reachable, and belongs to {}", realm.origin())),
            Some(Finding::good(
                "key file",
                format!("intact, and belongs to this database{}", elsewhere(place, folder)),
            )),
        ),
        Err(RealmError::Key(error)) => (
            Finding::good("database", "reachable"),
            Some(Finding::bad(
                "key file",
                error,
                "Put the right file in place from a backup. Nothing else opens the accounts.",
            )),
        ),
        Err(error) => {
            (Finding::bad("database", error, "Check that it runs and is the right one. Nothing was changed."), None)
        }
    }
}

/// Where the key is, if it is not in the folder; and whether a copy is there in spite of that.
fn elsewhere(place: &KeyPlace, folder: &Path) -> String {
    let own = KeyPlace::in_folder(folder);
    if *place == own {
        return String::new();
    }
    let copy = if own.path().exists() {
        format!("; a copy is still at {}, remove it once a backup is in a safe place", own.path().display())
    } else {
        String::new()
    };
    format!("; read from {}{copy}", place.path().display())
}

fn front(config: &Config, origin: &Origin) -> Finding {
    let Some(listen) = config.listen else {
        return Finding::bad(
            "listening",
            "no address to listen on is set",
            "Give --listen ADDR, or `listen` in the file.",
        );
    };
    match config.front().map(|front| front.check(listen, origin)) {
        Ok(Ok(())) => Finding::good("listening", format!("may listen on {listen} for {origin}")),
        Ok(Err(error)) => Finding::bad("listening", error, "Choose one of the setups in docs/RUNNING.md."),
        Err(error) => Finding::bad("listening", error, "Choose one of the setups in docs/RUNNING.md."),
    }
}

/// Takes every port that the configuration names for a moment. One that is in use is taken for the
/// running server's.
fn ports(config: &Config) -> Vec<Finding> {
    let named = [config.listen, config.admin_listen].into_iter().flatten();
    let refused = named.filter_map(|address| match std::net::TcpListener::bind(address) {
        Ok(_) => None,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => None,
        Err(error) => Some((address, error)),
    });
    refused
        .map(|(address, error)| match error.kind() {
            // The unit checks with that right before it serves; whoever checks by hand has it not.
            io::ErrorKind::PermissionDenied if address.port() < ANYBODYS => Finding::good(
                "ports",
                format!(
                    "{address} takes a right that the unit server/firstkey-server.service gives; by hand, `serve` needs a port from {ANYBODYS} on"
                ),
            ),
            _ => Finding::bad(
                "ports",
                format!("{address} cannot be listened on: {error}"),
                "Name an address that this machine has.",
            ),
        })
        .collect()
}

async fn mail(config: &Config, realm: &Realm) -> Finding {
    let out = match config.mail_out() {
        Ok(out) => out,
        Err(error) => return Finding::bad("mail", error, "Name a mail server or a folder."),
    };
    let post = match Post::open(&out, config.mail.from.as_deref(), realm.origin()) {
        Ok(post) => post,
        Err(error) => return Finding::bad("mail", error, "Change it in [mail], or by --smtp or --mail-dir."),
    };
    match tokio::time::timeout(MAIL_TIME, post.reach(realm.contact.as_deref())).await {
        Ok(Ok(())) => Finding::good(
            "mail",
            match out {
                MailOut::Folder(path) => format!("letters are written to {}", path.display()),
                MailOut::Smtp { .. } if post.is_without_login() => {
                    "the mail server takes letters from this address, without a login; no letter was sent".to_owned()
                }
                MailOut::Smtp { .. } => {
                    "the mail server takes letters from this address; no letter was sent".to_owned()
                }
            },
        ),
        Ok(Err(error)) => Finding::bad(
            "mail",
            format!("the mail server: {error}"),
            "Check that it runs, and check its name, its port, the password file, and whether it takes letters from this sender.",
        ),
        Err(_) => Finding::bad(
            "mail",
            "the mail server did not answer in 20 seconds",
            "Check that it runs and that no firewall is in between.",
        ),
    }
}
