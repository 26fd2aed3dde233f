//! Memory that valgrind takes for undefined: whoever branches on it, or looks something up by it,
//! is reported.
//!
//! The idea: memcheck follows every bit of what is undefined through the program and reports each
//! jump and each address that depends on one. A secret that is marked so shows every place where
//! the time could depend on it, in the built code and not in the source.

use std::ffi::c_void;

unsafe extern "C" {
    fn mark_undefined(at: *const c_void, length: usize);
    fn mark_defined(at: *const c_void, length: usize);
    fn errors_so_far() -> u32;
    fn runs_under_valgrind() -> i32;
}

/// Marks bytes as a secret.
pub fn hide(bytes: &[u8]) {
    // SAFETY: the request reads no memory; it changes what valgrind knows of these addresses.
    unsafe { mark_undefined(bytes.as_ptr().cast(), bytes.len()) }
}

/// Marks what came of a secret as public: what would be sent, shown, or decided upon.
pub fn publish<T: ?Sized>(value: &T) {
    // SAFETY: as above.
    unsafe { mark_defined(std::ptr::from_ref(value).cast(), std::mem::size_of_val(value)) }
}

/// How many places were reported so far.
pub fn reports() -> u32 {
    // SAFETY: a question to valgrind.
    unsafe { errors_so_far() }
}

/// Whether anybody is looking.
pub fn is_watched() -> bool {
    // SAFETY: a question to valgrind.
    unsafe { runs_under_valgrind() != 0 }
}
