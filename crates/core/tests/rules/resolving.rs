//! The rules of resolving an address: its steps, their order, what to do with the mail, and as what one may send.

use crate::common::*;
use mailgrant::alias::{AddAlias, SetAliasSending};
use mailgrant::device::{NarrowDevice, RevokeDevice};
use mailgrant::domain::{AddDomain, SetCatchAll, SetDomainAlias};
use mailgrant::grant::{ChangeGrant, SetGrantExpiry};
use mailgrant::mailbox::*;
use mailgrant::organisation::{DeleteOrganisation, SetPolicy, SuspendOrganisation};
use mailgrant::user::SuspendUser;
use mailgrant::*;

const CONTACT: &str = "contact@bakery.example";
const GO_ON: OnDependants = OnDependants::GoOn;

fn catch_all(b: &Business, mailbox: MailboxId) {
    let domain = "bakery.example".parse().unwrap();
    b.sys(SetCatchAll { organisation: b.organisation, domain, mailbox: Some(mailbox), on_dependants: GO_ON });
}

fn separator(b: &Business, separator: Option<char>) {
    let policy = Policy { separator, ..Policy::default() };
    b.sys(SetPolicy { organisation: b.organisation, policy, on_dependants: GO_ON });
}

/// Makes second.example another name of bakery.example.
fn second(b: &Business) {
    let domain = b.domain(b.organisation, "second.example");
    let of = Some("bakery.example".parse().unwrap());
    b.sys(SetDomainAlias { organisation: b.organisation, domain, of, on_dependants: GO_ON });
}

fn addresses(senders: &Senders) -> Vec<&str> {
    senders.addresses.iter().map(Address::canonical).collect()
}

// The steps

#[test]
fn a_mailboxs_own_address_leads_to_it() {
    let b = Business::new();
    assert_eq!(b.way(CONTACT), "accept mailbox");
    let found = b.directory.resolve(&addr("CONTACT@BAKERY.example")).unwrap();
    assert_eq!((found.mailbox, found.organisation), (Some(b.contact), Some(b.organisation)));
}

#[test]
fn an_alias_leads_to_its_mailbox() {
    let b = Business::new();
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    assert_eq!(b.way("hello@bakery.example"), "accept alias");
}

#[test]
fn nobody_resolves_in_a_domain_that_is_not_verified_here() {
    let b = Business::new();
    b.sys(AddDomain { organisation: b.organisation, name: "pending.example".parse().unwrap() });
    for address in ["contact@elsewhere.example", "contact@pending.example", "contact@sub.bakery.example"] {
        assert_eq!(b.way(address), "refuse unknown_domain");
    }
}

#[test]
fn an_address_that_nobody_has_is_refused() {
    let b = Business::new();
    let found = b.directory.resolve(&addr("nobody@bakery.example")).unwrap();
    assert_eq!((found.delivery, found.mailbox), (Delivery::Refuse, None));
    assert_eq!((found.organisation, found.way), (Some(b.organisation), vec![Step::Unknown]));
}

#[test]
fn an_alias_domain_is_replaced_once() {
    let b = Business::new();
    second(&b);
    assert_eq!(b.way("contact@second.example"), "accept alias_domain mailbox");
    assert_eq!(b.way("nobody@second.example"), "refuse alias_domain unknown");
    assert_eq!(b.target("contact@second.example"), Some(b.contact));
}

#[test]
fn every_later_step_works_behind_an_alias_domain() {
    let b = Business::new();
    second(&b);
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    b.sys(DeleteMailbox { mailbox: orders, on_dependants: GO_ON });
    catch_all(&b, b.contact);
    assert_eq!(b.way("hello@second.example"), "accept alias_domain alias");
    assert_eq!(b.way("hello+x@second.example"), "accept alias_domain subaddress alias");
    assert_eq!(b.way("orders@second.example"), "refuse alias_domain quarantine");
    assert_eq!(b.way("anyone@second.example"), "accept alias_domain catch_all");
    assert_eq!(b.way("postmaster@second.example"), "refuse alias_domain unknown");
}

