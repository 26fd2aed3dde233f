//! Manual pages: one for each command, section 1.

use crate::commands::kept;
use clap::Command;
use clap::builder::StyledStr;
use clap_mangen::Man;
use std::io;
use std::path::PathBuf;

/// What the top pages of the programs say of files.
const FILES: [(&str, &str); 3] = [
    (
        "firstkey",
        "~/.local/state/firstkey\n    What this computer remembers; no secret.\n\
         /etc/firstkey/config.toml\n    What an organisation has set for this computer.",
    ),
    (
        "firstkey-server",
        "/etc/firstkey/server.toml\n    Where the packages keep the configuration.\n\
         /var/lib/firstkey\n    Where the packages keep database and key.",
    ),
    ("age-plugin-firstkey", "~/.local/state/firstkey\n    What this computer remembers; no secret."),
];

/// The pages of a program and of every command that it has.
pub fn of(command: Command) -> Vec<(PathBuf, String)> {
    let mut built = command;
    built.build();
    let mut pages = Vec::new();
    let version = built.get_version().unwrap_or_default().to_owned();
    add(&built, "", &version, &mut pages);
    pages
}

fn add(command: &Command, above: &str, version: &str, pages: &mut Vec<(PathBuf, String)>) {
    let name = if above.is_empty() { command.get_name().to_owned() } else { format!("{above}-{}", command.get_name()) };
    let text = page(command, &name, above, version).expect("invariant: memory takes what is written");
    pages.push((PathBuf::from(format!("man/{name}.1")), text));
    for below in command.get_subcommands() {
        add(below, &name, version, pages);
    }
}

fn page(command: &Command, name: &str, above: &str, version: &str) -> io::Result<String> {
    let renamed = command.clone().name(kept(name)).display_name(name.to_owned());
    let man = Man::new(renamed);
    // Without a date: two builds make the same page.
    let mut bytes = format!(".TH {} 1 \"\" \"firstkey {version}\" firstkey\n", name.to_uppercase()).into_bytes();
    man.render_name_section(&mut bytes)?;
    man.render_synopsis_section(&mut bytes)?;
    man.render_description_section(&mut bytes)?;
    if command.get_arguments().next().is_some() {
        man.render_options_section(&mut bytes)?;
    }
    let text = String::from_utf8(bytes).expect("invariant: our own words are text");
    let mut text = without_idle_breaks(&text);
    let below: Vec<_> = command.get_subcommands().collect();
    if !below.is_empty() {
        text.push_str(".SH COMMANDS\n");
        for command in &below {
            let about = command.get_about().map(StyledStr::to_string).unwrap_or_default();
            text.push_str(&format!(
                ".TP\n{}(1)\n{}\n",
                escaped(&format!("{name}-{}", command.get_name())),
                escaped(&about)
            ));
        }
    }
    for (title, words) in [("EXAMPLES", command.get_before_help()), ("NOTES", command.get_after_help())] {
        if let Some(words) = words {
            section(&mut text, title, &words.to_string());
        }
    }
    if let Some((_, files)) = FILES.iter().find(|(program, _)| *program == name) {
        section(&mut text, "FILES", files);
    }
    let mut also: Vec<String> = below.iter().map(|command| format!("{name}-{}", command.get_name())).collect();
    also.extend((!above.is_empty()).then(|| above.to_owned()));
    if also.is_empty() {
        also.push("firstkey".to_owned());
    }
    let also: Vec<_> = also.iter().map(|page| format!(".BR {} (1)", escaped(page))).collect();
    text.push_str(&format!(".SH SEE ALSO\n{}\n", also.join(",\n")));
    Ok(text)
}

/// A break beside a space does nothing, and readers of manual pages complain of it.
fn without_idle_breaks(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    let is_space = |at: Option<usize>| at.and_then(|at| lines.get(at)).is_some_and(|line| matches!(*line, ".sp" | ""));
    let idle = |at: usize| lines[at] == ".br" && (is_space(at.checked_sub(1)) || is_space(at.checked_add(1)));
    (0..lines.len()).filter(|at| !idle(*at)).map(|at| format!("{}\n", lines[at])).collect()
}

/// Words as they stand, lines kept.
fn section(text: &mut String, title: &str, words: &str) {
    text.push_str(&format!(".SH {title}\n.nf\n"));
    for line in words.trim_end().lines() {
        // A line that begins with a dot or a quotation mark would be a request.
        let start = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
        text.push_str(&format!("{start}{}\n", escaped(line)));
    }
    text.push_str(".fi\n");
}

fn escaped(words: &str) -> String {
    words.replace('\\', "\\e").replace('-', "\\-")
}
