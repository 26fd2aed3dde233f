//! `firstkey audit open`: what the server shows, opened with the kit; at a terminal, by a script,
//! and in vain.

use super::EMAIL;
use super::support::client::{Desk, PASSWORD, Run, run};
use super::support::completed::completed;
use super::support::deployment::Deployment;
use super::support::pty::{End, Pty, Stage};
use super::support::secrets::secrets;
use super::support::sitting::{Sitting, firstkey, plain};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const CODE: &str = "Recovery code: ";

/// What the server shows, in a file.
fn shown(server: &Deployment, desk: &Desk) -> PathBuf {
    desk.write("shown.json", &serde_json::to_vec_pretty(&server.show(EMAIL)).expect("JSON"))
}

fn stage(desk: &Desk, shown: &Path) -> Stage {
    firstkey(desk).arg("audit").arg("open").arg("--show").arg(shown)
}

/// As a script runs it, with the kit in a file.
fn by_script(desk: &Desk, shown: &Path, kit: &Path) -> Run {
    let mut command = desk.command();
    command.args(["audit", "open", "--no-input", "--json", "--show"]).arg(shown).arg("--kit-file").arg(kit);
    run(&mut command)
}

/// Every file of a desk with what is in it.
fn files(desk: &Desk) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![desk.home.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                all.insert(entry.path(), std::fs::read(entry.path()).expect("a file"));
            }
        }
    }
    all
}

/// The code with its first two symbols exchanged, or where they are equal, another first one.
fn with_a_slip(code: &str) -> String {
    let mut slip = code.to_owned().into_bytes();
    slip.swap(0, 1);
    if slip == code.as_bytes() {
        slip[0] = if slip[0] == b'7' { b'3' } else { b'7' };
    }
    String::from_utf8(slip).expect("ASCII")
}

#[test]
fn the_kit_typed_at_a_terminal_opens_what_the_server_shows_and_leaves_nothing_behind() {
    let (server, desk) = completed();
    let (file, code) = (shown(&server, &desk), desk.recovery_code());
    let (requests, before) = (server.wire.paths().len(), files(&desk));
    let mut pty = stage(&desk, &file).start();
    pty.expect(CODE);
    pty.send(format!("{}\r", with_a_slip(&code)));
    pty.expect("character is wrong");
    pty.expect(CODE);
    pty.send(format!("{}\r", code.to_lowercase().replace('-', " ")));
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    for line in [
        "The account of ada@example.org, which the server calls complete:",
        "Envelope 2, the account key, opens with the code: yes",
        "The signature over the public keys is valid for this account: yes",
        "Envelope 1, the account key, opens with the password: not tried",
        "This computer remembers the same account: yes",
        "Everything fits. Nothing was sent, and nothing was written.",
    ] {
        assert!(page.lines().any(|shown| shown == line), "{line:?} is not in\n{page}");
    }
    assert!(!page.contains(&code) && !page.contains(": NO"), "{page}");
    assert_eq!(server.wire.paths().len(), requests, "nothing was sent");
    assert_eq!(files(&desk), before, "nothing was written");
    let needles = secrets(&server, EMAIL, PASSWORD, &code);
    for (path, contents) in before.iter().filter(|(path, _)| !path.ends_with("kit.txt") && !path.ends_with("password"))
    {
        needles.assert_absent(&path.display().to_string(), contents);
    }
}