#[test]
fn a_subaddress_leads_to_the_mailbox_or_alias_before_the_first_separator() {
    let b = Business::new();
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    assert_eq!(b.way("contact+a@bakery.example"), "accept subaddress mailbox");
    assert_eq!(b.way("hello+a@bakery.example"), "accept subaddress alias");
    assert_eq!(b.way("contact+a+b@bakery.example"), "accept subaddress mailbox");
    assert_eq!(b.way("contact+@bakery.example"), "accept subaddress mailbox");
}

#[test]
fn nothing_before_the_separator_is_no_subaddress() {
    let b = Business::new();
    assert_eq!(b.way("+contact@bakery.example"), "refuse unknown");
}

#[test]
fn the_first_separator_cuts_even_where_a_later_one_would_find_somebody() {
    let b = Business::new();
    b.mailbox(b.organisation, "shop+east@bakery.example");
    assert_eq!(b.way("shop+east@bakery.example"), "accept mailbox");
    assert_eq!(b.way("shop+east+x@bakery.example"), "refuse unknown");
}

#[test]
fn an_exact_address_comes_before_a_subaddress() {
    let b = Business::new();
    let exact = b.mailbox(b.organisation, "contact+shop@bakery.example");
    assert_eq!(b.target("contact+shop@bakery.example"), Some(exact));
    b.sys(AddAlias::new(exact, addr("contact+till@bakery.example")));
    assert_eq!(b.way("contact+till@bakery.example"), "accept alias");
}

#[test]
fn a_subaddress_in_quarantine_never_falls_back_to_its_base() {
    let b = Business::new();
    let exact = b.mailbox(b.organisation, "contact+shop@bakery.example");
    b.sys(DeleteMailbox { mailbox: exact, on_dependants: GO_ON });
    assert_eq!(b.way("contact+shop@bakery.example"), "refuse quarantine");
    b.days(30);
    assert_eq!(b.way("contact+shop@bakery.example"), "accept subaddress mailbox");
}

#[test]
fn the_policy_says_what_separates() {
    let b = Business::new();
    separator(&b, Some('-'));
    assert_eq!(b.way("contact-a@bakery.example"), "accept subaddress mailbox");
    assert_eq!(b.way("contact+a@bakery.example"), "refuse unknown");
    separator(&b, None);
    assert_eq!(b.way("contact-a@bakery.example"), "refuse unknown");
}

#[test]
fn the_catch_all_takes_what_nobody_has_and_comes_last() {
    let b = Business::new();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    catch_all(&b, orders);
    assert_eq!(b.way("nobody@bakery.example"), "accept catch_all");
    assert_eq!(b.way("nobody+x@bakery.example"), "accept catch_all");
    assert_eq!(b.target("nobody@bakery.example"), Some(orders));
    assert_eq!(b.target("contact+x@bakery.example"), Some(b.contact));
}

#[test]
fn the_catch_all_never_takes_the_managers_names() {
    let b = Business::new();
    catch_all(&b, b.contact);
    for role in [
        "postmaster",
        "abuse",
        "admin",
        "administrator",
        "hostmaster",
        "webmaster",
        "security",
        "mailer-daemon",
        "Postmaster",
    ] {
        assert_eq!(b.way(&format!("{role}@bakery.example")), "refuse unknown", "{role}");
    }
    b.mailbox(b.organisation, "abuse@bakery.example");
    assert_eq!(b.way("abuse@bakery.example"), "accept mailbox");
}

