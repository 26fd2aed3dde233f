use super::*;
use crate::exit::ExitCode;
use crate::ui::kit::tests::kit;
use firstkey_core::crypto::context::{InviteId, OrgId};
use firstkey_core::flow::Effect;
use firstkey_core::flow::accept::Options;
use firstkey_core::flow::stop::{GaveUp, StorageTrouble};
use firstkey_core::wire::link::LinkTrouble;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;
use firstkey_testkit::scene::Scene;
use std::cell::RefCell;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::rc::Rc;

/// What was written, readable while it is written.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("text")
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A script without a person, and what it prints.
struct Stage {
    script: Script,
    out: Page,
    err: Page,
    folder: tempfile::TempDir,
}

fn stage(fill: impl FnOnce(&mut Answers, &std::path::Path)) -> Stage {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut answers = Answers::default();
    fill(&mut answers, folder.path());
    let (out, err) = (Page::default(), Page::default());
    let outputs = Outputs { out: Box::new(out.clone()), err: Box::new(err.clone()), piped: true };
    Stage { script: Script::with_outputs(answers, None, outputs), out, err, folder }
}

fn password_file(folder: &std::path::Path) -> PathBuf {
    let path = folder.join("pw");
    std::fs::write(&path, "velvet tundra misprint cobra\n").expect("a file for the test");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("permissions for the test");
    path
}

fn everything(answers: &mut Answers, folder: &std::path::Path) {
    let link = format!("https://accounts.example.org/i#fkinv1.{}.{}", "A".repeat(22), "A".repeat(43));
    answers.invite = Some(InviteSource::Argument(Zeroizing::new(link.into_bytes())));
    answers.password = Some(PasswordSource::File(password_file(folder)));
    answers.yes_for = Some("ada@example.org".to_owned());
    answers.kit_out = Some(folder.join("kit.txt"));
    answers.json = true;
}

fn introduction() -> Box<Introduction> {
    Box::new(Introduction {
        origin: Origin::read("https://accounts.example.org").expect("a good origin"),
        invite: InviteId::heard([1; 16]),
        org: OrgId::heard([2; 16]),
        organisation: Printable::from_untrusted("Example Corp"),
        email: "ada@example.org".to_owned(),
        display_name: Printable::from_untrusted("Ada"),
        expires_at: 1_795_798_800,
        server_time: 0,
        earlier: firstkey_core::flow::tried::Earlier::default(),
        contact: None,
    })
}

#[allow(clippy::result_large_err, reason = "as `prepare` gives it")]
fn why(result: Result<(), AcceptStop>) -> AcceptReason {
    match result {
        Err(stop) => {
            assert_eq!(stop.reach, Reach::NothingSent);
            stop.why
        }
        Ok(()) => panic!("it went on"),
    }
}

#[test]
fn whatever_is_missing_is_named_with_its_flag_before_anything_is_sent() {
    type Take = fn(&mut Answers);
    let steps: [(Take, &str); 3] = [
        (|answers| answers.invite = None, "--invite-file"),
        (|answers| answers.password = None, "--password-fd"),
        (|answers| answers.yes_for = None, "--yes-for"),
    ];
    for (take, flag) in steps {
        let mut stage = stage(|answers, folder| {
            everything(answers, folder);
            take(answers);
        });
        let Err(stop) = stage.script.prepare() else { panic!("it went on") };
        assert_eq!(stage.script.finish(&Err(stop)), ExitCode::Usage);
        assert!(stage.err.text().contains(flag), "{}", stage.err.text());
        assert!(stage.err.text().lines().all(|line| line.starts_with("firstkey: ")));
    }
}

