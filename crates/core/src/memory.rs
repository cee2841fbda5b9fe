//! (memory)
