//! What is said of files and of the people they are for.

use super::{Lines, Story, fingerprint_rows, grouped, local, system};
use crate::exit::FileTrouble;
use crate::ui::date;
use firstkey_core::crypto::identity::Fingerprint;
use firstkey_core::flow::account::{FoundPeer, Sight};
use firstkey_core::flow::peer::{Peer, PeerTrouble};
use firstkey_core::flow::stop::StorageTrouble;

const SECURITY: &str = "Until then, nothing is sealed for the new key. If in doubt, tell security now.";

fn rows(story: Story, fingerprint: &Fingerprint) -> Story {
    fingerprint_rows(fingerprint).into_iter().fold(story, |story, row| story.because(format!("  {row}")))
}

/// The words for a colleague whose keys are not used.
pub fn peer(trouble: &PeerTrouble) -> Story {
    match trouble {
        PeerTrouble::NoAddress => Story::of("That is not an e-mail address.").then("It looks like grace@example.org."),
        PeerTrouble::Changed { email, before, now, other_account, removed } => {
            let story = Story::of(format!("Stopped: {email} has a different key than this computer remembers."));
            let story = match (other_account, removed) {
                (true, true) => {
                    story.because("The server says that their account was removed and that this is a new one.")
                }
                (true, false) => story.because("The server shows a different account for their address."),
                (false, _) => story.because("The server shows different keys for their account."),
            };
            let story = rows(story.because("Remembered:"), before);
            let story = rows(story.because("Shown now:"), now)
                .then("Ask them by telephone or in person for the words of their new fingerprint.")
                .then("If they are the words shown now, confirm them:");
            story.run(confirm(email)).then(SECURITY)
        }
        PeerTrouble::Older { email } => {
            let story = Story::of(format!("Stopped: the server shows an older key of {email}."))
                .because("This computer remembers a newer one. Somebody may be using an old copy.")
                .because("An older key is never accepted, even if it is confirmed.");
            story.then("Tell your administrator now.")
        }
        PeerTrouble::SomebodyElse { email, known_as, now } => {
            let story = Story::of(format!("Stopped: the server shows the key of {known_as}"))
                .because(format!("for {email}. If the person has a new address, that is right."))
                .because("If not, files for one would be sealed for the other. The key's fingerprint:");
            let story = rows(story, now).then("Ask them for the words of their fingerprint, then confirm the address:");
            story.run(confirm(email))
        }
        PeerTrouble::OtherWords { email, now } => {
            let story = Story::of("Stopped: those are not the words of the key that the server shows")
                .because(format!("for {email}. It shows:"));
            rows(story, now)
                .because("Either they were read or typed wrong, or somebody shows you another key.")
                .then("Compare once more, word by word. If it still differs, tell security now.")
        }
    }
}

fn confirm(email: &str) -> String {
    format!("firstkey people {email} --fingerprint THE EIGHT WORDS")
}

/// The good end of a look-up.
pub fn found(found: &FoundPeer) -> Lines {
    let peer = &found.peer;
    let mut lines = vec![match found.sight {
        Sight::First => format!("{} at {}, new to this computer.", peer.email, peer.origin.place()),
        Sight::Same => format!("{} at {}: the key that this computer remembers.", peer.email, peer.origin.place()),
        Sight::Confirmed => {
            format!("{} at {}: the new key is remembered from now on.", peer.email, peer.origin.place())
        }
    }];
    lines.push(format!("Key of generation {}, fingerprint:", peer.identity.key_gen.0));
    lines.extend(fingerprint_rows(&peer.fingerprint()).map(|row| format!("    {row}")));
    lines.extend(match (peer.compared, found.confirmed_at) {
        (true, _) => vec!["You have compared these words.".to_owned()],
        (false, Some(at)) => {
            let when = if at == 0 { String::new() } else { format!(" on {}", date::plain(at)) };
            vec![
                format!("An administrator compared them{when}."),
                "That is what the server says; you have not compared them.".to_owned(),
            ]
        }
        (false, None) => Vec::new(),
    });
    if found.others_confirmed {
        lines.push("WARNING: an administrator compared the words of ANOTHER key of theirs.".to_owned());
    }
    if let Some(at) = found.reset_at {
        lines.push(format!("An administrator reset their keys on {}.", date::plain(at)));
        lines.push("They can no longer open what was sealed for the earlier key.".to_owned());
    }
    if let Some(earlier) = &found.earlier {
        lines.push(match found.reset_at {
            Some(_) => "The earlier fingerprint was:".to_owned(),
            None => "An earlier account with this address was removed. Its fingerprint was:".to_owned(),
        });
        lines.extend(in_two(earlier.as_str()).map(|row| format!("    {row}")));
    }
    if !peer.compared {
        lines.push("To be sure that the key is theirs, have them read you the words, then run".to_owned());
        lines.push(format!("  {}", confirm(&peer.email)));
    }
    lines
}

