//! Words that differ between systems: commands to copy, and what the system's own things are
//! called.
//!
//! Promise: the one place for them; whoever says a sentence with one of these takes it from here. A
//! command works in every shell that the system comes with: on Windows in PowerShell and in the
//! old prompt.

use crate::system::System;

/// Makes a file readable for its owner alone; the lines of the command.
pub fn own_file(path: &str) -> String {
    own(path, "600", "*S-1-3-4:F")
}

/// The same of a folder.
pub fn own_folder(path: &str) -> String {
    own(path, "700", "*S-1-3-4:(OI)(CI)F")
}

/// On Windows two steps: what others were given by name goes with the first, what they have from
/// the folder around it with the second. `S-1-3-4` is whoever owns it.
fn own(path: &str, mode: &str, grant: &str) -> String {
    match System::here() {
        System::Linux | System::Mac => format!("chmod {mode} {}", quoted(path)),
        System::Windows => {
            let path = quoted(path);
            format!("icacls {path} /reset\nicacls {path} /inheritance:r /grant:r \"{grant}\"")
        }
    }
}

/// A path as one word of a command.
fn quoted(path: &str) -> String {
    if path.contains(' ') { format!("\"{path}\"") } else { path.to_owned() }
}

/// What to do with a state folder, or a file in it, that others may read.
pub fn own_both() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "Make it yours alone with chmod 700 (folder) or chmod 600 (file).",
        System::Windows => "firstkey doctor shows the commands that make it yours alone.",
    }
}

/// Which owner a managed file has to have.
pub fn manager() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "root",
        System::Windows => "the administrators",
    }
}

/// Gives a managed file to those who manage the computer.
pub fn give_to_manager(path: &str) -> String {
    match System::here() {
        System::Linux => format!("sudo chown -h root:root {}", quoted(path)),
        System::Mac => format!("sudo chown -h root:wheel {}", quoted(path)),
        System::Windows => format!("icacls {} /setowner *S-1-5-32-544", quoted(path)),
    }
}

/// Keeps everybody else from writing to it. On Windows it gets what its folder passes on.
pub fn close_to_writers(path: &str) -> String {
    match System::here() {
        System::Linux | System::Mac => format!("sudo chmod go-w {}", quoted(path)),
        System::Windows => format!("icacls {} /reset", quoted(path)),
    }
}

/// Lets everybody read it.
pub fn open_to_readers(path: &str) -> String {
    match System::here() {
        System::Linux | System::Mac => format!("sudo chmod a+rX {}", quoted(path)),
        System::Windows => format!("icacls {} /reset", quoted(path)),
    }
}

/// What to do so that memory can be locked.
pub fn raise_lock_limit() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "Raise the limit of locked memory (ulimit -l) to 64 KiB or more.",
        System::Windows => "Close some programs. If that does not help, restart the computer.",
    }
}

/// Where memory goes when it is short, as a title.
pub fn swap_title() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "Swap",
        System::Windows => "Page file",
    }
}

/// The same in a sentence.
pub fn swap() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "swap",
        System::Windows => "page file",
    }
}

/// Memory that is kept in memory.
pub fn swap_in_memory() -> &'static str {
    match System::here() {
        System::Linux => "In memory (zram): it never goes to disk.",
        System::Mac | System::Windows => "In memory: it never goes to disk.",
    }
}

/// How to keep what goes to the disk from others.
pub fn encrypt_swap() -> &'static str {
    match System::here() {
        System::Linux => "Check that the swap is encrypted. It is if the whole disk is.",
        System::Mac => "Check that FileVault is on: System Settings, Privacy & Security.",
        System::Windows => "Check that the disk is encrypted: Settings, Device encryption or BitLocker.",
    }
}

/// What a crash may leave.
pub fn dumps() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "core dumps",
        System::Windows => "crash dumps",
    }
}

/// Version of the system behind its name.
pub fn release(number: &str) -> String {
    match System::here() {
        System::Linux | System::Mac => format!(", kernel {number}"),
        System::Windows => format!(" {number}"),
    }
}

/// Size and kind of a terminal; Windows has one kind.
pub fn terminal(columns: usize, term: &str) -> String {
    match System::here() {
        System::Linux | System::Mac => format!("{columns} columns, TERM is {term}."),
        System::Windows => format!("{columns} columns."),
    }
}