#[test]
fn a_script_gets_a_line_for_each_part_and_the_number_says_whether_all_of_it_fits() {
    let (server, desk) = completed();
    let (file, kit) = (shown(&server, &desk), desk.path("kit.txt"));
    let good = by_script(&desk, &file, &kit);
    assert_eq!(good.code, Some(0), "{good:?}");
    let parts: Vec<_> = good.events().into_iter().filter(|event| event["event"] == "part").collect();
    assert_eq!(parts.len(), 12, "{good:?}");
    for part in &parts {
        let expected = if part["id"] == "envelope-1" { None } else { Some(true) };
        assert_eq!(part["fits"].as_bool(), expected, "{part}");
    }
    let status = run(desk.command().args(["status", "--json"])).last();
    for same in ["realm_id", "account_id", "email", "key_gen", "fingerprint", "recipient"] {
        assert_eq!(good.last()[same], status[same], "{same}");
    }
    assert_eq!(
        (good.last()["event"].as_str(), good.last()["remembered"].as_bool()),
        (Some("opened-offline"), Some(true))
    );

    // A computer that never saw the account has nothing to compare with, and says so.
    let other = Desk::new();
    let alone = by_script(&other, &file, &kit);
    assert_eq!((alone.code, alone.last()["remembered"].as_bool()), (Some(0), Some(false)), "{alone:?}");
    assert!(!other.state().exists(), "no folder is made");
}

#[test]
fn whatever_does_not_fit_has_its_own_sentence_and_number() {
    let (server, desk) = completed();
    let (_, stranger) = completed();
    let kit = desk.path("kit.txt");
    let refused = |shown: &Path, kit: &Path| {
        let end = by_script(&desk, shown, kit);
        (end.code, end.last()["code"].as_str().expect("a code").to_owned())
    };
    let end = |code: i32, name: &str| (Some(code), name.to_owned());
    let file = shown(&server, &desk);
    assert_eq!(refused(&file, &stranger.path("kit.txt")), end(6, "other-kit"));
    let page = std::fs::read_to_string(&kit).expect("a kit");
    let wrong = desk.write("wrong.txt", page.replace(&desk.recovery_code(), &stranger.recovery_code()).as_bytes());
    assert_eq!(refused(&file, &wrong), end(10, "code-opens-nothing"));
    let slip =
        desk.write("slip.txt", page.replace(&desk.recovery_code(), &with_a_slip(&desk.recovery_code())).as_bytes());
    assert_eq!(refused(&file, &slip), end(5, "input"));

    let with = |change: fn(&mut serde_json::Value)| {
        let mut value = serde_json::to_value(server.show(EMAIL)).expect("JSON");
        change(&mut value);
        desk.write("changed.json", value.to_string().as_bytes())
    };
    let flipped = with(|shown| {
        let mut envelope = shown["envelopes"]["4"].as_str().expect("text").as_bytes().to_vec();
        let at = envelope.len() - 4;
        envelope[at] = if envelope[at] == b'A' { b'B' } else { b'A' };
        shown["envelopes"]["4"] = String::from_utf8(envelope).expect("ASCII").into();
    });
    assert_eq!(refused(&flipped, &kit), end(6, "does-not-fit"));
    assert_eq!(refused(&with(|shown| shown["kdf_block"] = "AAAA".into()), &kit), end(5, "not-shown"));
    let renamed = with(|shown| shown["account_id"] = "00000000-0000-4000-8000-000000000000".into());
    assert_eq!(refused(&renamed, &kit), end(6, "other-kit"));
    // The address is one that this computer remembers with another account.
    assert_eq!(refused(&renamed, &desk.write("renamed.txt", renamed_kit(&page).as_bytes())), end(6, "changed-account"));
    let empty = with(|shown| {
        for name in ["identity", "envelopes", "kdf_block", "recovery_public"] {
            shown[name] = serde_json::Value::Null;
        }
    });
    assert_eq!(refused(&empty, &kit), end(5, "no-keys"));
    let whole = std::fs::read(&file).expect("a file");
    assert_eq!(refused(&desk.write("cut.json", &whole[..whole.len() / 2]), &kit), end(5, "not-shown"));
    assert_eq!(refused(&desk.path("nowhere.json"), &kit), end(5, "input"));
}

/// The kit with the account id of nobody.
fn renamed_kit(page: &str) -> String {
    let line = page.lines().find(|line| line.starts_with("account-id:")).expect("an account id");
    page.replace(line, "account-id:    00000000-0000-4000-8000-000000000000")
}