#[test]
fn where_the_kit_goes_is_asked_for_only_where_a_kit_is_made_and_before_any_key_is() {
    let without = |rehearsal| {
        stage(move |answers, folder| {
            everything(answers, folder);
            (answers.kit_out, answers.rehearsal) = (None, rehearsal);
        })
    };
    let join = Question::Join { about: introduction(), members_of: Vec::new() };
    assert!(without(false).script.prepare().is_ok());
    assert!(matches!(without(false).script.ask(join), Answer::Yes));
    assert!(matches!(without(true).script.ask(Question::Consent(introduction())), Answer::Yes));
    let missing = without(false).script.ask(Question::Consent(introduction()));
    assert!(matches!(missing, Answer::Missing(Missing::Kit)));
}

#[test]
fn a_rehearsal_ends_with_its_line_wherever_a_program_reads() {
    for json in [true, false] {
        let mut scene = Scene::new(1);
        let options = Options { rehearsal: true, ..scene.shelf.options() };
        let mut log = scene.run_with(1, options, |_, effect, scene| Some(scene.honest(effect)));
        let Some(Effect::Finish(end)) = log.turns.pop().map(|turn| turn.effect) else { panic!("it ends") };
        let mut stage = stage(|answers, folder| {
            everything(answers, folder);
            (answers.rehearsal, answers.json) = (true, json);
        });
        assert_eq!(stage.script.finish(&end), ExitCode::Done);
        let text = stage.out.text();
        let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap_or_default()).expect("a line");
        assert_eq!((&last["event"], &last["ok"]), (&"rehearsed".into(), &true.into()), "{text}");
    }
}

#[test]
fn a_resumed_run_needs_only_the_password() {
    let mut stage = stage(|answers, folder| {
        answers.password = Some(PasswordSource::File(password_file(folder)));
        answers.resume = true;
    });
    assert!(stage.script.prepare().is_ok());
}

#[test]
fn a_full_script_answers_every_question_but_a_doubtful_host() {
    let mut stage = stage(everything);
    assert!(stage.script.prepare().is_ok());
    let mut ask = |question| stage.script.ask(question);
    assert!(matches!(ask(Question::Invite { trouble: None }), Answer::Text(_)));
    assert!(matches!(ask(Question::InviteAgain), Answer::Text(_)));
    assert!(matches!(ask(Question::Consent(introduction())), Answer::Yes));
    for question in [
        Question::Password { min_length: 15, attempt: 1 },
        Question::Again { made: None },
        Question::PasswordOnceMore { attempt: 1 },
    ] {
        let Answer::Secret(typed) = ask(question) else { panic!("no password") };
        assert_eq!(typed.as_slice(), b"velvet tundra misprint cobra");
    }
    assert!(matches!(ask(Question::Kit(Box::new(kit(2)))), Answer::KitSaved(_)));
    assert!(matches!(ask(Question::KitProof { group: 7, attempt: 1 }), Answer::Secret(group) if group.len() == 4));
    let origin = introduction().origin;
    assert!(matches!(ask(Question::Host(origin)), Answer::Missing(Missing::Host)));
}

#[test]
fn what_a_flag_says_is_not_said_twice() {
    let mut stage = stage(everything);
    assert!(stage.script.prepare().is_ok());
    let mut ask = |question| stage.script.ask(question);
    assert!(matches!(ask(Question::Invite { trouble: Some(LinkTrouble::Damaged) }), Answer::No));
    assert!(matches!(ask(Question::Password { min_length: 15, attempt: 2 }), Answer::No));
    assert!(matches!(ask(Question::PasswordOnceMore { attempt: 2 }), Answer::No));
}

#[test]
fn a_consent_for_somebody_else_is_none() {
    let mut stage = stage(|answers, folder| {
        everything(answers, folder);
        answers.yes_for = Some("eve@example.org".to_owned());
    });
    let answer = stage.script.ask(Question::Consent(introduction()));
    assert!(matches!(answer, Answer::NotTheInvited { expected } if expected == "eve@example.org"));
}

#[test]
fn the_proof_of_a_kit_comes_from_the_disk() {
    let mut stage = stage(everything);
    assert!(stage.script.prepare().is_ok());
    stage.script.ask(Question::Kit(Box::new(kit(2))));
    std::fs::write(stage.folder.path().join("kit.txt"), "gone").expect("damaged for the test");
    let answer = stage.script.ask(Question::KitProof { group: 1, attempt: 1 });
    assert!(matches!(answer, Answer::Trouble(LocalTrouble::KitFile { .. })));
}