/// Where trusted certificates come from.
pub fn authorities() -> &'static str {
    match System::here() {
        System::Linux => "Check that this computer has its trusted certificates (ca-certificates).",
        System::Mac => "Check the certificates in the app Keychain Access, or ask your IT.",
        System::Windows => "Install the updates of Windows, or ask your IT.",
    }
}

/// Where a paste may come from if a key did not.
pub fn paste_instead() -> &'static str {
    match System::here() {
        System::Linux => "  Ctrl-V does not paste here. Use the right mouse button or Ctrl-Shift-V.",
        System::Mac => "  Ctrl-V does not paste here. Use Command-V.",
        System::Windows => "  Ctrl-V does not paste here. Use the right mouse button or Shift-Insert.",
    }
}

/// How a password is passed by another program.
pub fn pass_password(new: &str) -> String {
    let number = descriptor();
    format!("pass it with --{new}password-fd {number} or --{new}password-file PATH")
}

/// What `--password-fd` takes.
pub fn descriptor() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "N",
        System::Windows => "0",
    }
}

/// Where the password of a command goes whose file is standard input.
pub fn password_elsewhere() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "name the file, or pass the password by another descriptor",
        System::Windows => "name the file, or pass the password with --password-file PATH",
    }
}

/// Removes a variable.
pub fn unset(name: &str) -> String {
    match System::here() {
        System::Linux | System::Mac => format!("remove it with: unset {name}"),
        System::Windows => format!("remove it: Remove-Item Env:{name} (or: set {name}=)"),
    }
}

/// Where a command line stays.
pub fn history() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "The link is now in your shell's history. Next time, paste it when asked.",
        System::Windows => "The link is now in your command history. Next time, paste it when asked.",
    }
}

/// The same of a key.
pub fn history_of_key() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "It may now be in the history of your shell.",
        System::Windows => "It may now be in your command history.",
    }
}

/// Decodes base64.
pub fn decode_base64() -> &'static str {
    match System::here() {
        System::Linux => "base64 -d FILE > sealed.age",
        System::Mac => "base64 -D -i FILE -o sealed.age",
        System::Windows => "certutil -decode FILE sealed.age",
    }
}

/// Makes UTF-16 plain text.
pub fn from_utf16() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "iconv -f UTF-16 -t UTF-8 FILE > sealed.asc",
        System::Windows => "powershell \"Get-Content FILE | Set-Content -Encoding ascii sealed.asc\"",
    }
}

/// Opens a file of sops with an identity.
pub fn sops() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "SOPS_AGE_KEY_FILE=identity.txt sops decrypt FILE",
        System::Windows => "powershell \"$env:SOPS_AGE_KEY_FILE = 'identity.txt'; sops decrypt FILE\"",
    }
}

/// Help of `--password-file`.
pub fn help_file() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "Read the password from a file (mode 0600)",
        System::Windows => "Read the password from a file of yours alone",
    }
}

/// Help of `--new-password-file`.
pub fn help_new_file() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "Read the new one from a file (mode 0600)",
        System::Windows => "Read the new one from a file of yours alone",
    }
}

/// Help of `--password-fd`.
pub fn help_descriptor() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "Read the password from an open file descriptor",
        System::Windows => "Read the password from standard input",
    }
}

/// Help of `--new-password-fd`.
pub fn help_new_descriptor() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => "Read the new one from an open file descriptor",
        System::Windows => "Read the new one from standard input",
    }
}

/// Before the help of `firstkey accept`.
pub fn accept_examples() -> &'static str {
    match System::here() {
        System::Linux | System::Mac => {
            "\
Examples:
  firstkey accept
  firstkey accept --resume
  firstkey accept --no-input --json --invite-file invite.url \\
    --password-fd 3 --kit-out kit.txt --yes-for ada@example.org 3<pw

Without flags, the program asks at the terminal. Secrets come from there, from
a file or a descriptor, never from flags or variables. No telemetry."
        }
        System::Windows => {
            "\
Examples:
  firstkey accept
  firstkey accept --resume
  firstkey accept --no-input --json --invite-file invite.url --kit-out kit.txt
    --password-file pw --yes-for ada@example.org             (on one line)

Without flags, the program asks at the terminal. Secrets come from there, from
a file or standard input, never from flags or variables. No telemetry."
        }
    }
}

#[cfg(test)]
#[path = "foreign.rs"]
mod tests;
