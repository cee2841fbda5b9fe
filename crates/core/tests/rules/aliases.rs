//! The rules about aliases: who adds and removes them, and that nobody logs in with one.

use crate::common::*;
use mailgrant::alias::{AddAlias, RemoveAlias, SetAliasSending};
use mailgrant::domain::{AddDomain, SetDomainAlias};
use mailgrant::grant::{ChangeGrant, SetGrantExpiry};
use mailgrant::mailbox::{CloseMailbox, SuspendMailbox};
use mailgrant::organisation::{SetPolicy, SuspendOrganisation};
use mailgrant::*;

const HELLO: &str = "hello@bakery.example";

fn add(mailbox: MailboxId, address: &str) -> AddAlias {
    AddAlias::new(mailbox, addr(address))
}

fn remove(mailbox: MailboxId, address: &str) -> RemoveAlias {
    RemoveAlias { mailbox, address: addr(address), on_dependants: OnDependants::Refuse }
}

fn sending(mailbox: MailboxId, address: &str, sending: AliasSending) -> SetAliasSending {
    SetAliasSending { mailbox, address: addr(address), sending }
}

/// A business whose assistant has `Aliases` on contact@.
fn trusting() -> Business {
    let b = Business::new();
    b.sys(ChangeGrant { mailbox: b.contact, user: b.assistant, rights: [Right::Aliases].into() });
    b
}

fn aliases(b: &Business) -> Vec<String> {
    let page = b.directory.aliases_of(&b.system, b.contact, &PageRequest::default()).unwrap();
    page.items.iter().map(|alias| alias.address.canonical().to_owned()).collect()
}

#[test]
fn each_manager_adds_and_removes_an_alias() {
    each_manager(|b, _, actor| {
        b.run(&actor, add(b.contact, HELLO));
        assert_eq!((b.way(HELLO), b.target(HELLO)), ("accept alias".into(), Some(b.contact)));
        b.run(&actor, sending(b.contact, HELLO, AliasSending::Refused));
        b.run(&actor, remove(b.contact, HELLO));
        assert_eq!(b.way(HELLO), "refuse quarantine");
    });
}

#[test]
fn a_grant_with_aliases_adds_and_removes_them() {
    let b = trusting();
    b.run(b.assistant, add(b.contact, HELLO));
    b.run(b.assistant, sending(b.contact, HELLO, AliasSending::Refused));
    let removed = b.run(b.assistant, remove(b.contact, HELLO));
    assert_eq!(removed.quarantined_until, Some(b.in_days(30)));
    assert!(aliases(&b).is_empty());
}

#[test]
fn a_grant_without_aliases_changes_none() {
    let b = Business::new();
    let rights = Rights::ALL.without(Right::Aliases);
    b.sys(ChangeGrant { mailbox: b.contact, user: b.assistant, rights });
    b.sys(add(b.contact, "old@bakery.example"));
    for error in [
        b.refused(b.assistant, add(b.contact, HELLO), "access.denied"),
        b.refused(b.assistant, remove(b.contact, "old@bakery.example"), "access.denied"),
        b.refused(
            b.assistant,
            sending(b.contact, "old@bakery.example", AliasSending::Refused),
            "access.denied",
        ),
    ] {
        assert_eq!(error.details()["needs"], "aliases");
    }
}

#[test]
fn those_who_may_not_see_the_mailbox_change_no_alias_of_it() {
    let b = Business::new();
    let crowd = b.crowd();
    b.sys(add(b.contact, "old@bakery.example"));
    for stranger in [crowd.collaborator, crowd.domains, crowd.dormant, b.outsider, crowd.rival] {
        b.refused(stranger, add(b.contact, HELLO), "mailbox.not_found");
        b.refused(stranger, remove(b.contact, "old@bakery.example"), "mailbox.not_found");
        b.refused(
            stranger,
            sending(b.contact, "old@bakery.example", AliasSending::Refused),
            "mailbox.not_found",
        );
    }
    b.refused(Actor::Bearer, add(b.contact, HELLO), "mailbox.not_found");
    b.refused(crowd.suspended, add(b.contact, HELLO), "actor.suspended");
}

#[test]
fn a_grant_with_aliases_ends_at_the_instant_of_its_expiry() {
    let b = trusting();
    let expires = Some(b.in_days(1));
    b.sys(SetGrantExpiry { mailbox: b.contact, user: b.assistant, expires });
    b.clock.set(b.in_days(1).minus(std::time::Duration::from_millis(1)));
    b.run(b.assistant, add(b.contact, HELLO));
    b.advance(std::time::Duration::from_millis(1));
    b.refused(b.assistant, remove(b.contact, HELLO), "mailbox.not_found");
}

#[test]
fn a_grant_with_aliases_is_for_the_mailboxs_own_domain() {
    let b = trusting();
    b.domain(b.organisation, "second.example");
    b.refused(b.assistant, add(b.contact, "hello@second.example"), "access.denied");
    b.sys(add(b.contact, "hello@second.example"));
    b.refused(b.assistant, remove(b.contact, "hello@second.example"), "access.denied");
}

