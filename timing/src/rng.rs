//! Bytes that are the same in every run; what is made of them is hidden by whoever makes it.

use rand_core::{CryptoRng, RngCore};

/// Counts upwards from a number that nobody chose.
pub struct Counting(u64);

impl Default for Counting {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl RngCore for Counting {
    fn next_u32(&mut self) -> u32 {
        u32::try_from(self.next_u64() >> 32).unwrap_or_default()
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 ^ (self.0 >> 29)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for byte in out {
            *byte = self.next_u64().to_le_bytes()[7];
        }
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Counting {}
