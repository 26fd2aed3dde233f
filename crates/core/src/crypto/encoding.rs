//! Pre-authentication encoding: several byte strings as one, injectively (protocol section 2).
//!
//! Promise: two different lists never encode to the same bytes. Must never: be given secrets that
//! outlive the call; the result is plain memory.

/// `PAE(a1..an) = LE64(n) || for each i: LE64(len(ai)) || ai`.
pub fn pae(pieces: &[&[u8]]) -> Vec<u8> {
    let length = 8 + pieces.iter().map(|piece| 8 + piece.len()).sum::<usize>();
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(&(pieces.len() as u64).to_le_bytes());
    for piece in pieces {
        out.extend_from_slice(&(piece.len() as u64).to_le_bytes());
        out.extend_from_slice(piece);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::pae;
    use proptest::prelude::*;

    #[test]
    fn the_empty_list_is_eight_zero_bytes() {
        assert_eq!(pae(&[]), [0; 8]);
    }

    #[test]
    fn it_never_grows_so_no_copy_is_left_behind() {
        for pieces in [&[][..], &[b"".as_slice()], &[b"a", b"bc", &[7; 300]]] {
            let out = pae(pieces);
            assert_eq!(out.capacity(), out.len());
        }
    }

    proptest! {
        #[test]
        fn different_lists_encode_differently(a: Vec<Vec<u8>>, b: Vec<Vec<u8>>) {
            let view = |list: &[Vec<u8>]| pae(&list.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(a == b, view(&a) == view(&b));
        }
    }
}
