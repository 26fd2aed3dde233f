//! `scim-token`: what identity providers show to be let in.

use super::org_named::OrgNamed;
use super::{Common, Outcome, say};
use crate::admin::TOKEN_DAYS;
use crate::calendar::for_people;
use clap::Subcommand;
use serde_json::json;

/// How long an old token goes on beside its successor, in days.
const OVERLAP: u32 = 7;

#[derive(Subcommand)]
pub(super) enum ScimToken {
    /// Create a token; it is shown once.
    Add {
        /// The organisation, by its id or name.
        #[arg(long, value_name = "ORG")]
        org: OrgNamed,
        /// A label to recognise it by.
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        /// How long it is valid.
        #[arg(long, value_name = "DAYS", default_value_t = TOKEN_DAYS, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
        #[command(flatten)]
        common: Common,
    },
    /// List the tokens of one organisation or of all, without the tokens themselves, which are not
    /// stored.
    List {
        /// The organisation, by its id or name.
        #[arg(long, value_name = "ORG")]
        org: Option<OrgNamed>,
        #[command(flatten)]
        common: Common,
    },
    /// Replace a token; the old one stays valid for some days.
    Rotate {
        /// The old token's id, as `list` shows it.
        #[arg(value_parser = token_id)]
        token: TokenId,
        /// How long the new one is valid.
        #[arg(long, value_name = "DAYS", default_value_t = TOKEN_DAYS, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
        /// How long the old one stays valid.
        #[arg(long, value_name = "DAYS", default_value_t = OVERLAP, value_parser = clap::value_parser!(u32).range(0..=90))]
        overlap_days: u32,
        #[command(flatten)]
        common: Common,
    },
    /// Revoke a token at once.
    Revoke {
        /// The token's id, as `list` shows it.
        #[arg(value_parser = token_id)]
        token: TokenId,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Clone, Copy)]
pub(super) struct TokenId([u8; 16]);

pub(super) async fn run(command: ScimToken) -> Outcome {
    match command {
        ScimToken::Add { org, label, days, common } => {
            let realm = common.realm().await?;
            let fresh = realm.mint_scim_token(org.find(&realm).await?, label, days).await?;
            say::members(&common, &json!({"token": fresh.token.as_str()}));
            say::aside(
                &common,
                &format!(
                    "Give it to the identity provider now. It cannot be shown again.\nIt expires {}. Lists show it as {}.",
                    for_people(fresh.expires_at),
                    fresh.token_id
                ),
            );
        }
        ScimToken::List { org, common } => {
            let realm = common.realm().await?;
            let tokens = realm.scim_tokens(OrgNamed::find_if_named(org.as_ref(), &realm).await?).await?;
            let heads = ["ID", "LABEL", "STATE", "UNTIL", "LAST USED"];
            say::list(&common, "tokens", &tokens, &heads, |token| {
                let label = token.label.clone().unwrap_or_else(|| token.organisation.clone());
                let until = say::day(token.expires_at);
                vec![token.token_id.clone(), label, token.state.to_owned(), until, say::day(token.last_used_at)]
            })?;
        }
        ScimToken::Rotate { token, days, overlap_days, common } => {
            let rotated = common.realm().await?.rotate_scim_token(token.0, days, overlap_days).await?;
            let fresh = &rotated.fresh;
            let answer = json!({
                "token": fresh.token.as_str(), "token_id": fresh.token_id, "expires_at": fresh.expires_at,
                "old_expires_at": rotated.old_expires_at,
            });
            say::members(&common, &answer);
            say::aside(
                &common,
                "Give the new one to the identity provider now. It cannot be shown again. The old one expires by itself.",
            );
        }
        ScimToken::Revoke { token, common } => {
            let revoked_at = common.realm().await?.revoke_scim_token(token.0).await?;
            say::members(
                &common,
                &json!({"token_id": uuid::Uuid::from_bytes(token.0).to_string(), "revoked_at": revoked_at}),
            );
        }
    }
    Ok(())
}

fn token_id(text: &str) -> Result<TokenId, &'static str> {
    uuid::Uuid::try_parse(text)
        .map(|id| TokenId(*id.as_bytes()))
        .map_err(|_| "a token's id is a UUID; `scim-token list` shows it")
}
