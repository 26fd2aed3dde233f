//! What people read on one system has no word of another: every sentence is said for each of them.

use super::*;
use crate::cli::Cli;
use crate::exit::{Stopped, every_stop};
use crate::managed::{self, Managed};
use crate::system::pretended::on;
use crate::ui::term::ReadTrouble;
use crate::ui::text::{Story, doctor, login, question, secret_key, start, story, usage};
use clap::{Command, CommandFactory};
use firstkey_core::flow::Locks;
use firstkey_core::flow::defaults::Defaults;
use firstkey_core::flow::stop::Reach;
use firstkey_core::wire::text::Printable;

/// Words of Unix that nobody at a Windows computer can do anything with.
const UNIX: [&str; 30] = [
    "chmod",
    "chown",
    "sudo",
    "0600",
    "0700",
    "mode 0",
    "~/",
    "ctrl-d",
    "ctrl-z",
    "ctrl-\\",
    "/dev/",
    "/etc/",
    "/proc",
    "/tmp",
    "/home",
    "/usr",
    "systemd",
    "ulimit",
    " root",
    "term is",
    "core dump",
    "kernel",
    "swap",
    "descriptor",
    "with: unset ",
    "iconv",
    "base64 -",
    " 3<",
    "\\\n",
    "umask",
];
/// Those of Linux alone.
const LINUX: [&str; 5] = ["zram", "ca-certificates", "root:root", "systemd", "/etc/"];
/// Those of macOS alone.
const MAC: [&str; 5] = ["filevault", "keychain", "command-v", "wheel", "/library/"];
/// Those of Windows alone. (That PowerShell changes what it writes to a file is told everywhere: it
/// was the sender.)
const WINDOWS: [&str; 14] = [
    "icacls",
    "%",
    "c:\\",
    "certutil",
    "page file",
    "bitlocker",
    "powershell \"",
    "powershell:",
    "remove-item",
    "$env:",
    "shift-insert",
    "device encryption",
    "crash dump",
    "updates of windows",
];

fn foreign_to(system: System) -> Vec<&'static str> {
    let (unix, linux, mac, windows) = (UNIX.to_vec(), LINUX.to_vec(), MAC.to_vec(), WINDOWS.to_vec());
    match system {
        System::Linux => [mac, windows].concat(),
        System::Mac => [linux, windows].concat(),
        System::Windows => [unix, linux, mac].concat(),
    }
}

/// The ends of all flows, of usage, of files; what doctor finds; what is said before questions; the
/// help of every command.
fn everything() -> Vec<String> {
    let reaches = [Reach::NothingSent, Reach::NothingChanged, Reach::Saved, Reach::Unknown, Reach::Stored];
    let mut stories: Vec<Story> = Vec::new();
    let mut tell = |stopped: Stopped<'_>| stories.push(story(stopped));
    for (why, ..) in every_stop::accepts() {
        for reach in reaches {
            tell(Stopped::Accept(&every_stop::accept_stop(why.clone(), reach)));
        }
    }
    for (why, ..) in every_stop::accounts() {
        for subject in [Locks::Password, Locks::Kit, Locks::SecretKey] {
            tell(Stopped::Account(&every_stop::account_stop(why.clone(), Reach::Unknown, subject)));
        }
    }
    for (trouble, ..) in &every_stop::files() {
        tell(Stopped::Files(trouble));
    }
    for (why, ..) in &every_stop::forgets() {
        tell(Stopped::Forget(why));
    }
    for (trouble, ..) in &every_stop::offlines() {
        tell(Stopped::Offline(trouble, "shown.json"));
    }
    for (family, ..) in &every_stop::families() {
        tell(Stopped::Doctor(*family));
    }
    for (misuse, ..) in &every_stop::misuses() {
        tell(Stopped::Usage(*misuse));
    }
    for (trouble, ..) in &every_stop::managed() {
        tell(Stopped::Managed(trouble));
    }
    #[cfg(feature = "infisical")]
    for (why, ..) in every_stop::infisicals() {
        tell(Stopped::Infisical(&every_stop::infisical_stop(why, Reach::Unknown)));
    }
    for why in [managed::owner::Unfit::NotRoots, managed::owner::Unfit::Writable, managed::owner::Unfit::NotReadable] {
        let trouble = managed::ManagedTrouble::Unfit { path: managed::path().to_owned(), why };
        tell(Stopped::Managed(&trouble));
    }
    stories.extend(every_stop::missing().into_iter().map(|(missing, ..)| usage::missing(missing)));
    let mut said: Vec<String> = stories.iter().map(Story::for_people).collect();
    said.extend(stories.iter().map(Story::for_logs));
    said.extend(stories.iter().map(Story::in_one));

    for found in doctor::every_word::all() {
        let words = doctor::words(&found);
        said.push(words.for_people(found.state()).join("\n"));
        said.extend([words.in_two().0, words.in_two().1]);
    }
    for trouble in
        [ReadTrouble::TooLong, ReadTrouble::NotUtf8].into_iter().chain((0..32).map(ReadTrouble::ControlCharacter))
    {
        said.extend(question::unread(&trouble).map(str::to_owned));
    }
    said.extend(every_stop::links().into_iter().flat_map(|(trouble, ..)| question::better_link(trouble)));
    for closed in [true, false] {
        said.extend(start::verbose("STATE", closed));
    }
    said.extend(start::proxy("proxy.example.org:3128"));
    said.extend([question::save_where(), question::group(6), secret_key::save_where(), history().to_owned()]);
    said.extend([login::INSTEAD, login::LOG_IN, question::INVITE, question::MADE_KEPT].map(str::to_owned));
    said.extend(question::choose_password(15, Some("Example Corp")));
    said.extend([question::kit("Example Corp"), question::new_kit(), question::new_password()].concat());
    said.extend([question::code("ada@example.org"), secret_key::ask("ada@example.org"), secret_key::show()].concat());
    let managed = Managed::read("server = \"accounts.example.org\"").expect("it is one");
    said.extend(super::super::config::defaults(&managed::held::Held::of(&Defaults::default(), &managed)));
    help(Cli::command(), &mut said);
    said
}

