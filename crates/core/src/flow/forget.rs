//! What `firstkey forget` removes from this computer, and what has to be agreed to before.
//!
//! Promise: pure; what belongs to another account stays; an upload whose outcome is not known goes
//! only if that was said. Must never: touch a file itself, or take what cannot be read for one
//! account's.

use crate::flow::stop::LocalTrouble;
use crate::wire::origin::Origin;

/// What is kept in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The memory of an account: its server, its address.
    Pin(Origin, String),
    /// An upload whose outcome is not known.
    Unfinished(Origin, String),
    /// An upload that the server did not take, as it said.
    NotTaken(Origin, String),
    /// A colleague whose keys are remembered, at this server.
    Colleague(Origin),
    /// Own tries at an invite of this server.
    Tried(Origin),
    /// The person's defaults: a server and an address, if they were set.
    Defaults(Option<Origin>, Option<String>),
    /// What was sent in the last run: to these addresses.
    Record(Vec<String>),
    /// It cannot be read.
    Damaged,
}

/// Which account.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// At this server.
    pub server: Option<Origin>,
    /// With this address or name.
    pub account: Option<String>,
    /// Every one.
    pub all: bool,
}

/// Whose memory goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// One account's.
    One(Origin, String),
    /// Everybody's.
    All,
}

impl Whose {
    /// What has to be typed to agree.
    pub fn word(&self) -> &str {
        match self {
            Self::One(_, email) => email,
            Self::All => "all",
        }
    }

    /// Whether `typed` agrees.
    pub fn agrees(&self, typed: &str) -> bool {
        typed.trim().eq_ignore_ascii_case(self.word())
    }
}

/// What goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whose.
    pub whose: Whose,
    /// The positions of what goes.
    pub goes: Vec<usize>,
    /// Addresses with an upload whose outcome is not known.
    pub unfinished: Vec<String>,
    /// How many files stay because nobody can tell whose they are.
    pub unreadable: usize,
}

/// Why nothing, or not everything, was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForgetReason {
    /// Ctrl-C, a signal, a hang-up.
    Cancelled,
    /// The person did not agree.
    NotAgreed,
    /// There is nobody to agree.
    Missing,
    /// `--yes-for` names something else.
    OtherWord {
        /// What it names.
        given: String,
        /// What it would have to name.
        needed: String,
    },
    /// An upload whose outcome is not known would go, and nobody said that it may.
    Unfinished(String),
    /// Nothing is remembered of such an account; so many files cannot be read.
    NothingKnown {
        /// How many.
        unreadable: usize,
    },
    /// Several accounts are remembered, and none was named.
    Several(Vec<String>),
    /// The server that was named has no usable address.
    NoSuchServer,
    /// This computer cannot; so many files were removed before that.
    Local {
        /// What it cannot.
        trouble: LocalTrouble,
        /// What is gone.
        removed: usize,
    },
}

/// Decides what goes.
///
/// # Errors
/// `NothingKnown` or `Several`.
pub fn plan(held: &[What], wish: &Wish) -> Result<Plan, ForgetReason> {
    let unreadable = held.iter().filter(|what| matches!(what, What::Damaged)).count();
    let whose = whose(held, wish, unreadable)?;
    let goes = |what: &What| match (&whose, what) {
        (Whose::All, _) => true,
        (Whose::One(..), What::Damaged) => false,
        (Whose::One(origin, email), What::Pin(at, name) | What::Unfinished(at, name) | What::NotTaken(at, name)) => {
            origin == at && email.eq_ignore_ascii_case(name)
        }
        // Defaults are an account's if they name it and no other.
        (Whose::One(origin, email), What::Defaults(at, name)) => {
            (at.is_some() || name.is_some())
                && at.as_ref().is_none_or(|at| at == origin)
                && name.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(email))
        }
        // Colleagues, and tries at invites, stay while another account at their server stays.
        (Whose::One(origin, email), What::Colleague(at) | What::Tried(at)) => {
            let is_another =
                |what: &What| matches!(what, What::Pin(at, name) if at == origin && !name.eq_ignore_ascii_case(email));
            origin == at && !held.iter().any(is_another)
        }
        (Whose::One(origin, _), What::Record(urls)) => urls.iter().any(|url| is_at(url, origin)),
    };
    let goes: Vec<_> = held.iter().enumerate().filter(|(_, what)| goes(what)).map(|(at, _)| at).collect();
    let unfinished = goes.iter().filter_map(|at| match &held[*at] {
        What::Unfinished(_, email) => Some(email.clone()),
        _ => None,
    });
    let unreadable = if whose == Whose::All { 0 } else { unreadable };
    Ok(Plan { unfinished: unfinished.collect(), unreadable, goes, whose })
}

