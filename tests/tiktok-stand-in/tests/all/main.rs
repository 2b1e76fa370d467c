//! The stand-in's own tests, one program so that they are linked once.

mod common;
mod control;
mod faults;
mod http;
mod rules;
