//! The stand-in's own tests, one program so that they are linked once.

mod common;
mod control;
mod event_table;
mod faults;
mod http;
mod rules;