fn in_two(words: &str) -> [String; 2] {
    let words: Vec<_> = words.split(' ').collect();
    let (upper, lower) = words.split_at(words.len() / 2);
    [upper.join(" "), lower.join(" ")]
}

/// Everybody who is remembered.
pub fn people(peers: &[Peer]) -> Lines {
    let mut lines = Lines::new();
    for peer in peers {
        let compared = if peer.compared { ", compared" } else { "" };
        lines.push(format!("{} at {}", peer.email, peer.origin.place()));
        lines.push(format!("  key of generation {}{compared}, fingerprint:", peer.identity.key_gen.0));
        lines.extend(fingerprint_rows(&peer.fingerprint()).map(|row| format!("    {row}")));
    }
    if lines.is_empty() {
        lines.push("This computer does not remember any colleague. To look one up, run".to_owned());
        lines.push("  firstkey people EMAIL".to_owned());
    }
    lines
}

/// The words for a file that was not sealed or opened.
pub fn file(trouble: &FileTrouble) -> Story {
    const NOTHING: &str = "Nothing was written.";
    let nothing = |story: Story| Story { changed: Some(NOTHING.to_owned()), ..story };
    match trouble {
        FileTrouble::Input { trouble, path } => {
            let story = Story::of(format!("{path} cannot be read:")).because(format!("{}.", local::storage(*trouble)));
            nothing(story).then("Fix it or name another file, then run the same command again.")
        }
        FileTrouble::Output { trouble: StorageTrouble::Exists, path } => {
            let story = Story::of(format!("{path} already exists."))
                .then("Name another file with -o OUT, or replace this one with --force.");
            nothing(story)
        }
        FileTrouble::Output { trouble, path } => {
            let story =
                Story::of(format!("{path} cannot be written:")).because(format!("{}.", local::storage(*trouble)));
            story.then("Fix it or name another with -o OUT, then run the same command again.")
        }
        FileTrouble::NotAge(path) => {
            let story =
                Story::of(format!("{path} is not a sealed file.")).because("It does not begin like an age file.");
            nothing(story).then("Name a file made by firstkey seal or by age.")
        }
        FileTrouble::ChangedAsText(path) => {
            let story = Story::of(format!("{path} is a sealed file that was changed on its way."))
                .because("A program took it for text: its line ends or its letters differ.")
                .because("That happens in e-mail, in git, and with > in PowerShell.");
            nothing(story).then("Ask the sender for it again, as an attachment or in a zip file.")
        }
        FileTrouble::InBase64(path) => {
            let story = Story::of(format!("{path} is a sealed file in base64."));
            nothing(story).then("Decode it, then open the result:").run(system::decode_base64())
        }
        FileTrouble::NewerAge(path) => {
            let story = Story::of(format!("{path} is sealed in a format that this program does not know."))
                .because("It reads the format v1 of age.");
            nothing(story).then("Ask the sender to seal it with firstkey seal or with age.")
        }
        FileTrouble::Sops(path) => {
            let story = Story::of(format!("{path} is a file of sops."));
            nothing(story)
                .then("Open it with sops; firstkey recipient --identity prints what identity.txt has:")
                .run(system::sops())
        }
        FileTrouble::Armored(path) => {
            let story = Story::of(format!("{path} is sealed in age's text form."))
                .because("This program reads only the binary form.");
            nothing(story)
                .then("Open it with age; firstkey recipient --identity prints what identity.txt has:")
                .run("age -d -i identity.txt FILE")
        }
        FileTrouble::ArmoredInText(path) => {
            let story = Story::of(format!("{path} has a sealed file in age's text form in it."))
                .because("There is other text around it, such as a mail.");
            nothing(story)
                .then("Copy the lines from BEGIN to END AGE ENCRYPTED FILE into a file of their own,")
                .then("then open that with age; firstkey recipient --identity prints identity.txt:")
                .run("age -d -i identity.txt FILE")
        }
        FileTrouble::ArmoredInUtf16(path) => {
            let story = Story::of(format!("{path} is sealed in age's text form, and saved as UTF-16."))
                .because("Windows programs save text so.");
            nothing(story).then("Save it as UTF-8, then open that with age:").run(system::from_utf16())
        }
        FileTrouble::HeaderTooLong(path) => {
            let story = Story::of(format!("{path} is not opened: its header is too long."))
                .because("This program reads headers of up to 2,000 keys and 4 MiB.")
                .because("Longer ones are made to keep a computer busy.");
            nothing(story).then("Ask the sender whom it is for, and to seal it for fewer people.")
        }
        FileTrouble::Passphrase(path) => {
            let story = Story::of(format!("{path} is sealed with a passphrase, not for an account."));
            nothing(story).then("Open it with age -d.")
        }
        FileTrouble::OtherKinds(path) => {
            let story = Story::of(format!("{path} is sealed only for keys of other kinds."))
                .because("Those are post-quantum keys, keys in hardware or keys of SSH.");
            nothing(story).then("Ask the sender to seal it for you. firstkey recipient prints your key.")
        }
        FileTrouble::NotForYou { path, email } => {
            let story = Story::of(format!("{path} is not sealed for {email}."))
                .because("It was sealed for other people, or before you had this key.");
            nothing(story).then("Ask the sender to seal it for you. firstkey recipient prints your key.")
        }
        FileTrouble::Damaged { path, begun } => {
            let story = Story::of(format!("Stopped: {path} was altered or cut off."));
            let story = if *begun {
                story.because("Standard output has only its beginning. Do not use it.")
            } else {
                nothing(story)
            };
            story
                .then("Get the file again from its source. If it came by mail or chat, ask for it")
                .then("as an attachment or in a zip file.")
        }
        FileTrouble::NoOutput => {
            let story = Story::of("standard output is a terminal");
            story.then("name a file with -o OUT, or use -o - to print it anyway")
        }
        FileTrouble::NoInput => {
            let story = Story::of("no file was named, and standard input is a terminal");
            story.then("name a file, or use - to read standard input anyway")
        }
        FileTrouble::StdinTwice => {
            let story = Story::of("standard input cannot give both the file and the password");
            story.then(system::password_elsewhere())
        }
        FileTrouble::NotPinned(email) => {
            let story = Story::of(format!("This computer does not remember {email}."))
                .because("It seals only for people whose key you have looked up.")
                .then("Look them up once, with your password, then run this again:");
            nothing(story).run(format!("firstkey people {email}"))
        }
        FileTrouble::NotARecipient(text) => {
            let story = Story::of(format!("{text} is neither an e-mail address nor an age key."));
            nothing(story)
                .then("An age key is age1 and 58 letters and digits. If it should be one,")
                .then("a character is wrong or missing: copy all of it again.")
        }
        FileTrouble::PostQuantumKey(key) => {
            let story = Story::of(format!("{key} is a post-quantum key of age."))
                .because("The key is whole, but this program cannot seal for that kind.")
                .because("age does not mix it with ordinary keys either.");
            nothing(story).then("Seal for it with age 1.3 or newer:").run("age -r KEY -o OUT FILE")
        }
        FileTrouble::TagKey(key) => {
            let story = Story::of(format!("{key} is a key of age that is kept in hardware."))
                .because("The key is whole, but this program cannot seal for that kind.");
            nothing(story)
                .then("Seal with age 1.3 or newer. firstkey recipient prints your own key:")
                .run("age -r KEY -r YOUR_OWN_KEY -o OUT FILE")
        }
        FileTrouble::PluginKey { key, plugin } => {
            let story = Story::of(format!("{key} is a key for a plugin of age,"))
                .because(format!("age-plugin-{plugin}. This program cannot seal for it."));
            nothing(story)
                .then("Seal with age. firstkey recipient prints your own key:")
                .run("age -r KEY -r YOUR_OWN_KEY -o OUT FILE")
        }
        FileTrouble::SshKey => {
            let story = Story::of("This is a key of SSH.").because("This program cannot seal for it.");
            nothing(story)
                .then("Seal with age. firstkey recipient prints your own key:")
                .run("age -r KEY -r YOUR_OWN_KEY -o OUT FILE")
        }
        FileTrouble::SecretKeyGiven => {
            let story = Story::of("This is a private key. Whoever has it can open its owner's files.")
                .because(system::history_of_key());
            nothing(story)
                .then("If it is yours, make a new one. To seal for its owner, use the public half:")
                .run("age-keygen -y KEY_FILE")
        }
        FileTrouble::IdentityGiven => {
            let story = Story::of("This is a line of an identity file, which opens files.")
                .because("To seal, the public key is needed: age1 and 58 letters and digits.");
            nothing(story).then("Its owner prints it with").run("firstkey recipient")
        }
        FileTrouble::TooManyKeys => {
            let story = Story::of("A file is sealed for at most 1,999 keys.")
                .because("This program does not open files with longer headers.");
            nothing(story).then("Seal it several times, for fewer people each time.")
        }
        FileTrouble::SeveralPeople { email, servers } => {
            let story = Story::of(format!("This computer remembers several people as {email}:"));
            let story = servers.iter().fold(story, |story, server| story.because(format!("at {server}")));
            nothing(story).then("Name the server with --server URL.")
        }
        FileTrouble::Cancelled => Story::of("Stopped. No file was finished."),
    }
}

