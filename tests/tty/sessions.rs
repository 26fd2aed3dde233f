//! Where an account is logged in, at the terminal and for scripts.

use super::support::client::{Desk, PASSWORD, Run, run};
use super::support::completed::completed;
use super::support::deployment::Deployment;
use super::support::pty::End;
use super::support::sitting::{Sitting, firstkey, plain};
use super::support::wire::{Act, Reply};
use super::{FINISH, LOGIN, LOGOUT, PARAMS};

const QUESTION: &str = "Password for ada@example.org: ";
const SESSIONS: &str = "/v1/sessions";

fn sessions(desk: &Desk, flags: &[&str]) -> Run {
    let password = desk.write("password", PASSWORD.as_bytes());
    let mut command = desk.command();
    command.args(["sessions", "--no-input", "--json"]).args(flags).arg("--password-file").arg(password);
    run(&mut command)
}

/// The ids of all sessions but the run's own.
fn others(run: &Run) -> Vec<String> {
    assert_eq!(run.code, Some(0), "{run:?}");
    let events = run.events();
    let listed = events.iter().filter(|event| event["event"] == "session" && event["this"] == false);
    listed.map(|event| event["session_id"].as_str().expect("an id").to_owned()).collect()
}

/// Logs in and stays: the request that logs out never arrives.
fn stay_logged_in(server: &Deployment, desk: &Desk) {
    server.wire.script(
        |seen, _| {
            if seen.path == LOGOUT { Act::Answer(Reply::json("{\"ended\":1}")) } else { Act::Forward }
        },
    );
    let password = desk.write("password", PASSWORD.as_bytes());
    let verified = run(desk.command().args(["verify", "--no-input", "--json", "--password-file"]).arg(password));
    assert_eq!(verified.code, Some(0), "{verified:?}");
    server.wire.script(|_, _| Act::Forward);
}

#[test]
fn a_person_sees_where_they_are_logged_in_and_ends_all_others() {
    let (server, desk) = completed();
    stay_logged_in(&server, &desk);
    let before = server.wire.paths().len();
    let mut pty = firstkey(&desk).arg("sessions").start();
    pty.type_secret(QUESTION, PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    for said in [
        "ada@example.org is logged in at 127.0.0.1:",
        " UTC  this one; it ends now",
        &format!("    from 127.0.0.1, firstkey/{}", env!("CARGO_PKG_VERSION")),
        "  firstkey sessions --end-others",
        "If you do not recognise one of them, change your password:",
    ] {
        assert!(page.contains(said), "{said:?} is not in\n{page}");
    }
    assert_eq!(server.wire.paths()[before..], [PARAMS, LOGIN, FINISH, SESSIONS, LOGOUT]);

    let ended = sessions(&desk, &["--end-others"]);
    assert!(!others(&ended).is_empty());
    assert!(ended.events().iter().all(|event| event["event"] != "session" || event["ended"] != event["this"]));
    assert_eq!(ended.last()["deed"], "sessions-seen");
    assert!(others(&sessions(&desk, &[])).is_empty());
}

#[test]
fn one_session_is_ended_by_the_id_that_the_list_shows_and_the_record_names_it() {
    let (server, desk) = completed();
    stay_logged_in(&server, &desk);
    let listed = others(&sessions(&desk, &[]));
    let ended = sessions(&desk, &["--end", &listed[0]]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!others(&sessions(&desk, &[])).contains(&listed[0]));

    let again = sessions(&desk, &["--end", &listed[0]]);
    assert_eq!((again.code, again.last()["code"].as_str()), (Some(2), Some("no-such-session")), "{again:?}");
    let none = sessions(&desk, &["--end", "nonsense"]);
    assert_eq!(none.code, Some(2), "{none:?}");

    stay_logged_in(&server, &desk);
    let listed = others(&sessions(&desk, &[]));
    assert_eq!(sessions(&desk, &["--end", &listed[0]]).code, Some(0));
    let record = run(desk.command().args(["audit", "--last"])).stdout;
    for said in ["GET  ", "DELETE  ", "names a session; came from the server"] {
        assert!(record.contains(said), "{said:?} is not in\n{record}");
    }
}

#[test]
fn a_script_without_a_password_or_an_account_is_told_so() {
    let (_server, desk) = completed();
    let none = run(desk.command().args(["sessions", "--no-input", "--json"]));
    assert_eq!((none.code, none.last()["code"].as_str()), (Some(2), Some("missing-password")), "{none:?}");
    let stranger = Desk::new();
    let unknown = sessions(&stranger, &[]);
    assert_eq!((unknown.code, unknown.last()["code"].as_str()), (Some(2), Some("nothing-known")), "{unknown:?}");
}