#[test]
fn nobody_there_and_a_password_are_usage_errors_that_explain_themselves() {
    let (server, desk) = completed();
    let file = shown(&server, &desk);
    let said = |arguments: &[&str]| {
        let mut command = desk.command();
        command.args(["audit", "open", "--no-input", "--json", "--show"]).arg(&file).args(arguments);
        let run = run(&mut command);
        (run.code, run.last()["code"].as_str().unwrap_or_default().to_owned(), run.stderr)
    };
    let (code, name, _) = said(&[]);
    assert_eq!((code, name.as_str()), (Some(2), "missing-recovery-code"));
    for password in
        [&["--password"][..], &["--password", "velvet tundra"], &["--password-file", "pw"], &["--password-fd", "3"]]
    {
        let (code, name, said) = said(password);
        assert_eq!((code, name.as_str()), (Some(2), "password-opens-nothing"), "{password:?}");
        assert!(said.contains("A password alone opens nothing offline."), "{said}");
        assert!(!said.contains("velvet"), "{said}");
    }
}

#[test]
fn a_narrow_or_a_dumb_terminal_is_enough() {
    let (server, desk) = completed();
    let (file, code) = (shown(&server, &desk), desk.recovery_code());
    let typed = |mut pty: Pty| {
        pty.expect(CODE);
        pty.send(format!("{code}\r"));
        assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
        pty.output()
    };
    let narrow = plain(&typed(stage(&desk, &file).size(24, 40).start()));
    for line in narrow.lines().filter(|line| !line.contains(&code)) {
        assert!(line.chars().count() <= 40, "{line:?}");
    }
    let dumb = typed(stage(&desk, &file).term("dumb").start());
    assert!(!dumb.contains('\x1b'), "an escape sequence: {dumb:?}");
    assert!(dumb.contains("Everything fits."), "{dumb}");
}

#[test]
fn ctrl_c_at_the_code_stops_it() {
    let (server, desk) = completed();
    let file = shown(&server, &desk);
    let mut pty = stage(&desk, &file).start();
    pty.expect(CODE);
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    assert!(pty.page().contains("Nothing was sent, and nothing was written."), "{}", pty.page());
}

#[test]
fn the_hierarchy_is_drawn_where_there_is_room_and_listed_where_there_is_none() {
    let (server, desk) = completed();
    let requests = server.wire.paths().len();
    let explained = |with: fn(Stage) -> Stage| {
        let mut pty = with(firstkey(&desk).arg("audit").arg("explain")).start();
        assert_eq!(pty.wait(), End::Exited(0));
        plain(&pty.output())
    };
    let drawn = explained(|stage| stage);
    assert!(drawn.contains("OPAQUE with the server==> xk --+"), "{drawn}");
    assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
    for list in [
        explained(|stage| stage.size(24, 40)),
        explained(|stage| stage.term("dumb")),
        explained(|stage| stage.arg("--list")),
    ] {
        assert!(!list.contains("--+"), "{list}");
        let flat = list.split_whitespace().collect::<Vec<_>>().join(" ");
        for said in
            ["The keys of ada@example.org at 127.0.0.1", "KEK_pw opens envelope 1", "the envelopes, salt and settings"]
        {
            assert!(flat.contains(said), "{said} is not in {flat}");
        }
    }
    let narrow = explained(|stage| stage.size(24, 40));
    assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");

    let json = |arguments: &[&str]| {
        let run = run(desk.command().args(["audit", "explain", "--json"]).args(arguments));
        assert_eq!(run.code, Some(0), "{run:?}");
        run.last()
    };
    let status = run(desk.command().args(["status", "--json"])).last();
    let file = shown(&server, &desk);
    let (known, with_file) = (json(&[]), json(&["--show", file.to_str().expect("UTF-8")]));
    for same in ["realm_id", "account_id", "email", "key_gen", "fingerprint", "recipient"] {
        assert_eq!((&known["account"][same], &with_file["account"][same]), (&status[same], &status[same]), "{same}");
    }
    assert!(known["account"]["password"].is_null(), "this computer does not keep the settings");
    assert_eq!(with_file["account"]["password"]["profile"], 2);
    let nobody = run(Desk::new().command().args(["audit", "explain", "--json"])).last();
    assert!(
        nobody["account"].is_null() && nobody["envelopes"].as_array().is_some_and(|all| all.len() == 4),
        "{nobody}"
    );
    assert_eq!(server.wire.paths().len(), requests, "nothing was sent");
}