#[test]
fn a_managers_name_is_nobodys_subaddress() {
    let b = Business::new();
    separator(&b, Some('-'));
    second(&b);
    b.mailbox(b.organisation, "mailer@bakery.example");
    for with_catch_all in [false, true] {
        if with_catch_all {
            catch_all(&b, b.contact);
        }
        assert_eq!(b.way("mailer-daemon@bakery.example"), "refuse unknown");
        assert_eq!(b.way("mailer-daemon@second.example"), "refuse alias_domain unknown");
        assert_eq!(b.way("postmaster-x@bakery.example"), "refuse unknown");
        assert_eq!(b.way("mailer-x@bakery.example"), "accept subaddress mailbox");
    }
    b.mailbox(b.organisation, "mailer-daemon@bakery.example");
    assert_eq!(b.way("mailer-daemon@bakery.example"), "accept mailbox");
}

// What to do with the mail

#[test]
fn mail_to_an_open_or_suspended_mailbox_is_accepted() {
    let b = Business::new();
    assert_eq!(b.way(CONTACT), "accept mailbox");
    b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: GO_ON });
    assert_eq!(b.way(CONTACT), "accept mailbox");
}

#[test]
fn mail_to_a_closed_mailbox_is_refused_whatever_way_it_came() {
    let b = Business::new();
    second(&b);
    catch_all(&b, b.contact);
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    b.sys(CloseMailbox { mailbox: b.contact, on_dependants: GO_ON });
    for (address, way) in [
        (CONTACT, "refuse mailbox"),
        ("hello@bakery.example", "refuse alias"),
        ("contact+x@bakery.example", "refuse subaddress mailbox"),
        ("anyone@bakery.example", "refuse catch_all"),
        ("contact@second.example", "refuse alias_domain mailbox"),
    ] {
        assert_eq!(b.way(address), way);
        assert_eq!(b.target(address), Some(b.contact), "the answer says whose it is");
    }
}

#[test]
fn what_was_freed_under_what_is_another_name_now_is_refused_there_with_its_subaddresses() {
    let b = Business::new();
    let domain = b.domain(b.organisation, "second.example");
    let former = b.mailbox(b.organisation, "contact@second.example");
    b.sys(DeleteMailbox { mailbox: former, on_dependants: GO_ON });
    let of = Some("bakery.example".parse().unwrap());
    b.sys(SetDomainAlias { organisation: b.organisation, domain, of, on_dependants: GO_ON });
    assert_eq!(b.way("contact@second.example"), "refuse alias_domain quarantine");
    assert_eq!(b.way("contact+shop@second.example"), "refuse alias_domain subaddress quarantine");
    assert_eq!(b.way("contact+shop@bakery.example"), "accept subaddress mailbox");
}

#[test]
fn mail_to_a_suspended_organisation_waits_where_somebody_has_the_address() {
    let b = Business::new();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    b.sys(DeleteMailbox { mailbox: orders, on_dependants: GO_ON });
    b.sys(SuspendOrganisation { organisation: b.organisation });
    assert_eq!(b.way(CONTACT), "defer mailbox");
    assert_eq!(b.way("orders@bakery.example"), "refuse quarantine");
    assert_eq!(b.way("nobody@bakery.example"), "refuse unknown");
}

#[test]
fn a_deleted_organisation_has_no_domain() {
    let b = Business::new();
    b.sys(DeleteOrganisation { organisation: b.organisation, on_dependants: GO_ON });
    assert_eq!(b.way(CONTACT), "refuse unknown_domain");
}

// Senders

fn sends_as(b: &Business, from: &str) -> bool {
    b.directory.may_send_as(b.assistant, b.contact, &addr(from)).unwrap()
}

