//! A deployment of an earlier version, opened by this one: nobody loses a link that is good, and
//! nobody is forgotten.
//!
//! `data/upgrade/` holds the rows and the key file of a deployment at version 2 of the tables, made
//! by the program of that time: pending accounts of two organisations at one address, a person whom
//! the other organisation staged first, a misspelt user name that was corrected, an empty address,
//! a later hire at a leaver's address, an address that was corrected after the invitation, an
//! invitation that was taken back, and a complete account that is asked to join.

use crate::common::Deployment;

/// One value about the person of this user name in this organisation.
fn of(deployment: &Deployment, what: &str, name: &str, organisation: &str) -> String {
    deployment.ask(&format!(
        "SELECT {what} FROM membership m JOIN organisation o ON o.org_id = m.org_id JOIN account a ON a.account_id = m.account_id
         LEFT JOIN invite i ON i.user_id = m.user_id AND i.state = 'live'
         WHERE m.user_name = '{name}' AND o.name = '{organisation}'"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_an_earlier_version_keep_good_links_and_are_settled() {
    let deployment = Deployment::of_version_2();
    let live = |mode: &str| format!("SELECT count(*) FROM invite WHERE state = 'live' AND mode = '{mode}'");
    assert_eq!((deployment.ask(&live("enrol")), deployment.ask(&live("join"))), ("1".into(), "3".into()));
    drop(deployment.realm().await);

    for (name, organisation, standing, mode, address) in [
        ("ada", "Example Corp", "invited", "enrol", "ada@example.org"),
        ("ada", "Second Corp", "invited", "enrol", "ada@example.org"),
        ("victim", "Example Corp", "invited", "enrol", "victim@example.org"),
        ("victim", "Second Corp", "staged", "", "victim@example.org"),
        ("misspelt@example.org", "Example Corp", "staged", "", "misspelt@example.org"),
        ("blank@example.org", "Example Corp", "invited", "enrol", "blank@example.org"),
        ("leaver", "Example Corp", "suspended", "", "hire@example.org"),
        ("hire", "Example Corp", "invited", "enrol", "hire@example.org"),
        ("corrected", "Example Corp", "invited", "enrol", "new@example.org"),
        ("taken", "Example Corp", "waiting", "", "taken@example.org"),
        ("grace", "Example Corp", "complete", "", "grace@example.org"),
        ("grace", "Second Corp", "invited", "join", "grace@example.org"),
    ] {
        let is = |what| of(&deployment, what, name, organisation);
        let found = (is("m.standing"), is("coalesce(i.mode, '')"), is("m.email"));
        assert_eq!(found, (standing.into(), mode.into(), address.into()), "{name} of {organisation}");
    }
    assert_eq!(of(&deployment, "m.reason", "taken", "Example Corp"), "taken-back");
    // What was good is what it was: the letters are out.
    for (name, organisation) in [("ada", "Example Corp"), ("grace", "Second Corp")] {
        assert_eq!(
            of(&deployment, "(SELECT count(*) FROM invite j WHERE j.user_id = m.user_id)", name, organisation),
            "1"
        );
    }
    let shared =
        "SELECT count(*) FROM (SELECT m.account_id FROM membership m JOIN account a ON a.account_id = m.account_id
                  WHERE a.state = 'invited' GROUP BY m.account_id HAVING count(*) > 1) AS shared";
    assert_eq!(deployment.ask(shared), "0", "a pending account belongs to one person");
    assert_eq!(deployment.ask("SELECT count(*) FROM account WHERE state = 'invited' AND email IS NOT NULL"), "0");
    assert_eq!(
        deployment.ask("SELECT count(*) FROM account WHERE state = 'complete' AND email_key = 'grace@example.org'"),
        "1"
    );

    // Once more changes nothing.
    let letters = deployment.ask("SELECT count(*) FROM outbox");
    drop(deployment.realm().await);
    assert_eq!(deployment.ask("SELECT count(*) FROM outbox"), letters);
}