/// The good end of sealing.
pub fn sealed(bytes: u64, to: &[String], for_you: bool, path: Option<&str>) -> Lines {
    let size = grouped(usize::try_from(bytes).unwrap_or(usize::MAX));
    let mut lines = vec![match path {
        Some(path) => format!("Sealed {size} bytes into {path}, for"),
        None => format!("Sealed {size} bytes, for"),
    }];
    lines.extend(to.iter().map(|whom| format!("  {whom}")));
    if !for_you {
        lines.push("You cannot open it yourself. To change that, add --to with your own address.".to_owned());
    }
    lines
}

/// The good end of opening.
pub fn opened(bytes: u64, path: &str) -> Lines {
    let size = grouped(usize::try_from(bytes).unwrap_or(usize::MAX));
    vec![format!("Opened: {size} bytes in {path}, all authenticated.")]
}

/// What the plugin asks for.
pub fn plugin_question(email: &str, host: &str, again: bool) -> String {
    let again = if again { "That password does not open this account. " } else { "" };
    format!("{again}Password of your firstkey account {email} at {host} (empty: skip it)")
}

/// What the plugin says of an account whose password the person leaves out.
pub fn plugin_skipped(email: &str, host: &str) -> String {
    format!("Skipped: no password was given for your firstkey account {email} at {host}.")
}

/// What the plugin says where nobody can be asked.
pub fn plugin_nobody(email: &str, host: &str) -> String {
    format!(
        "not opened: there is no terminal to ask for the password of your firstkey account {email} at {host}. No \
         server was asked. Run this at a terminal. A script can open the file without age: firstkey open \
         --password-file PATH -o OUT FILE"
    )
}

/// What the plugin says where this computer remembers another account than the identity file.
pub fn plugin_contradicted() -> String {
    "refused: this identity does not belong to the account that this computer remembers. Print it again with \
     firstkey recipient --identity. If it still differs, tell security"
        .to_owned()
}

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;
