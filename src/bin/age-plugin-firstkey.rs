//! The plugin that age, rage and sops start: everything is in the library; this file exists so that
//! there is a program.

#![forbid(unsafe_code)]

use std::alloc::System;
use zeroizing_alloc::ZeroAlloc;

/// Every block of the heap is zero when it is given back: what crates copied, grew and dropped
/// without a thought is not left for whoever reads the memory later.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> std::process::ExitCode {
    firstkey::run::plugin().into()
}
