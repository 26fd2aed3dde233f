//! What the routes say of a request while it is answered.
//!
//! Promise: a request that nobody notes down is answered all the same. Must never: hold more than
//! one request's values, or a password.

use super::shape;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

/// What was said.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) person: Option<[u8; 16]>,
    pub(crate) account: Option<[u8; 16]>,
    pub(crate) group: Option<[u8; 16]>,
    /// The userName that was asked about, as it is compared.
    pub(crate) user_name: Option<String>,
    /// The address, likewise.
    pub(crate) mailbox: Option<String>,
    /// The parameters without their values.
    pub(crate) asked: Option<String>,
    pub(crate) done: Option<String>,
    pub(crate) why: Option<&'static str>,
    pub(crate) keeps_values: bool,
    pub(crate) given: Given,
}

/// The body, where it is kept.
#[derive(Default)]
pub(crate) enum Given {
    /// There was none.
    #[default]
    Nothing,
    /// Without passwords.
    Body(Value),
    /// It was too large, or held a token.
    LeftOut,
}

/// One request's; copies are the same one.
#[derive(Clone, Default)]
pub(crate) struct Note(Arc<Mutex<Told>>);

impl Note {
    /// Says something.
    pub(crate) fn say(&self, say: impl FnOnce(&mut Told)) {
        say(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What was done.
    pub(crate) fn done(&self, done: impl Into<String>) {
        self.say(|told| told.done = Some(done.into()));
    }

    /// Keeps the body if the organisation wants that; `bytes` is its size.
    pub(crate) fn body(&self, document: &Map<String, Value>, bytes: usize) {
        self.say(|told| {
            if told.keeps_values {
                told.given = shape::body(document, bytes);
            }
        });
    }

    /// Everything that was said; nothing is left.
    pub(crate) fn take(&self) -> Told {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The note of a request; one that nobody reads, if nobody began one.
    pub(crate) fn of(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for Note {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
