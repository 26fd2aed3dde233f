//! Choices out of the fuzzer's bytes, one after the other. When there are none left every choice is
//! 0, and 0 is always the honest one.

/// What is left.
pub(super) struct Draw<'a>(&'a [u8]);

impl<'a> Draw<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Less than `n`; 0 if `n` is.
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n.max(1)
    }

    /// One of a list: 0 is the first.
    pub(super) fn one<'b, T>(&mut self, list: &'b [T]) -> Option<&'b T> {
        list.get(self.below(list.len()))
    }

    /// One of a list that grows: 0 is the newest.
    pub(super) fn newest<'b, T>(&mut self, list: &'b [T]) -> Option<&'b T> {
        let back = self.below(list.len());
        list.get(list.len().checked_sub(1 + back)?)
    }

    /// One of a list of texts that is not empty.
    pub(super) fn word(&mut self, list: &[&'static str]) -> &'static str {
        self.one(list).copied().unwrap_or_default()
    }

    /// At most 63 bytes as they are; a choice says how many.
    pub(super) fn bytes(&mut self) -> Vec<u8> {
        let length = self.below(64).min(self.0.len());
        let (now, rest) = self.0.split_at(length);
        self.0 = rest;
        now.to_vec()
    }

    /// The same as text.
    pub(super) fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}
