//! A world in memory for the flows of the other dialect: a server made from the facts, a person,
//! and what they leave behind.
//!
//! Promise: deterministic, no I/O. Must never: be part of a program that somebody uses.

pub mod fake;
pub mod flow;
pub mod inbound;
pub mod link;
pub mod person;
pub mod seeds;

#[cfg(test)]
mod tests {
    use super::{flow, inbound, link};
    use crate::chance::Seeded;
    use crate::seeds::all;
    use rand_core::RngCore;

    #[test]
    fn some_hundred_hostile_servers_keep_every_promise() {
        let mut chance = Seeded::new(2024);
        for round in 0..300_u16 {
            let mut orders = vec![0; 4 + usize::from(round % 60)];
            chance.fill_bytes(&mut orders);
            // Mostly the reference era, mostly honest: deeper that way.
            orders[0] %= 10;
            for byte in &mut orders[4..] {
                *byte = if *byte < 200 { 0 } else { *byte % 8 };
            }
            flow::run(&orders);
        }
    }

    #[test]
    fn seeds_with_any_byte_changed_keep_the_oracles_content() {
        let mut chance = Seeded::new(7);
        for seed in all() {
            for _ in 0..20 {
                let mut bytes = seed.bytes.clone();
                let draw = chance.next_u64();
                let Some(at) = usize::try_from(draw >> 16).ok().and_then(|draw| draw.checked_rem(bytes.len())) else {
                    continue;
                };
                bytes[at] = draw.to_le_bytes()[0];
                match seed.target {
                    "infisical_link" => link::run(&bytes),
                    "infisical_inbound" => inbound::run(&bytes),
                    _ => {}
                }
            }
        }
    }
}
