//! What this computer could not do.

use super::{Story, memory, system};
use crate::ui::outlet::{Lost, Stream};
use firstkey_core::flow::stop::{LocalTrouble, StorageTrouble};

/// The words for a trouble.
pub fn trouble(trouble: &LocalTrouble) -> Story {
    const AGAIN: &str = "Then run the same command again.";
    match trouble {
        LocalTrouble::NotEnoughMemory { needed_kib, available_kib } => {
            let (needed, available) = (memory(*needed_kib), memory(*available_kib));
            Story::of(format!("This needs {needed} of free memory; this computer has {available}."))
                .because("Your password is not the problem.")
                .then("Close some programs and run the same command again.")
        }
        LocalTrouble::State { trouble, path } => {
            let story =
                Story::of(format!("The state in {path} cannot be used:")).because(format!("{}.", storage(*trouble)));
            story.then(state_step(*trouble)).then(AGAIN)
        }
        LocalTrouble::KitFile { trouble, path } => {
            let story =
                Story::of(format!("The kit file {path} cannot be used:")).because(format!("{}.", storage(*trouble)));
            story.then("Name a new file in a folder of your own, with --kit-out PATH.")
        }
        LocalTrouble::KitLetters { text, path } => {
            Story::of(format!("A kit in a PDF file cannot show this name: {text}"))
                .because("It has the letters of western European languages alone.")
                .because(format!("The file was to be {path}"))
                .then("Save the kit as text: name a file that ends in .txt")
        }
        LocalTrouble::SecretKeyFile { trouble, path } => Story::of(format!("The secret key cannot be kept in {path}:"))
            .because(format!("{}.", storage(*trouble)))
            .then("Name a new file in a folder of your own."),
        LocalTrouble::Input { trouble, path } => {
            let story = Story::of(format!("{path} cannot be read:")).because(format!("{}.", storage(*trouble)));
            match trouble {
                StorageTrouble::TooOpen => {
                    story.then("Make it readable for you alone, then run again:").run(system::own_file(path))
                }
                StorageTrouble::Several => story
                    .then("Copy the newest into a file of its own, and name that. A kit has the day on")
                    .then("which it was made, and a number. To see the number of the newest, run")
                    .run("firstkey verify"),
                _ => story.then("Fix it or name another file, then run the same command again."),
            }
        }
        LocalTrouble::NoThreads => Story::of("This computer does not let the program start more threads.")
            .then("Close some programs and run the same command again."),
        LocalTrouble::Busy => {
            Story::of("Another firstkey is running on this computer.").then("Finish or stop it, then run this again.")
        }
        LocalTrouble::Terminal => Story::of("The terminal failed while you were asked something.")
            .then("Open a new terminal and run the same command again."),
        LocalTrouble::Random => Story::of("This computer's random generator failed, so no keys can be made.")
            .then("Restart the computer and run the same command again."),
        LocalTrouble::SelfCheck => Story::of("The new keys did not open again right after they were made.")
            .because("That points to faulty memory in this computer. The keys were thrown away.")
            .then("Use another computer, or have this one's memory tested."),
    }
}

/// What a command printed did not arrive, though it did the rest.
pub fn output(lost: Lost) -> Story {
    let stream = match lost.stream {
        Stream::Out => "standard output",
        Stream::Err => "standard error",
    };
    let why = match lost.why {
        None => "the program that read it has ended",
        Some(StorageTrouble::Other) => "the operating system reported an error",
        Some(why) => storage(why),
    };
    Story::of(format!("Not everything could be written to {stream}: {why}."))
        .because("Only what was to be printed is lost. What the command did is done.")
        .then("To see it, run a command that only shows: firstkey status, or firstkey audit --last.")
}

/// What is wrong with a file or folder, as the end of a sentence.
pub fn storage(trouble: StorageTrouble) -> &'static str {
    match trouble {
        StorageTrouble::NotOurs => "it belongs to somebody else",
        StorageTrouble::TooOpen => "other people on this computer may read or change it",
        StorageTrouble::Link => "it is a link, or not a plain file",
        StorageTrouble::Full => "the disk is full",
        StorageTrouble::ReadOnly => "you are not allowed to read or write there",
        StorageTrouble::Exists => "it already exists",
        StorageTrouble::Missing => "it does not exist",
        StorageTrouble::NoFolder => "the folder that it should be in does not exist",
        StorageTrouble::Damaged => "it is empty, cut off or altered",
        StorageTrouble::TooLong => "it is too large to be right",
        StorageTrouble::Several => "it holds several kits, and only one can be meant",
        StorageTrouble::Other => "the operating system reported an error",
    }
}

pub(super) fn state_step(trouble: StorageTrouble) -> &'static str {
    match trouble {
        StorageTrouble::NotOurs | StorageTrouble::Link => "Name a folder of your own with --state-dir DIR.",
        StorageTrouble::TooOpen => system::own_both(),
        StorageTrouble::Full => "Free some space.",
        StorageTrouble::ReadOnly => "Give yourself write permission there, or use --state-dir DIR.",
        StorageTrouble::Exists | StorageTrouble::Damaged | StorageTrouble::TooLong | StorageTrouble::Several => {
            "Move that file aside; do not delete it before you are done."
        }
        StorageTrouble::Missing | StorageTrouble::NoFolder => "Check whether the folder was moved.",
        StorageTrouble::Other => "Check that the disk is healthy, or use --state-dir DIR.",
    }
}
