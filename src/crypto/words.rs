//! placeholder
/// Words.
pub fn phrase_from_digest(digest: &[u8; 32]) -> [&'static str; 8] {
    let list: Vec<&'static str> =
        include_str!("../../data/eff_large_wordlist.txt").lines().filter_map(|l| l.split_whitespace().last()).collect();
    let mut n = *digest;
    std::array::from_fn(|_| {
        let mut r = 0u32;
        for b in &mut n {
            r = r << 8 | u32::from(*b);
            *b = u8::try_from(r / 7776).expect("small");
            r %= 7776;
        }
        list[r as usize]
    })
}