/// An offer as a server writes it, but to nobody.
const OFFER: &str = r#"{"protocol":1,"suites":[1],"realm_id":"AQEBAQEBAQEBAQEBAQEBAQ",
 "organisation":{"org_id":"AgICAgICAgICAgICAgICAg","name":"Example Corp"},
 "account":{"account_id":"AwMDAwMDAwMDAwMDAwMDAw","email":"ada@example.org","display_name":"Ada Lovelace"},
 "mode":"enrol","policy":{"min_profile":1,"recovery":"required","secret_key":"off","min_length":15},
 "expires_at":1795798800,"server_time":1795794000,"earlier_claims":{"count":0,"last_at":null},"contact":null}"#;

#[test]
fn an_offer_on_paper_is_played_up_to_the_upload_and_leaves_nothing() {
    let desk = Desk::new();
    let (offer, password) = (desk.write("offer.json", OFFER.as_bytes()), desk.write("password", PASSWORD.as_bytes()));
    let play = |arguments: &[&str]| {
        let mut command = desk.command();
        command.args(["audit", "--dry-run", "--no-input", "--profile", "1", "--yes-for", EMAIL, "--offer"]).arg(&offer);
        run(command.arg("--password-file").arg(&password).args(arguments))
    };
    let before = files(&desk);
    let told = play(&["--json"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    let last = told.last();
    assert_eq!(last["url"], "https://offer.invalid/v1/enrol/complete", "{last}");
    let fields: Vec<_> = last["fields"].as_array().expect("fields").iter().map(|field| field["name"].clone()).collect();
    assert!(fields.contains(&"envelopes".into()) && fields.contains(&"opaque_upload".into()), "{fields:?}");
    let raw = play(&["--raw"]);
    assert_eq!(raw.code, Some(0), "{raw:?}");
    assert_eq!(raw.stdout.matches("POST https://offer.invalid/v1/").count(), 3, "{}", raw.stdout);
    assert!(!raw.stdout.contains(PASSWORD) && raw.stderr.contains("nothing is sent"), "{raw:?}");
    let table = play(&[]);
    assert_eq!(table.code, Some(0), "{table:?}");
    for said in
        ["nothing was sent and no account was made", "/v1/invites/claim", "/v1/enrol/start", "/v1/enrol/complete"]
    {
        assert!(table.stdout.contains(said), "{said} is not in {table:?}");
    }
    assert_eq!(files(&desk), before, "nothing was written");

    // The flow is the real one: what it refuses of a server it refuses of a file.
    let weak = OFFER.replace("\"min_length\":15", "\"min_length\":8");
    desk.write("offer.json", weak.as_bytes());
    assert_eq!(play(&["--json"]).code, Some(6));
    assert_eq!(run(desk.command().args(["audit", "--dry-run"])).code, Some(2), "it needs an offer");
    assert_eq!(run(desk.command().args(["audit", "--last", "--no-input"])).code, Some(2), "a flag of rehearsals");
}

#[test]
fn an_offer_on_paper_shows_the_table_at_a_terminal() {
    let desk = Desk::new();
    let offer = desk.write("offer.json", OFFER.as_bytes());
    let stage = firstkey(&desk).arg("audit").arg("--dry-run").arg("--profile").arg("1").arg("--offer").arg(&offer);
    let mut pty = stage.start();
    pty.expect("Is this you? [Y/n] ");
    pty.send("y\r");
    pty.choose(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let output = plain(&pty.output());
    for said in ["nothing is sent", "4 sealed keys, encrypted on this machine", "Not sent: password"] {
        assert!(output.contains(said), "{said:?} is not in\n{output}");
    }
    assert!(!output.contains("Asking ") && !output.contains("Written down?"), "{output}");
    assert!(!desk.state().exists());
}
