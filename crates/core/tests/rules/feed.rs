//! The change feed: every entry of every stream, at least once, from wherever one stands.

use std::collections::BTreeMap;

use crate::common::*;
use mailgrant::membership::RemoveMember;
use mailgrant::{Changes, Cursor, Directory, Entry, MailboxId, PageRequest, UserId};

fn page(after: Option<Cursor>, limit: usize) -> PageRequest {
    PageRequest { after, limit }
}

fn ask(directory: &Directory, after: Option<Cursor>, limit: usize) -> Changes {
    directory.changes(&page(after, limit)).unwrap()
}

/// Everything up to where nothing moves any more, by pages of this size.
fn follow(directory: &Directory, mut after: Option<Cursor>, limit: usize) -> Vec<Entry> {
    let mut all = Vec::new();
    loop {
        let found = ask(directory, after, limit);
        assert!(found.entries.len() <= limit);
        if found.entries.is_empty() {
            return all;
        }
        all.extend(found.entries);
        after = Some(found.next);
    }
}

fn places(entries: &[Entry]) -> BTreeMap<String, Vec<u64>> {
    let mut places = BTreeMap::<String, Vec<u64>>::new();
    for entry in entries {
        places.entry(entry.place.0.to_string()).or_default().push(entry.place.1);
    }
    places
}

#[test]
fn every_entry_of_every_stream_is_handed_out_in_pages_of_any_size() {
    let business = Business::new();
    let crowd = business.crowd();
    let kinds = business.happened(business.organisation).len();
    let whole = follow(&business.directory, None, 1_000);
    let by_stream = places(&whole);
    for (stream, seqs) in &by_stream {
        assert_eq!(seqs, &(1..=seqs.len() as u64).collect::<Vec<_>>(), "{stream}");
    }
    assert_eq!(by_stream[&business.organisation.to_string()].len(), kinds);
    assert!(by_stream.contains_key(&crowd.rivals.to_string()));
    for limit in [1, 2, 7, 50] {
        assert_eq!(places(&follow(&business.directory, None, limit)), by_stream, "{limit} a page");
    }
}

#[test]
fn from_now_on_only_what_comes_is_handed_out() {
    let business = Business::new();
    let now = business.directory.changes_from_now().unwrap();
    assert!(ask(&business.directory, Some(now.clone()), 10).entries.is_empty());
    let opened: Vec<MailboxId> =
        (0..3).map(|n| business.mailbox(business.organisation, &format!("m{n}@bakery.example"))).collect();
    let news = follow(&business.directory, Some(now), 10);
    let subjects: Vec<String> = news.iter().map(|entry| entry.event.subject()).collect();
    assert_eq!(subjects, opened.iter().map(ToString::to_string).collect::<Vec<_>>());
}

#[test]
fn a_commit_larger_than_a_page_goes_on_in_the_next() {
    let business = Business::new();
    for number in 0..20 {
        let mailbox = business.mailbox(business.organisation, &format!("m{number}@bakery.example"));
        business.sys(mailgrant::grant::GrantAccess::new(mailbox, business.assistant));
    }
    let now = business.directory.changes_from_now().unwrap();
    let user = business.assistant;
    business.sys(RemoveMember { organisation: business.organisation, user });
    let first = ask(&business.directory, Some(now.clone()), 8);
    assert_eq!(first.entries.len(), 8);
    // A cursor is text: it may be kept anywhere in between.
    let kept: Cursor = first.next.to_string().parse().unwrap();
    let rest = follow(&business.directory, Some(kept), 8);
    let whole = follow(&business.directory, Some(now), 1_000);
    assert_eq!([first.entries, rest].concat(), whole);
}

#[test]
fn what_was_decided_and_refused_is_not_in_it() {
    let business = Business::new();
    let now = business.directory.changes_from_now().unwrap();
    business.refused(business.outsider, suspend(business.contact), "mailbox.not_found");
    business.directory.preview(&business.system, suspend(business.contact)).unwrap();
    assert!(ask(&business.directory, Some(now), 10).entries.is_empty());
}

#[test]
fn cursors_of_another_store_or_question_are_refused() {
    let (here, there) = (Business::new(), World::with(|builder| builder.entropy(Seeded::new(99))));
    let elsewhere: UserId = there.person("zoe@people.example");
    there.organisation(elsewhere, "zoo.example");
    let theirs = there.directory.changes_from_now().unwrap();
    here.hidden(here.directory.changes(&page(Some(theirs), 10)), "cursor.invalid");
    let filter = mailgrant::HistoryFilter::default();
    let other =
        here.directory.history(&here.system, here.organisation, &filter, &page(None, 1)).unwrap().next;
    here.hidden(here.directory.changes(&page(other, 10)), "cursor.invalid");
    for damaged in ["", "changes:", "changes:{}", "changes:{\"mark\":\"7\",\"left\":[]}", "changes:[[[[["] {
        let damaged: Cursor = damaged.parse().unwrap();
        here.hidden(here.directory.changes(&page(Some(damaged), 10)), "cursor.invalid");
    }
}

#[test]
fn a_cursor_from_before_the_store_was_put_back_is_refused() {
    let (earlier, later) = (Business::new(), Business::new());
    // The same beginning, then one goes on and is lost; the other goes another way.
    later.mailbox(later.organisation, "lost@bakery.example");
    let lost = later.directory.changes_from_now().unwrap();
    earlier.hidden(earlier.directory.changes(&page(Some(lost.clone()), 10)), "cursor.invalid");
    earlier.days(1);
    earlier.mailbox(earlier.organisation, "other@bakery.example");
    earlier.hidden(earlier.directory.changes(&page(Some(lost), 10)), "cursor.invalid");
}

#[test]
fn a_past_has_no_feed() {
    let business = Business::new();
    let then = business.directory.at(&business.system, business.organisation, business.now()).unwrap();
    business.hidden(then.changes(&PageRequest::default()), "directory.past");
    business.hidden(then.changes_from_now(), "directory.past");
}

fn suspend(mailbox: MailboxId) -> mailgrant::mailbox::SuspendMailbox {
    mailgrant::mailbox::SuspendMailbox { mailbox, on_dependants: mailgrant::OnDependants::Refuse }
}
