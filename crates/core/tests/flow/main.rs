//! The flows as whole runs, against the test kit's honest server and everything else.

mod accept;
mod account;
mod another;
mod offline;
