//! The key hierarchy, drawn or as a list.

use super::{Lines, argon2, fingerprint_rows, hex};
use firstkey_core::crypto::context::AccountContext;
use firstkey_core::crypto::identity::PublicIdentity;
use firstkey_core::crypto::kdf::KdfBlock;

/// What is known of the account that is explained; all of it is public.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The person's address.
    pub email: String,
    /// The server, where it is known.
    pub server: Option<String>,
    /// Realm and account.
    pub context: AccountContext,
    /// The public keys.
    pub identity: PublicIdentity,
    /// Whether a secret key stands beside the password.
    pub two_secret: bool,
    /// Salt and settings of the password, where they are known.
    pub settings: Option<KdfBlock>,
}

/// The narrowest terminal for the drawing, in columns.
pub const DRAWN: usize = 80;

/// The whole page: about this account or any, drawn or as a list.
pub fn page(subject: Option<&Subject>, drawn: bool) -> Lines {
    let mut lines = about(subject);
    lines.push(String::new());
    lines.extend(if drawn { drawing(subject) } else { list(subject) });
    lines.push(String::new());
    lines.extend(who_has_what(subject));
    lines.push(String::new());
    lines.push("Nothing was sent, and no secret was read. As data, with every label: --json.".to_owned());
    lines.push("Byte for byte: docs/PROTOCOL.md, sections 4 to 7.".to_owned());
    lines
}

fn about(subject: Option<&Subject>) -> Lines {
    let Some(subject) = subject else {
        return vec![
            "This computer does not remember any account.".to_owned(),
            "These are the keys of any account.".to_owned(),
        ];
    };
    let place = subject.server.as_ref().map_or_else(String::new, |server| format!(" at {server}"));
    let mut lines = vec![
        format!("The keys of {}{place}", subject.email),
        format!("  realm    {}", subject.context.realm),
        format!("  account  {}", subject.context.account),
        "  suite 1: Argon2id, HKDF-SHA-512, OPAQUE on ristretto255,".to_owned(),
        "  XChaCha20-Poly1305 with commitment, X25519, Ed25519".to_owned(),
    ];
    if let Some(block) = &subject.settings {
        lines.push(format!("  {}, profile {}", argon2(block.profile.params()), block.profile.id()));
        let salt = hex(&block.salt.0);
        lines.push("  salt, which is public:".to_owned());
        lines.extend(salt.as_bytes().chunks(32).map(|half| format!("    {}", String::from_utf8_lossy(half))));
    } else {
        lines.push("  Argon2id; this computer does not keep salt and settings. To see them, name".to_owned());
        lines.push("  the output of firstkey-server show --json with --show FILE.".to_owned());
    }
    lines.push(format!("  keys of generation {}, fingerprint:", subject.identity.key_gen.0));
    lines.extend(fingerprint_rows(&subject.identity.fingerprint(&subject.context)).map(|row| format!("    {row}")));
    lines
}

fn password(subject: Option<&Subject>) -> &'static str {
    match subject {
        Some(subject) if subject.two_secret => "your password and your secret key",
        Some(_) => "your password",
        None => "your password (and your secret key, if you made one)",
    }
}

fn stretched(subject: Option<&Subject>) -> String {
    let known = subject.and_then(|subject| subject.settings);
    known.map_or_else(|| "Argon2id".to_owned(), |block| argon2(block.profile.params()))
}

fn drawing(subject: Option<&Subject>) -> Lines {
    let rest = "
       v
      MK --HKDF--+--> auth ==OPAQUE with the server==> xk --+
                 |                                          |
                 +--> pre ----------------------------------+--HKDF--> KEK_pw
                                                                         |
                                                              opens envelope 1
                                                                         |
  your recovery code --HKDF--+--> KEK_rc ---- opens envelope 2 ----------+
                             |                                           |
                             +--> recovery key                           v
                                  (signs recoveries)                AK, the
                                                                  account key
                                                                         |
                                                                       HKDF
                                                                         v
                                                                      KEK_ak
                                                                         |
      X25519 private key <------- opens envelope 3 ----------------------+
      (files are sealed for it)                                          |
                                                                         |
      Ed25519 private key <------ opens envelope 4 ----------------------+
      (signs; the fingerprint is that of its public key)";
    let mut lines =
        vec![format!("  {}", password(subject)), "       |".to_owned(), format!("       |  {}", stretched(subject))];
    lines.extend(rest.lines().skip(1).map(str::to_owned));
    lines
}