/// The long help of a command and of all below it.
fn help(mut command: Command, said: &mut Vec<String>) {
    said.push(command.render_long_help().to_string());
    let below: Vec<Command> = command.get_subcommands().cloned().collect();
    for below in below {
        help(below, said);
    }
}

#[test]
fn no_sentence_has_a_word_of_another_system() {
    for system in System::ALL {
        let said = on(system, everything);
        assert!(said.len() > 500, "{} texts", said.len());
        let mut wrong = Vec::new();
        for text in said {
            // Names of people and places in the examples are nobody's words.
            let lower = text.to_lowercase().replace("/home/ada", "state").replace("example root", "");
            let found: Vec<_> = foreign_to(system).into_iter().filter(|word| lower.contains(word)).collect();
            wrong.extend((!found.is_empty()).then(|| format!("{found:?} in {text}")));
        }
        assert!(wrong.is_empty(), "{system:?}: {}", wrong.join("\n"));
    }
}

#[test]
fn what_differs_between_systems_is_said_on_each_and_fits() {
    let path = "d:/ada/a b.txt";
    for system in System::ALL {
        let said = on(system, || {
            let mut said = vec![own_file(path), own_folder(path), give_to_manager(path), close_to_writers(path)];
            said.extend([open_to_readers(path), unset("FIRSTKEY_PASSWORD"), pass_password("new-")]);
            said.extend([release("10.0.1"), terminal(80, "xterm"), accept_examples().to_owned()]);
            said.extend(
                [
                    own_both(),
                    manager(),
                    raise_lock_limit(),
                    swap_title(),
                    swap(),
                    swap_in_memory(),
                    encrypt_swap(),
                    dumps(),
                    authorities(),
                    paste_instead(),
                    descriptor(),
                    password_elsewhere(),
                    history(),
                    history_of_key(),
                    decode_base64(),
                    from_utf16(),
                    sops(),
                    help_file(),
                    help_new_file(),
                    help_descriptor(),
                    help_new_descriptor(),
                ]
                .map(str::to_owned),
            );
            said
        });
        for text in &said {
            assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 78), "{text}");
        }
        for text in said.iter().filter(|text| text.contains(path)) {
            assert!(text.contains(&format!("\"{path}\"")), "one word of a command: {text}");
        }
        let found: Vec<_> = said
            .iter()
            .filter(|text| foreign_to(system).iter().any(|word| text.to_lowercase().contains(word)))
            .collect();
        assert!(found.is_empty(), "{system:?}: {found:?}");
    }
}

/// So that a sentence which is not in the list above cannot have one either.
#[test]
fn commands_of_a_system_stand_in_one_file() {
    const COMMANDS: [&str; 10] = [
        "chmod ",
        "chown ",
        "sudo ",
        "icacls",
        "ulimit",
        "iconv",
        "base64 -",
        "certutil",
        "powershell \"",
        "mode 0600",
    ];
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("our own source") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.ends_with("ui/text/system.rs") || path.ends_with("ui/text/foreign.rs") {
                continue;
            }
            seen += 1;
            let text = std::fs::read_to_string(&path).expect("text");
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(&text);
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                let found = COMMANDS.iter().find(|command| line.contains(*command));
                assert!(found.is_none(), "{}: {line}", path.display());
            }
        }
    }
    assert!(seen > 200, "{seen} files");
}

#[test]
fn a_file_that_others_may_read_is_closed_by_commands_of_the_system() {
    assert_eq!(on(System::Linux, || own_file("/a b/c")), "chmod 600 \"/a b/c\"");
    assert_eq!(
        on(System::Windows, || own_file("C:\\a b\\c")),
        "icacls \"C:\\a b\\c\" /reset\nicacls \"C:\\a b\\c\" /inheritance:r /grant:r \"*S-1-3-4:F\""
    );
    let story = Story::of("x").run(on(System::Windows, || own_folder("C:\\c")));
    let people = "x\n  icacls C:\\c /reset\n  icacls C:\\c /inheritance:r /grant:r \"*S-1-3-4:(OI)(CI)F\"\n";
    assert_eq!(story.for_people(), people, "each on a line of its own");
    assert_eq!(story.for_logs().lines().count(), 3);
    assert!(story.in_one().contains("/reset, then icacls"), "{}", story.in_one());
    let term = Printable::from_untrusted("xterm");
    assert!(on(System::Windows, || !terminal(80, term.as_str()).contains("xterm")));
}
