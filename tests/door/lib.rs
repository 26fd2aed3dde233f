//! Nothing: the test beside it (`door.rs`) is what this package is for.
