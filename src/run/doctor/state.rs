//! The state folder and what is remembered there.
//!
//! Promise: a folder that is not there stays so. Must never: sweep, lock or mend.

use super::Page;
use crate::doctor::DoctorFinding;
use crate::doctor::folder::{Folder, Remembered};
use crate::store::{look, shelf};
use firstkey_core::wire::origin::Origin;
use std::path::Path;

/// Looks at it, and gives the servers of what is remembered.
pub(super) fn state(path: Option<&Path>, page: &mut Page) -> Vec<Origin> {
    let Some(path) = path else {
        page.tell(&DoctorFinding::Folder(Folder::Homeless), None);
        return Vec::new();
    };
    let folder = look::folder(path);
    let is_there = matches!(folder, Folder::There { .. });
    page.tell(&DoctorFinding::Folder(folder), None);
    if !is_there {
        return Vec::new();
    }
    page.tell(&DoctorFinding::Writing(look::probe(path)), None);
    match shelf::known_untouched(path) {
        Ok((pins, unfinished)) => {
            let open = unfinished.iter().filter(|saved| saved.refused.is_none() && !saved.is_outdated(&pins)).count();
            page.tell(&DoctorFinding::Remembered(Remembered::Counted { accounts: pins.len(), unfinished: open }), None);
            let mut servers = Vec::new();
            let origins = pins
                .into_iter()
                .map(|pin| pin.origin)
                .chain(unfinished.iter().map(|saved| saved.request.origin().clone()));
            for origin in origins {
                if !servers.contains(&origin) {
                    servers.push(origin);
                }
            }
            servers
        }
        Err(trouble) => {
            page.tell(&DoctorFinding::Remembered(Remembered::Unusable(trouble)), None);
            Vec::new()
        }
    }
}
