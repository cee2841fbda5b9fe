//! The conformance suite for stores of `mailgrant`: generic cases that read the contract of
//! [`mailgrant::store`] line by line, and one macro line that runs them on your adapter.
//!
//! ```
//! use mailgrant::MemoryStore;
//!
//! mailgrant_store_check::store_tests!(memory, MemoryStore::new);
//! # fn main() {}
//! ```
//!
//! An adapter whose stores outlive a handle, such as a file or a server, implements [`Subject`], so that the
//! cases also look at one store through several handles. [`faults`] makes any store fail at a chosen call, for
//! tests of what stands on it.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole crate is tests: a case that fails panics and says where"
)]

pub mod cases;
mod change;
pub mod faults;
mod look;

use mailgrant::store::Store;

pub use change::Change;
pub use look::{dump, look};

/// How the suite gets at the stores of an adapter.
///
/// A function or closure that makes an empty store is one.
pub trait Subject {
    /// The adapter's store.
    type Store: Store;

    /// An empty store, every time another one.
    fn fresh(&self) -> Self::Store;

    /// Another handle to what `store` keeps, as another process would have it; `None` where nothing but the
    /// one handle can reach it.
    fn again(&self, store: &Self::Store) -> Option<Self::Store> {
        let _ = store;
        None
    }
}

impl<S: Store, F: Fn() -> S> Subject for F {
    type Store = S;

    fn fresh(&self) -> S {
        self()
    }
}

macro_rules! suite {
    ($d:tt $($group:ident: $($case:ident)+;)+) => {
        /// Runs every case on a subject, for a harness that has no `#[test]`; the first that fails panics.
        ///
        /// ```
        /// mailgrant_store_check::run(&mailgrant::MemoryStore::new);
        /// ```
        pub fn run(subject: &impl Subject) {
            $($(cases::$group::$case(subject);)+)+
        }

        /// The names of the cases, as `group::case`.
        pub const NAMES: &[&str] = &[$($(concat!(stringify!($group), "::", stringify!($case)),)+)+];

        /// One `#[test]` per case, in a module of the given name; the expression is a [`Subject`], made anew
        /// for each.
        ///
        /// ```
        /// mailgrant_store_check::store_tests!(memory, mailgrant::MemoryStore::new);
        /// # fn main() {}
        /// ```
        #[macro_export]
        macro_rules! store_tests {
            ($d name:ident, $d subject:expr) => {
                #[cfg(test)]
                mod $d name {
                    #[allow(unused_imports, reason = "the subject is named where the macro is called")]
                    use super::*;
                    $(mod $group {
                        #[allow(unused_imports, reason = "the same")]
                        use super::*;
                        $(#[test]
                        fn $case() {
                            $d crate::cases::$group::$case(&$d subject);
                        })+
                    })+
                }
            };
        }
    };
}

suite! { $
    rows:
        an_empty_store_answers_everything
        look_ups_keep_the_order_of_the_question
        a_row_is_put_replaced_and_deleted
        deleting_comes_before_putting
        keys_are_ordered_by_their_bytes
        a_prefix_is_no_pattern
        every_prefix_page_agrees_with_a_plain_filter
        bodies_come_back_byte_by_byte;
    claims:
        a_claim_finds_its_row
        a_claim_is_held_by_one_row
        taking_again_what_one_holds_is_fine
        one_change_cannot_give_a_claim_to_two_rows
        only_the_holder_is_released
        a_claim_is_released_once
        claims_are_swapped_in_one_change
        a_claim_may_stand_without_a_row;
    terms:
        filing_and_unfiling
        unfiling_comes_before_filing
        filing_twice_and_unfiling_nothing_are_fine
        a_term_is_matched_whole
        rows_that_are_gone_are_left_out
        every_page_agrees_with_a_plain_filter;
    journal:
        entries_come_back_whole
        heads_stand_at_the_last_entry
        a_sequence_has_no_gaps
        one_change_appends_to_several_streams
        an_entry_is_rewritten_in_its_place
        an_entry_that_is_not_there_is_not_rewritten
        every_query_agrees_with_a_plain_filter;
    marks:
        what_moved_is_found
        a_mark_stays_where_nothing_moves
        following_misses_nothing
        strange_marks_are_refused;
    verifiers:
        a_verifier_is_set_changed_and_removed
        a_change_names_the_version_it_read
        one_change_may_set_a_verifier_twice
        failures_are_counted_until_it_is_set
        what_is_not_there_counts_nothing;
    notes:
        the_newest_note_stays
        notes_stand_by_themselves
        a_note_is_forgotten;
    commits:
        an_empty_change_is_fine
        a_change_is_done_once
        a_change_without_entries_leaves_no_id
        heads_are_compared
        a_refused_change_leaves_no_trace
        the_first_reason_is_given
        ten_thousand_entries_are_one_commit
        a_body_that_gives_up_is_heard
        what_is_committed_is_there_for_others;
    races:
        a_read_is_one_snapshot
        one_thread_wins_a_head
        one_thread_wins_a_claim
        one_thread_wins_a_verifier
        one_thread_does_a_change
        every_failure_is_counted
        nobody_loses_an_entry
        whoever_follows_misses_nothing;
}