#[test]
fn unusable_files_stop_it_before_anything_is_sent() {
    let mut open = stage(|answers, folder| {
        everything(answers, folder);
        std::fs::set_permissions(password_file(folder), std::fs::Permissions::from_mode(0o644)).expect("permissions");
    });
    let found = why(open.script.prepare());
    assert!(
        matches!(found, AcceptReason::Local(LocalTrouble::Input { trouble: StorageTrouble::TooOpen, .. })),
        "{found:?}"
    );

    let mut taken = stage(|answers, folder| {
        everything(answers, folder);
        std::fs::write(folder.join("kit.txt"), "my diary").expect("a file for the test");
    });
    assert!(matches!(why(taken.script.prepare()), AcceptReason::Local(LocalTrouble::KitFile { .. })));
}

#[test]
fn with_json_every_line_is_one_object_and_standard_output_has_nothing_else() {
    let mut stage = stage(everything);
    assert!(stage.script.prepare().is_ok());
    stage.script.ask(Question::Consent(introduction()));
    stage.script.ask(Question::Kit(Box::new(kit(2))));
    stage.script.tell(&Notice::Plan);
    stage.script.tell(&Notice::TypingsMatch);
    stage.script.stretching(Profile::Two);
    stage.script.stretched(Profile::Two, Duration::from_millis(1_880));
    stage.script.tell(&Notice::Retrying { origin: introduction().origin, delay: Duration::from_secs(2) });
    stage.script.tell(&Notice::Stored { bytes: 1_207, digest: [0x5e; 32] });
    let gave_up = AcceptStop {
        why: AcceptReason::GaveUp(GaveUp::NotYou),
        reach: Reach::NothingChanged,
        origin: None,
        subject: None,
    };
    assert_eq!(stage.script.finish(&Err(gave_up)), ExitCode::GaveUp);

    let text = stage.out.text();
    let events: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect();
    let names: Vec<_> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names, ["invite", "kit", "kdf", "retry", "sent", "stopped"]);
    assert_eq!(events[0]["expires"], "2026-11-27T17:00:00Z");
    assert_eq!(events[2]["m_kib"], 262_144);
    assert_eq!(events[5]["exit"], 3);
    assert_eq!(events[5]["code"], "gave-up-not-you");
    assert!(text.lines().all(|line| line.starts_with("{\"event\":\"")));
}

#[test]
fn no_output_holds_the_password_or_the_recovery_code() {
    let mut stage = stage(|answers, folder| {
        everything(answers, folder);
        answers.json = false;
    });
    assert!(stage.script.prepare().is_ok());
    stage.script.ask(Question::Password { min_length: 15, attempt: 1 });
    stage.script.ask(Question::Kit(Box::new(kit(2))));
    let code = firstkey_core::crypto::recovery::write_code(&[0x5a; 16]);
    let all = stage.out.text() + &stage.err.text();
    assert!(!all.contains("velvet") && !all.contains(&code[..9]), "{all}");
}

#[test]
fn nothing_that_a_terminal_would_obey_gets_through_a_log_a_result_or_a_line_of_json() {
    let mut stage = stage(|answers, _| answers.json = true);
    stage.script.log(&vec!["ada\u{1b}[2J at keys\u{9b}1m".to_owned()]);
    stage.script.event_line(&Event::Kit { path: "kit\u{9b}2J\u{1b}]0;x\u{7}.txt", mode: "0600".to_owned() }.line());
    for (text, shown) in [(stage.err.text(), "ada<U+001B>[2J at keys<U+009B>1m"), (stage.out.text(), "kit\\u009b2J")] {
        assert!(text.contains(shown), "{text:?}");
        assert!(text.chars().all(|c| c == '\n' || firstkey_core::wire::text::is_plain(c)), "{text:?}");
    }
}
