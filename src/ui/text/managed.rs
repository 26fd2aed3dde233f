//! What is said of the managed configuration.

use super::{Story, system};
use crate::managed::owner::Unfit;
use crate::managed::{BadLine, ManagedKey, ManagedTrouble, path};

/// Why it is not used, and how it is mended.
pub fn trouble(trouble: &ManagedTrouble) -> Story {
    let story = Story::of("The managed configuration of this computer cannot be used.");
    let story = match trouble {
        ManagedTrouble::Unfit { path, why } => unfit(story, path, *why),
        ManagedTrouble::Line { number, why } => line(story.because(format!("{}, line {number}:", path())), why)
            .then("Ask the administrator of this computer to correct the file."),
        ManagedTrouble::Missing(ManagedKey::Server) => story
            .because(format!("{} pins a realm and names no server.", path()))
            .then("Ask the administrator of this computer to add the server."),
        ManagedTrouble::Missing(key) => story
            .because(format!("{} pins a realm without {}.", path(), key.name()))
            .then("Ask the administrator of this computer to add it."),
    };
    Story { changed: Some("Nothing was sent.".to_owned()), ..story }
}

fn unfit(story: Story, path: &str, why: Unfit) -> Story {
    const MEND: &str = "The administrator of this computer corrects it with";
    match why {
        Unfit::NotRoots => story
            .because(format!("{path} does not belong to {},", system::manager()))
            .because("so somebody else could have written it.")
            .then(MEND)
            .run(system::give_to_manager(path)),
        Unfit::Writable => story
            .because(format!("Other people than {} can write to {path}.", system::manager()))
            .then(MEND)
            .run(system::close_to_writers(path)),
        Unfit::NotReadable => {
            story.because(format!("You may not read {path}.")).then(MEND).run(system::open_to_readers(path))
        }
        Unfit::NotPlain => story
            .because(format!("{path} is not a plain file, or not a folder."))
            .then("Ask the administrator of this computer to replace it."),
        Unfit::Circle => story
            .because(format!("There are too many links on the way: {path}"))
            .then("Ask the administrator of this computer to remove them."),
        Unfit::NotText => story
            .because(format!("{path} is too long, or no text."))
            .then("Ask the administrator of this computer to correct the file."),
        Unfit::Failed => story
            .because(format!("The operating system could not read {path}."))
            .then("Check that the disk is healthy, or ask the administrator of this computer."),
    }
}

fn line(story: Story, why: &BadLine) -> Story {
    match why {
        BadLine::NotALine => story.because("It is no comment, no table and no option."),
        BadLine::Unknown { name, nearest } => story
            .because(format!("There is no option \"{}\".", short(name)))
            .because(format!("The nearest one is {nearest}.")),
        BadLine::Twice(name) => story.because(format!("\"{}\" is there for the second time.", short(name))),
        BadLine::NotText(name) => story
            .because(format!("The value of {} is not a text in quotation marks", short(name)))
            .because("on one line."),
        BadLine::Value(key) => {
            story.because(format!("The value of {} is wrong. It has to be", key.name())).because(match key {
                ManagedKey::Server => "a server, such as \"https://accounts.example.org\".",
                ManagedKey::CaFile => "the whole path of a file.",
                ManagedKey::Proxy => "\"http://HOST:PORT\", without a user name and a password.",
                ManagedKey::NoProxy => "names and addresses, separated by commas.",
                ManagedKey::InstallText => "one line of at most 400 letters that can be seen.",
                ManagedKey::RealmId => "the id of the realm, as a recovery kit has it.",
                ManagedKey::RealmKey => "the 22 characters behind the last dot of an invite link.",
            })
        }
    }
}

/// A name of the file, as far as a line has room for it.
fn short(name: &str) -> String {
    let short: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
    if short.len() == name.len() { short } else { short + "..." }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<ManagedTrouble> {
        let path = "/Library/Application Support/firstkey";
        let unfit = [
            Unfit::NotRoots,
            Unfit::Writable,
            Unfit::NotPlain,
            Unfit::Circle,
            Unfit::NotReadable,
            Unfit::NotText,
            Unfit::Failed,
        ];
        let mut lines = vec![
            BadLine::NotALine,
            BadLine::Unknown { name: "sever".to_owned(), nearest: "server" },
            BadLine::Unknown { name: "x".repeat(900), nearest: "install_text" },
            BadLine::Twice("install_text".to_owned()),
            BadLine::NotText("install_text".to_owned()),
        ];
        lines.extend(ManagedKey::ALL.map(BadLine::Value));
        let unfit = unfit.map(|why| ManagedTrouble::Unfit { path: path.to_owned(), why });
        let lines = lines.into_iter().map(|why| ManagedTrouble::Line { number: 1_000, why });
        let missing = ManagedKey::ALL.map(ManagedTrouble::Missing);
        unfit.into_iter().chain(lines).chain(missing).collect()
    }

    #[test]
    fn every_trouble_is_said_in_lines_that_fit_and_says_what_to_do() {
        for trouble in all() {
            let story = super::trouble(&trouble);
            assert!(!story.next.is_empty(), "{trouble:?}");
            for line in story.for_people().lines() {
                assert!(line.len() <= 78 && line.is_ascii(), "{} columns: {line}", line.len());
            }
        }
    }
}
