//! The documents and the shipped files say what is so: every command line in them exists, and
//! systemd knows every line of the unit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What `--help` says of a command; `None` if there is none.
fn help(command: &[String]) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_firstkey-server")).args(command).arg("--help").output();
    let output = output.expect("the program runs");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The words of a command line; what is in quotation marks is one.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Command lines that stand in the documents: in blocks, and in the first column of the table of
/// commands.
fn command_lines() -> Vec<(String, Vec<String>)> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(root().join("docs")).expect("the documents") {
        let name = format!("docs/{}", entry.expect("an entry").file_name().to_string_lossy());
        if Path::new(&name).extension().is_none_or(|end| end != "md") {
            continue;
        }
        for line in read(&name).lines() {
            let line = line.trim().trim_start_matches("sudo -u firstkey ");
            if let Some(rest) = line.strip_prefix("firstkey-server ") {
                lines.push((name.clone(), words(rest)));
            }
        }
    }
    for file in ["server/firstkey-server.service", "server/firstkey-server.example.toml", "README.md"] {
        for line in read(file).lines() {
            let line = line.trim_start_matches(['#', ' ']);
            let rest =
                line.split_once("/firstkey-server ").map(|(_, rest)| rest).or(line.strip_prefix("firstkey-server "));
            if let Some(rest) = rest {
                lines.push((file.to_owned(), words(rest)));
            }
        }
    }
    for line in read("docs/COMMANDS.md").lines() {
        if let Some(cell) = line.strip_prefix("| `").and_then(|rest| rest.split('`').next()) {
            lines.push(("docs/COMMANDS.md".to_owned(), words(&cell.replace(['[', ']'], ""))));
        }
    }
    lines
}

#[test]
fn every_command_line_in_the_documents_exists_with_every_flag() {
    let mut pages: BTreeMap<Vec<String>, Option<String>> = BTreeMap::new();
    let mut commands = BTreeSet::new();
    let lines = command_lines();
    assert!(lines.len() > 50, "{}", lines.len());
    for (file, line) in lines {
        let is_word =
            |word: &&String| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && !word.starts_with('-');
        let first: Vec<String> = line.iter().take_while(is_word).take(2).cloned().collect();
        // A second word is a command, or a value if the first takes one.
        let known = (1..=first.len())
            .rev()
            .map(|length| first[..length].to_vec())
            .find(|command| pages.entry(command.clone()).or_insert_with(|| help(command)).is_some());
        let command = known.unwrap_or_else(|| panic!("{file}: `firstkey-server {}` is no command", line.join(" ")));
        let page = pages[&command].clone().expect("it was just found");
        for flag in line.iter().filter(|word| word.starts_with("--") && *word != "--help") {
            let flag = flag.split('=').next().expect("a name");
            let there = page.split([' ', '\n', ',']).any(|word| word == flag);
            assert!(there, "{file}: `firstkey-server {}` has no {flag}", command.join(" "));
        }
        commands.insert(command.join(" "));
    }
    for needed in [
        "init",
        "check",
        "serve",
        "org add",
        "scim-token rotate",
        "person confirm",
        "invite withdraw",
        "mail list",
        "audit verify",
    ] {
        assert!(commands.contains(needed), "{needed} is in no document");
    }
}

#[test]
fn every_command_is_documented_with_its_flags() {
    let documented = read("docs/COMMANDS.md") + &read("docs/CONFIGURATION.md");
    let list = |command: &[String]| -> Vec<String> {
        let page = help(command).expect("a command");
        let commands =
            page.split_once("Commands:\n").map(|(_, rest)| rest.split("\n\n").next().unwrap_or("").to_owned());
        let names = commands.unwrap_or_default();
        names
            .lines()
            .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next().map(str::to_owned))
            .filter(|name| name != "help")
            .collect()
    };
    let mut tried = 0;
    for group in list(&[]) {
        if group == "demo" {
            continue;
        }
        let inner = list(std::slice::from_ref(&group));
        let commands: Vec<Vec<String>> = if inner.is_empty() {
            vec![vec![group]]
        } else {
            inner.into_iter().map(|name| vec![group.clone(), name]).collect()
        };
        for command in commands {
            assert!(documented.contains(&format!("`{}", command.join(" "))), "docs/COMMANDS.md lacks {command:?}");
            let page = help(&command).expect("a command");
            for line in page.lines().map(str::trim_start).filter(|line| line.starts_with("--")) {
                let flag = line.split_whitespace().next().expect("a flag");
                assert!(
                    documented.contains(flag),
                    "docs/COMMANDS.md and docs/CONFIGURATION.md lack {flag} of {command:?}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 60, "{tried}");
}

/// Directives that systemd knows, of those that a unit like ours may want (systemd.unit, .service,
/// .exec, .kill, .resource-control).
const KNOWN: &[&str] = &[
    "Description",
    "Documentation",
    "Wants",
    "After",
    "StartLimitIntervalSec",
    "StartLimitBurst",
    "Type",
    "ExecStartPre",
    "ExecReload",
    "ExecStart",
    "Restart",
    "RestartSec",
    "TimeoutStopSec",
    "KillSignal",
    "User",
    "Group",
    "StateDirectory",
    "StateDirectoryMode",
    "UMask",
    "AmbientCapabilities",
    "CapabilityBoundingSet",
    "NoNewPrivileges",
    "ProtectSystem",
    "ProtectHome",
    "PrivateTmp",
    "PrivateDevices",
    "ProtectClock",
    "ProtectControlGroups",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectProc",
    "ProcSubset",
    "RemoveIPC",
    "RestrictAddressFamilies",
    "RestrictNamespaces",
    "RestrictRealtime",
    "RestrictSUIDSGID",
    "LockPersonality",
    "MemoryDenyWriteExecute",
    "SystemCallArchitectures",
    "SystemCallFilter",
    "SystemCallErrorNumber",
    "LimitCORE",
    "MemorySwapMax",
    "MemoryHigh",
    "MemoryMax",
    "LimitNOFILE",
    "WantedBy",
];

/// What a hardened unit has to say.
const NEEDED: [&str; 13] = [
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "MemoryDenyWriteExecute=yes",
    "CapabilityBoundingSet=CAP_NET_BIND_SERVICE",
    "RestrictNamespaces=yes",
    "SystemCallFilter=@system-service",
    "LimitCORE=0",
    "MemoryMax=768M",
    "UMask=0077",
    "StateDirectoryMode=0700",
];

#[test]
#[allow(clippy::print_stderr, reason = "a check that cannot be made says so")]
fn systemd_knows_every_line_of_the_unit() {
    let unit = read("server/firstkey-server.service");
    for line in unit.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '['])) {
        let (name, value) = line.split_once('=').expect("a directive");
        assert!(KNOWN.contains(&name) && !value.is_empty(), "{line}");
    }
    for line in NEEDED {
        assert!(unit.lines().any(|found| found == line), "{line}");
    }
    let dir = tempfile::tempdir().expect("a folder for the test");
    let copy = dir.path().join("firstkey-server.service");
    let program = env!("CARGO_BIN_EXE_firstkey-server");
    std::fs::write(&copy, unit.replace("/usr/local/bin/firstkey-server", program)).expect("written");
    match Command::new("systemd-analyze").args(["verify", "--man=no", "--recursive-errors=no"]).arg(&copy).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let ours: Vec<&str> = said.lines().filter(|line| line.contains("firstkey-server.service")).collect();
            assert!(ours.is_empty(), "{ours:?}");
        }
        Err(_) => eprintln!(
            "NOT TESTED by systemd itself: systemd-analyze is not here; every directive was looked up in a list instead"
        ),
    }
}
