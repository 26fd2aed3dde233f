//! SCIM over HTTP: what providers send, what RFC 7644 asks for, and what nobody may.

mod answers;
mod clients;
mod conversation;
mod groups;
mod large;
mod lists;
mod microsoft;
mod providers;
mod races;
mod real_life;
mod tenants;
