//! Clickjoin.