fn list(subject: Option<&Subject>) -> Lines {
    let first = format!("  1. {}, by {}: MK.", password(subject), stretched(subject));
    let rest = "
  2. MK, by HKDF: auth and pre.
  3. auth, by OPAQUE with the server: xk.
  4. pre and xk, by HKDF: KEK_pw.
  5. KEK_pw opens envelope 1. In it: AK.
From the recovery code to the account key:
  1. your recovery code, by HKDF: KEK_rc.
  2. KEK_rc opens envelope 2. In it: AK.
  3. your recovery code, by HKDF: the recovery key, which signs recoveries.
From the account key to the private keys:
  1. AK, by HKDF: KEK_ak.
  2. KEK_ak opens envelope 3. In it: the X25519 private key. Files are sealed for it.
  3. KEK_ak opens envelope 4. In it: the Ed25519 private key. It signs; the fingerprint is that of its public key.";
    let mut lines = vec!["From the password to the account key, AK:".to_owned(), first];
    lines.extend(rest.lines().skip(1).map(str::to_owned));
    lines
}

fn who_has_what(subject: Option<&Subject>) -> Lines {
    let yours = match subject {
        Some(subject) if subject.two_secret => "  you alone: the password, the secret key, the recovery code",
        _ => "  you alone: the password, the recovery code",
    };
    vec![
        "Who has what:".to_owned(),
        yours.to_owned(),
        "  this computer: the public keys, the server's OPAQUE key; no secret".to_owned(),
        "  the server: the envelopes, salt and settings, public keys, its OPRF key".to_owned(),
        "  memory only, while you work: MK, xk, AK, the KEKs, the private keys".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::explain_event::event;
    use crate::ui::wrap::wrap;
    use firstkey_core::crypto::context::{AccountId, RealmId};
    use firstkey_core::crypto::kdf::{Profile, Salt};
    use firstkey_testkit::pins;

    fn subject(two_secret: bool, known: bool) -> Subject {
        let settings = KdfBlock { profile: Profile::Two, salt: Salt::heard([0xab; 32]), two_secret };
        Subject {
            email: "ada@example.org".to_owned(),
            server: Some("accounts.example.org".to_owned()),
            context: AccountContext { realm: RealmId::heard([5; 16]), account: AccountId::heard([6; 16]) },
            identity: pins::good().identity,
            two_secret,
            settings: known.then_some(settings),
        }
    }

    fn subjects() -> [Option<Subject>; 5] {
        [
            None,
            Some(subject(false, false)),
            Some(subject(true, false)),
            Some(subject(false, true)),
            Some(subject(true, true)),
        ]
    }

    #[test]
    fn the_drawing_fits_and_is_plain() {
        for subject in subjects() {
            let lines = page(subject.as_ref(), true);
            assert!(lines.iter().all(|line| line.is_ascii() && line.len() <= 78), "{}", lines.join("\n"));
            // A line that lost its blanks would point elsewhere.
            let stem: Vec<_> = lines.iter().filter(|line| ["       |", "       v"].contains(&line.as_str())).collect();
            assert_eq!(stem.len(), 2, "{}", lines.join("\n"));
            for said in ["envelope 1", "envelope 2", "envelope 3", "envelope 4", "OPAQUE with the server", "KEK_ak"] {
                assert!(lines.iter().any(|line| line.contains(said)), "{said}");
            }
        }
    }

    #[test]
    fn the_list_says_the_same_without_a_picture_and_fits_forty_columns() {
        for subject in subjects() {
            let text = wrap(&page(subject.as_ref(), false).join("\n"), 40);
            assert!(text.lines().all(|line| line.len() <= 40), "{text}");
            assert!(!text.contains("--+") && !text.contains(" | "), "{text}");
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for said in ["KEK_pw opens envelope 1", "KEK_rc opens envelope 2", "opens envelope 3", "opens envelope 4"] {
                assert!(flat.contains(said), "{said} is not in {flat}");
            }
        }
    }

    #[test]
    fn what_is_known_of_the_account_is_there_and_what_is_not_is_said() {
        let with = page(Some(&subject(true, true)), true).join("\n");
        for said in
            ["Argon2id  256 MiB, 3 passes, 4 lanes", &"ab".repeat(16), "05050505-", "06060606-", "and your secret key"]
        {
            assert!(with.contains(said), "{said} is not in {with}");
        }
        let without = page(Some(&subject(false, false)), true).join("\n");
        assert!(without.contains("this computer does not keep salt and settings"), "{without}");
        assert!(page(None, false)[0].contains("does not remember any account"));
    }

    #[test]
    fn as_data_every_step_and_envelope_is_there_and_nothing_is_made_up() {
        for subject in subjects() {
            let value: serde_json::Value = serde_json::from_str(&event(subject.as_ref())).expect("JSON");
            assert_eq!(value["event"], "hierarchy");
            assert_eq!(value["envelopes"].as_array().map(Vec::len), Some(4));
            assert_eq!(value["account"].is_null(), subject.is_none());
            let settings = subject.as_ref().and_then(|subject| subject.settings);
            assert_eq!(value["account"]["password"].is_null(), settings.is_none());
        }
    }
}
