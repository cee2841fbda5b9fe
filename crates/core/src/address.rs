//! (address)