#[test]
fn one_sends_as_the_mailbox_its_subaddresses_and_the_aliases_that_may_send() {
    let b = Business::new();
    second(&b);
    b.sys(AddAlias::new(b.contact, addr("hello@bakery.example")));
    b.sys(AddAlias::new(b.contact, addr("noreply@bakery.example")));
    let (mailbox, sending) = (b.contact, AliasSending::Refused);
    b.sys(SetAliasSending { mailbox, address: addr("noreply@bakery.example"), sending });
    catch_all(&b, b.contact);
    let senders = b.directory.senders(b.assistant, b.contact).unwrap();
    assert_eq!(
        addresses(&senders),
        [CONTACT, "contact@second.example", "hello@bakery.example", "hello@second.example"]
    );
    for allowed in [CONTACT, "contact+x@bakery.example", "contact+x@second.example", "Hello@second.example"] {
        assert!(sends_as(&b, allowed), "{allowed}");
    }
    for refused in [
        "noreply@bakery.example",
        "noreply@second.example",
        "hello+x@bakery.example",
        "anyone@bakery.example",
        "contact@elsewhere.example",
        "contact-x@bakery.example",
    ] {
        assert!(!sends_as(&b, refused), "{refused}");
    }
}

#[test]
fn nobody_sends_as_a_subaddress_that_is_another_mailbox() {
    let b = Business::new();
    b.mailbox(b.organisation, "contact+board@bakery.example");
    assert!(sends_as(&b, "contact+x@bakery.example"));
    assert!(!sends_as(&b, "contact+board@bakery.example"));
}

#[test]
fn without_a_separator_nobody_sends_as_a_subaddress() {
    let b = Business::new();
    separator(&b, None);
    assert!(sends_as(&b, CONTACT));
    assert!(!sends_as(&b, "contact+x@bakery.example"));
}

#[test]
fn nobody_sends_without_effective_access_to_send() {
    let stop: [fn(&Business); 6] = [
        |b| b.sys(ChangeGrant { mailbox: b.contact, user: b.assistant, rights: [Right::Devices].into() }),
        |b| {
            let expires = Some(b.in_days(1));
            b.sys(SetGrantExpiry { mailbox: b.contact, user: b.assistant, expires });
            b.days(1);
        },
        |b| b.sys(SuspendUser { user: b.assistant }),
        |b| b.sys(HoldSending { mailbox: b.contact }),
        |b| b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: GO_ON }),
        |b| b.sys(SuspendOrganisation { organisation: b.organisation }),
    ];
    for (place, stop) in stop.iter().enumerate() {
        let b = Business::new();
        let phone = b.device(b.assistant, b.contact, [Protocol::Smtp]).id;
        assert!(sends_as(&b, CONTACT));
        assert!(b.directory.may_send_as(phone, b.contact, &addr(CONTACT)).unwrap());
        stop(&b);
        assert!(b.directory.senders(b.assistant, b.contact).unwrap().addresses.is_empty(), "{place}");
        assert!(b.directory.senders(phone, b.contact).unwrap().addresses.is_empty(), "{place}");
    }
}

#[test]
fn a_manager_without_a_grant_sends_as_nothing() {
    let b = Business::new();
    assert!(b.directory.senders(b.owner, b.contact).unwrap().addresses.is_empty());
    assert!(b.directory.senders(b.outsider, b.contact).unwrap().addresses.is_empty());
}

#[test]
fn a_device_sends_by_smtp_from_its_own_mailbox_while_it_works() {
    let b = Business::new();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    let sends =
        |device: DeviceId, mailbox| !b.directory.senders(device, mailbox).unwrap().addresses.is_empty();
    let robot = b.robot(b.contact, [Protocol::Smtp, Protocol::Imap]).id;
    assert!(sends(robot, b.contact));
    assert!(!sends(robot, orders));
    let bounds = Bounds { protocols: [Protocol::Imap].into(), networks: None, expires: None };
    b.sys(NarrowDevice { device: robot, bounds });
    assert!(!sends(robot, b.contact));
    let revoked = b.robot(b.contact, [Protocol::Smtp]).id;
    b.sys(RevokeDevice { device: revoked });
    assert!(!sends(revoked, b.contact));
}

#[test]
fn nothing_is_sent_from_a_mailbox_that_is_not_there() {
    let b = Business::new();
    let unknown = "mbx_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    assert!(b.directory.senders(b.assistant, unknown).unwrap().addresses.is_empty());
}
