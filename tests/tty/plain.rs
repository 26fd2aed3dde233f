//! Narrow terminals, dumb terminals, and what is left when everything but the words is taken away.

use super::EMAIL;
use super::support::client::{Desk, PASSWORD};
use super::support::deployment::Deployment;
use super::support::pty::{End, Pty, Stage};
use super::support::sitting::{Sitting, accept, groups, plain};

/// What a person has to learn on the way, whatever their terminal.
const FACTS: [&str; 26] = [
    "Paste the invite link from your e-mail:",
    "This invite is for ada@example.org, from Example Corp.",
    "It comes from the server 127.0.0.1 and expires",
    "Is this you? [Y/n]",
    "Your password never leaves this computer; your private keys only encrypted.",
    "Step 1 of 4 Choose a password",
    "Do not reuse your company password.",
    "At least 15 characters.",
    "Press Enter alone to have one made for you. What you type is not shown.",
    "Password:",
    "Strength: good. Guessing it would take centuries,",
    "Again: They match.",
    "Step 2 of 4 Make your keys",
    "Securing your password ... done (",
    "Your key's fingerprint:",
    "Step 3 of 4 Your recovery kit",
    "If you forget your password, this is the only way back in.",
    "Neither Example Corp nor the makers of this program can reset it.",
    "Write these 7 groups down on paper, and the server and e-mail beside them.",
    "Written down? [y = yes, s = save to a file instead]",
    "Step 4 of 4 Send to the server",
    "Sending your public keys and encrypted private keys ... stored",
    "Type your password once more, to check that it opens your account.",
    "Checking that your account opens ... yes",
    "Done. Your account is ready. ada@example.org at 127.0.0.1 Your key's fingerprint:",
    "To see everything that was sent, run firstkey audit --last",
];

/// A whole run on that terminal; its kit, and the link.
fn whole_run(with: impl FnOnce(Stage) -> Stage) -> (Pty, Vec<String>, String) {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut pty = with(accept(&desk)).start();
    pty.consent(&link);
    pty.choose(PASSWORD);
    let kit = pty.keep_kit_of_any_shape();
    pty.once_more_of_any_shape(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
    (pty, kit, link)
}

/// The same steps where prompts may be broken into several lines.
trait AnyShape {
    fn keep_kit_of_any_shape(&mut self) -> Vec<String>;
    fn once_more_of_any_shape(&mut self, password: &str);
}

impl AnyShape for Pty {
    fn keep_kit_of_any_shape(&mut self) -> Vec<String> {
        self.expect("file instead] ");
        let kit = groups(&plain(&self.output()));
        self.send("y\r");
        let asked = super::support::sitting::asked_group(self);
        self.send(format!("{}\r", kit[asked - 1]));
        kit
    }

    fn once_more_of_any_shape(&mut self, password: &str) {
        self.expect("once more");
        self.type_secret("Password: ", password);
    }
}

/// What a teletype would print, its runs of blanks and line breaks as one blank each.
fn on_a_teletype(output: &str) -> String {
    plain(output).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_has_every_fact(output: &str, kit: &[String]) {
    let text = on_a_teletype(output);
    for fact in FACTS {
        assert!(text.contains(fact), "{fact:?} is not in\n{text}");
    }
    for (number, group) in (1..).zip(kit) {
        assert!(text.contains(&format!("{number} {group}")), "group {number} is not in\n{text}");
    }
}

#[test]
fn it_survives_a_teletype() {
    let (pty, kit, _) = whole_run(|stage| stage);
    assert_has_every_fact(&pty.output(), &kit);
    // Nothing is said by moving about: a line is never gone back over.
    assert!(!pty.output().replace("\r\n", "\n").contains('\r'), "{:?}", pty.output());
    assert!(!pty.output().contains('\x08'));
}

#[test]
fn a_dumb_terminal_gets_words_and_nothing_else() {
    for term in ["dumb", ""] {
        let (pty, kit, _) = whole_run(|stage| stage.term(term));
        assert!(!pty.output().contains('\x1b'), "an escape sequence: {:?}", pty.output());
        assert_has_every_fact(&pty.output(), &kit);
    }
}

#[test]
fn forty_columns_are_enough() {
    let (pty, kit, link) = whole_run(|stage| stage.size(24, 40));
    let output = plain(&pty.output());
    // A command is never broken.
    for line in output.lines().filter(|line| !line.contains(&link) && !line.contains("  firstkey recover --")) {
        assert!(line.chars().count() <= 40, "{} columns: {line:?}", line.chars().count());
    }
    assert_has_every_fact(&pty.output(), &kit);
}

#[test]
fn every_bad_end_fits_forty_columns_too() {
    use super::support::wire::{Act, Reply};
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let answers: [fn(Reply) -> Reply; 3] = [
        |reply| Reply { content_type: "text/html".into(), ..reply },
        |reply| {
            let mut offer = reply.value();
            offer["kdf"] = serde_json::json!({"m": 19_456, "t": 1, "p": 1});
            reply.with(&offer)
        },
        |reply| {
            let mut offer = reply.value();
            offer["policy"]["min_length"] = 8.into();
            reply.with(&offer)
        },
    ];
    for answer in answers {
        server.wire.script(move |_, _| Act::Change(Box::new(answer)));
        let desk = Desk::new();
        let mut pty = accept(&desk).size(24, 40).start();
        pty.paste(&link);
        assert!(matches!(pty.wait(), End::Exited(6 | 7)));
        let output = plain(&pty.output());
        for line in output.lines().filter(|line| !line.contains(&link)) {
            assert!(line.chars().count() <= 40, "{line:?}");
        }
    }
}

#[test]
fn a_made_passphrase_fits_forty_columns() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut pty = accept(&desk).size(24, 40).start();
    pty.consent(&link);
    pty.type_secret("Password: ", "");
    pty.expect("Press Enter when you have saved it: ");
    let shown = pty.screen().contents();
    let rows: Vec<_> = shown.lines().filter(|line| line.starts_with("    ")).collect();
    assert_eq!(rows.len(), 2, "{shown}");
    assert!(rows.iter().all(|row| row.len() <= 40), "{shown}");
    let made = rows.iter().flat_map(|row| row.split_whitespace()).collect::<Vec<_>>().join(" ");
    pty.send("\r");
    pty.type_secret("Again: ", &made);
    pty.expect("They match.");
}