fn whose(held: &[What], wish: &Wish, unreadable: usize) -> Result<Whose, ForgetReason> {
    if wish.all {
        return if held.is_empty() { Err(ForgetReason::NothingKnown { unreadable }) } else { Ok(Whose::All) };
    }
    let mut accounts: Vec<(&Origin, &String)> = Vec::new();
    for what in held {
        let (What::Pin(origin, email) | What::Unfinished(origin, email) | What::NotTaken(origin, email)) = what else {
            continue;
        };
        let fits = wish.server.as_ref().is_none_or(|server| server == origin)
            && wish.account.as_ref().is_none_or(|named| named.trim().eq_ignore_ascii_case(email));
        if fits && !accounts.iter().any(|(at, name)| *at == origin && name.eq_ignore_ascii_case(email)) {
            accounts.push((origin, email));
        }
    }
    match accounts.as_slice() {
        [(origin, email)] => Ok(Whose::One((*origin).clone(), (*email).clone())),
        [] => Err(ForgetReason::NothingKnown { unreadable }),
        several => {
            Err(ForgetReason::Several(several.iter().map(|(origin, email)| format!("{email} at {origin}")).collect()))
        }
    }
}

fn is_at(url: &str, origin: &Origin) -> bool {
    url.strip_prefix(origin.as_str()).is_some_and(|path| path.starts_with('/'))
}