#[test]
fn managers_add_aliases_in_every_domain_of_the_organisation() {
    let b = Business::new();
    b.crowd();
    b.domain(b.organisation, "second.example");
    b.run(b.owner, add(b.contact, "hello@second.example"));
    assert_eq!(b.target("hello@second.example"), Some(b.contact));
    b.refused(b.owner, add(b.contact, "hello@rival.example"), "domain.not_found");
    b.sys(AddDomain { organisation: b.organisation, name: "pending.example".parse().unwrap() });
    b.refused(b.owner, add(b.contact, "hello@pending.example"), "domain.unverified");
    let domain = b.domain(b.organisation, "third.example");
    let of = Some("bakery.example".parse().unwrap());
    b.sys(SetDomainAlias { organisation: b.organisation, domain, of, on_dependants: OnDependants::Refuse });
    b.refused(b.owner, add(b.contact, "hello@third.example"), "domain.alias");
}

#[test]
fn a_grant_adds_aliases_up_to_the_policys_number_and_managers_beyond() {
    let b = trusting();
    let policy = Policy { aliases_by_grant: 2, ..Policy::default() };
    b.run(b.owner, SetPolicy { organisation: b.organisation, policy, on_dependants: OnDependants::Refuse });
    b.run(b.assistant, add(b.contact, "one@bakery.example"));
    b.run(b.assistant, add(b.contact, "two@bakery.example"));
    let limit = b.refused(b.assistant, add(b.contact, "three@bakery.example"), "alias.limit");
    assert_eq!(limit.details()["most"], 2);
    b.run(b.owner, add(b.contact, "three@bakery.example"));
    b.run(b.assistant, remove(b.contact, "one@bakery.example"));
    b.run(b.assistant, remove(b.contact, "two@bakery.example"));
    b.run(b.assistant, add(b.contact, "four@bakery.example"));
    assert_eq!(aliases(&b), ["four@bakery.example", "three@bakery.example"]);
}

#[test]
fn without_another_policy_a_grant_adds_twenty_aliases() {
    let b = trusting();
    for number in 0..20 {
        b.run(b.assistant, add(b.contact, &format!("alias{number}@bakery.example")));
    }
    b.refused(b.assistant, add(b.contact, HELLO), "alias.limit");
}

#[test]
fn an_address_that_is_taken_becomes_no_alias() {
    let b = trusting();
    b.mailbox(b.organisation, "orders@bakery.example");
    b.sys(add(b.contact, HELLO));
    for actor in [b.owner, b.assistant] {
        for taken in ["contact@bakery.example", "orders@bakery.example", "HELLO@bakery.example"] {
            b.refused(actor, add(b.contact, taken), "address.taken");
        }
    }
}

#[test]
fn an_alias_that_the_mailbox_does_not_have_is_not_found() {
    let b = trusting();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    b.sys(add(orders, HELLO));
    for actor in [b.owner, b.assistant] {
        b.refused(actor, remove(b.contact, HELLO), "alias.not_found");
        b.refused(actor, sending(b.contact, HELLO, AliasSending::Refused), "alias.not_found");
        b.refused(actor, remove(b.contact, "contact@bakery.example"), "alias.not_found");
    }
    b.refused(b.assistant, remove(orders, HELLO), "mailbox.not_found");
}

#[test]
fn nobody_logs_in_with_an_alias() {
    let b = Business::new();
    b.sys(add(b.contact, HELLO));
    let password = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    assert_eq!(b.opens(HELLO, &password, Protocol::Imap).unwrap_err(), "an alias does not log in");
}

#[test]
fn one_sends_as_an_alias_only_where_that_is_allowed() {
    let b = Business::new();
    b.sys(add(b.contact, HELLO));
    let as_hello = || b.directory.may_send_as(b.assistant, b.contact, &addr(HELLO)).unwrap();
    assert!(as_hello());
    b.run(b.owner, sending(b.contact, HELLO, AliasSending::Refused));
    assert!(!as_hello());
    b.run(b.owner, sending(b.contact, HELLO, AliasSending::Allowed));
    assert!(as_hello());
}

#[test]
fn a_grant_with_aliases_gives_none_while_the_mailbox_is_not_open() {
    let prepare: [fn(&Business); 2] = [
        |b| b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: OnDependants::Refuse }),
        |b| b.sys(CloseMailbox { mailbox: b.contact, on_dependants: OnDependants::Refuse }),
    ];
    for prepare in prepare {
        let b = trusting();
        prepare(&b);
        b.refused(b.assistant, add(b.contact, HELLO), "access.denied");
        b.run(b.owner, add(b.contact, HELLO));
    }
}

#[test]
fn no_alias_changes_in_a_suspended_organisation() {
    let b = trusting();
    b.sys(add(b.contact, HELLO));
    b.run(b.owner, SuspendOrganisation { organisation: b.organisation });
    for actor in [b.owner, b.assistant] {
        b.refused(actor, add(b.contact, "new@bakery.example"), "organisation.suspended");
        b.refused(actor, remove(b.contact, HELLO), "organisation.suspended");
        b.refused(actor, sending(b.contact, HELLO, AliasSending::Refused), "organisation.suspended");
    }
}

#[test]
fn where_the_policy_wants_no_quarantine_a_removed_alias_is_free_at_once() {
    let b = Business::new();
    let policy = Policy { quarantine_days: 0, ..Policy::default() };
    b.run(b.owner, SetPolicy { organisation: b.organisation, policy, on_dependants: OnDependants::Refuse });
    b.sys(add(b.contact, HELLO));
    assert_eq!(b.run(b.owner, remove(b.contact, HELLO)).quarantined_until, None);
    assert_eq!(b.way(HELLO), "refuse unknown");
    b.run(b.owner, add(b.contact, HELLO));
}