/// What flags say in advance.
///
/// # Errors
/// Why it must not go on, where nobody can be asked any more. `Ok(false)`: a person has to agree.
pub fn agreed_in_advance(
    plan: &Plan,
    yes_for: Option<&str>,
    unfinished_too: bool,
    person: bool,
) -> Result<bool, ForgetReason> {
    let Some(word) = yes_for else { return if person { Ok(false) } else { Err(ForgetReason::Missing) } };
    if !plan.whose.agrees(word) {
        return Err(ForgetReason::OtherWord { given: word.to_owned(), needed: plan.whose.word().to_owned() });
    }
    match plan.unfinished.first() {
        // A consent that was given before anybody could know of the upload does not cover it.
        Some(email) if !unfinished_too => Err(ForgetReason::Unfinished(email.clone())),
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str) -> Origin {
        Origin::read(&format!("https://{host}")).expect("an origin")
    }

    fn held() -> Vec<What> {
        vec![
            What::Record(vec!["https://a.example.org/v1/login/params".to_owned()]),
            What::Unfinished(at("a.example.org"), "ada@example.org".to_owned()),
            What::Damaged,
            What::Pin(at("b.example.org"), "ada@example.org".to_owned()),
            What::Pin(at("a.example.org"), "Ada@example.org".to_owned()),
            What::Pin(at("a.example.org"), "grace@example.org".to_owned()),
        ]
    }

    fn wish(server: Option<&str>, account: Option<&str>) -> Wish {
        Wish { server: server.map(at), account: account.map(str::to_owned), all: false }
    }

    #[test]
    fn what_is_of_one_account_goes_and_what_is_of_another_or_unreadable_stays() {
        let plan = plan(&held(), &wish(Some("a.example.org"), Some("ADA@example.org"))).expect("one account");
        assert_eq!(plan.goes, [0, 1, 4]);
        assert_eq!((plan.unfinished.len(), plan.unreadable), (1, 1));
        let other = super::plan(&held(), &wish(Some("b.example.org"), None)).expect("one account");
        assert_eq!((other.goes.as_slice(), other.unfinished.len()), (&[3][..], 0), "the record is of another server");
        let like = vec![What::Record(vec!["https://a.example.org.evil.example/v1".to_owned()]), held().remove(5)];
        assert_eq!(super::plan(&like, &Wish::default()).expect("one account").goes, [1]);
    }

    #[test]
    fn all_is_everything_and_nothing_is_said_to_be_so() {
        let all = Wish { all: true, ..Wish::default() };
        let plan = plan(&held(), &all).expect("all");
        assert_eq!((plan.goes.len(), plan.unreadable), (6, 0));
        assert!(matches!(super::plan(&[], &all), Err(ForgetReason::NothingKnown { .. })));
        assert_eq!(super::plan(&[What::Damaged], &Wish::default()), Err(ForgetReason::NothingKnown { unreadable: 1 }));
        assert!(
            matches!(super::plan(&held(), &Wish::default()), Err(ForgetReason::Several(names)) if names.len() == 3)
        );
    }

    #[test]
    fn a_script_agrees_for_one_word_and_for_an_open_upload_by_name_only() {
        let named = wish(Some("a.example.org"), Some("ada@example.org"));
        let plan = plan(&held(), &named).expect("one account");
        let agreed = |word, too, person| agreed_in_advance(&plan, word, too, person);
        assert_eq!(agreed(None, true, false), Err(ForgetReason::Missing));
        assert_eq!(agreed(None, false, true), Ok(false));
        assert!(matches!(agreed(Some("grace@example.org"), true, true), Err(ForgetReason::OtherWord { .. })));
        assert!(matches!(agreed(Some("all"), true, false), Err(ForgetReason::OtherWord { .. })));
        assert_eq!(
            agreed(Some("ada@example.org"), false, true),
            Err(ForgetReason::Unfinished("ada@example.org".to_owned()))
        );
        assert_eq!(agreed(Some("ADA@example.org"), true, false), Ok(true));
    }

    #[test]
    fn an_upload_that_was_not_taken_goes_without_a_word_of_its_own() {
        let held = [What::NotTaken(at("a.example.org"), "ada@example.org".to_owned())];
        let plan = plan(&held, &Wish::default()).expect("the only account");
        assert_eq!((plan.goes.as_slice(), plan.unfinished.len()), (&[0][..], 0));
        assert_eq!(agreed_in_advance(&plan, Some("ada@example.org"), false, false), Ok(true));
    }

    #[test]
    fn defaults_go_with_the_account_that_they_name() {
        let goes = |server: Option<&str>, email: Option<&str>| {
            let defaults = What::Defaults(server.map(at), email.map(str::to_owned));
            let held = [defaults, What::Pin(at("a.example.org"), "ada@example.org".to_owned())];
            plan(&held, &Wish::default()).expect("one account").goes.len() == 2
        };
        assert!(goes(Some("a.example.org"), Some("Ada@example.org")) && goes(None, Some("ada@example.org")));
        assert!(!goes(Some("b.example.org"), Some("ada@example.org")) && !goes(None, Some("grace@example.org")));
    }

    #[test]
    fn colleagues_go_with_the_last_account_at_their_server() {
        let held = |names: &[&str]| {
            let pins = names.iter().map(|name| What::Pin(at("one.example.org"), (*name).to_owned()));
            let others = [What::Colleague(at("one.example.org")), What::Colleague(at("two.example.org"))];
            pins.chain(others).collect::<Vec<_>>()
        };
        let wish = Wish { account: Some("ada@example.org".to_owned()), ..Wish::default() };
        let goes = |names: &[&str]| plan(&held(names), &wish).expect("a plan").goes;
        assert_eq!(goes(&["ada@example.org"]), [0, 1]);
        assert_eq!(goes(&["ada@example.org", "grace@example.org"]), [0]);
    }
}
