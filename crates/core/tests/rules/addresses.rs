//! The rules about addresses: quarantine, reclaiming, look-alikes, reserved ones, and the mail that people sign in by.

use std::time::Duration;

use crate::common::*;
use mailgrant::alias::{AddAlias, RemoveAlias};
use mailgrant::domain::{AddDomain, RemoveDomain, SetCatchAll, SetDomainAlias, VerifyDomain};
use mailgrant::grant::ChangeGrant;
use mailgrant::invitation::{DeclineInvitation, Invite};
use mailgrant::mailbox::*;
use mailgrant::organisation::{DeleteOrganisation, SetPolicy};
use mailgrant::user::*;
use mailgrant::*;

const CONTACT: &str = "contact@bakery.example";
const HELLO: &str = "hello@bakery.example";
const TICK: Duration = Duration::from_millis(1);
const REFUSE: OnDependants = OnDependants::Refuse;

fn name(domain: &str) -> DomainName {
    domain.parse().unwrap()
}

fn open(b: &Business, address: &str) -> OpenMailbox {
    OpenMailbox::new(b.organisation, addr(address))
}

fn rename(b: &Business, address: &str, former: FormerAddress, on_dependants: OnDependants) -> RenameMailbox {
    let address = addr(address);
    RenameMailbox { mailbox: b.contact, address, former, reclaim: Reclaim::No, on_dependants }
}

fn remove(b: &Business, address: &str, on_dependants: OnDependants) -> RemoveAlias {
    RemoveAlias { mailbox: b.contact, address: addr(address), on_dependants }
}

fn catch_all(
    b: &Business,
    domain: &str,
    mailbox: Option<MailboxId>,
    on_dependants: OnDependants,
) -> SetCatchAll {
    SetCatchAll { organisation: b.organisation, domain: name(domain), mailbox, on_dependants }
}

fn alias_of(b: &Business, domain: &str, of: Option<&str>, on_dependants: OnDependants) -> SetDomainAlias {
    let (domain, of) = (name(domain), of.map(name));
    SetDomainAlias { organisation: b.organisation, domain, of, on_dependants }
}

fn policy(b: &Business, policy: Policy, on_dependants: OnDependants) -> SetPolicy {
    SetPolicy { organisation: b.organisation, policy, on_dependants }
}

fn delete(mailbox: MailboxId) -> DeleteMailbox {
    DeleteMailbox { mailbox, on_dependants: REFUSE }
}

fn invite(b: &Business, address: &str) -> mailgrant::invitation::Invited {
    let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![] };
    b.run(b.owner, Invite { organisation: b.organisation, address: addr(address), offer })
}

/// Gives somebody a verified recovery address.
fn recovery(b: &Business, user: UserId, address: &str) {
    b.sys(SetRecoveryAddress { user, address: addr(address) });
    let token = b.sys(IssueConfirmation { user, of: AddressKind::Recovery }).token.reveal();
    b.run(Actor::Bearer, ConfirmAddress { token: (&*token).into() });
}

// Quarantine

#[test]
fn a_freed_address_is_refused_until_the_instant_its_quarantine_ends() {
    let b = Business::new();
    b.run(b.owner, delete(b.contact));
    let end = b.in_days(30);
    b.clock.set(end.minus(TICK));
    assert_eq!(b.way(CONTACT), "refuse quarantine");
    let error = b.refused(b.owner, open(&b, CONTACT), "address.quarantined");
    assert_eq!(error.details()["until"], end.as_millis());
    b.advance(TICK);
    assert_eq!(b.way(CONTACT), "refuse unknown");
    b.run(b.owner, open(&b, CONTACT));
}

#[test]
fn nothing_gets_an_address_in_quarantine_unless_it_is_reclaimed() {
    let b = Business::new();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    b.run(b.owner, delete(orders));
    let orders = "orders@bakery.example";
    b.refused(b.owner, open(&b, orders), "address.quarantined");
    b.refused(b.owner, AddAlias::new(b.contact, addr(orders)), "address.quarantined");
    b.refused(b.owner, rename(&b, orders, FormerAddress::Free, REFUSE), "address.quarantined");
    b.run(b.owner, AddAlias::new(b.contact, addr(orders)).reclaim(Reclaim::Yes));
    b.run(b.owner, remove(&b, orders, REFUSE));
    b.run(b.owner, open(&b, orders).reclaim(Reclaim::Yes));
}

#[test]
fn each_manager_reclaims_an_address() {
    each_manager(|b, _, actor| {
        b.run(b.owner, delete(b.contact));
        b.run(&actor, open(b, CONTACT).reclaim(Reclaim::Yes));
        assert_eq!(b.way(CONTACT), "accept mailbox");
    });
}

#[test]
fn a_grant_with_aliases_reclaims_nothing() {
    let b = Business::new();
    b.sys(ChangeGrant { mailbox: b.contact, user: b.assistant, rights: [Right::Aliases].into() });
    b.run(b.assistant, AddAlias::new(b.contact, addr(HELLO)));
    b.run(b.assistant, remove(&b, HELLO, REFUSE));
    let again = AddAlias::new(b.contact, addr(HELLO)).reclaim(Reclaim::Yes);
    b.refused(b.assistant, again, "address.quarantined");
}

#[test]
fn a_renamed_mailbox_takes_its_former_address_back_by_reclaiming_it() {
    let b = Business::new();
    b.run(b.owner, rename(&b, "office@bakery.example", FormerAddress::Free, REFUSE));
    b.refused(b.owner, rename(&b, CONTACT, FormerAddress::Free, REFUSE), "address.quarantined");
    let back = RenameMailbox { reclaim: Reclaim::Yes, ..rename(&b, CONTACT, FormerAddress::Free, REFUSE) };
    b.run(b.owner, back);
    assert_eq!(b.target(CONTACT), Some(b.contact));
}

#[test]
fn mail_for_a_subaddress_or_the_catch_all_never_passes_a_quarantine() {
    let b = Business::new();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    b.sys(catch_all(&b, "bakery.example", Some(b.contact), REFUSE));
    b.run(b.owner, delete(orders));
    assert_eq!(b.way("orders@bakery.example"), "refuse quarantine");
    assert_eq!(b.way("orders+x@bakery.example"), "refuse subaddress quarantine");
}

#[test]
fn the_policy_says_how_long_a_quarantine_lasts() {
    let b = Business::new();
    b.run(b.owner, policy(&b, Policy { quarantine_days: 3, ..Policy::default() }, REFUSE));
    b.run(b.owner, delete(b.contact));
    b.run(b.owner, policy(&b, Policy { quarantine_days: 90, ..Policy::default() }, REFUSE));
    b.days(3);
    assert_eq!(b.way(CONTACT), "refuse unknown", "as it was when the address was freed");
}

#[test]
fn a_quarantine_outlives_the_domain_in_the_same_organisation() {
    let b = Business::new();
    b.run(b.owner, delete(b.contact));
    b.run(
        b.owner,
        RemoveDomain { organisation: b.organisation, name: name("bakery.example"), on_dependants: REFUSE },
    );
    b.domain(b.organisation, "bakery.example");
    b.refused(b.owner, open(&b, CONTACT), "address.quarantined");
}

#[test]
fn a_quarantine_ends_when_another_organisation_verifies_the_domain() {
    let b = Business::new();
    let crowd = b.crowd();
    b.run(b.owner, delete(b.contact));
    b.run(b.owner, DeleteOrganisation { organisation: b.organisation, on_dependants: REFUSE });
    let (organisation, domain) = (crowd.rivals, name("bakery.example"));
    b.run(crowd.rival, AddDomain { organisation, name: domain.clone() });
    b.sys(VerifyDomain { organisation, name: domain });
    b.run(crowd.rival, OpenMailbox::new(organisation, addr(CONTACT)));
}

// Look-alikes

/// `о` is Cyrillic.
const LOOK_ALIKE: &str = "cоntact@bakery.example";

#[test]
fn an_address_that_looks_like_another_of_the_domain_is_refused() {
    let b = Business::new();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    let error = b.refused(b.owner, open(&b, LOOK_ALIKE), "address.look_alike");
    assert_eq!(error.details()["other"], CONTACT);
    b.refused(b.owner, AddAlias::new(orders, addr(LOOK_ALIKE)), "address.look_alike");
    let command = RenameMailbox {
        mailbox: orders,
        address: addr(LOOK_ALIKE),
        former: FormerAddress::Free,
        reclaim: Reclaim::Yes,
        on_dependants: OnDependants::GoOn,
    };
    b.refused(b.owner, command, "address.look_alike");
}

#[test]
fn an_ascii_address_that_looks_like_a_foreign_one_is_refused() {
    let b = Business::new();
    b.run(b.owner, delete(b.contact));
    b.run(b.owner, open(&b, LOOK_ALIKE));
    b.refused(b.owner, open(&b, CONTACT).reclaim(Reclaim::Yes), "address.look_alike");
}

#[test]
fn an_alias_is_looked_at_like_a_mailbox() {
    let b = Business::new();
    b.sys(AddAlias::new(b.contact, addr("paypa1@bakery.example")));
    b.refused(b.owner, open(&b, "раураl@bakery.example"), "address.look_alike");
}

#[test]
fn two_ascii_addresses_are_never_look_alikes() {
    let b = Business::new();
    b.mailbox(b.organisation, "bill@bakery.example");
    b.mailbox(b.organisation, "bi11@bakery.example");
}

#[test]
fn look_alikes_are_of_one_domain() {
    let b = Business::new();
    b.domain(b.organisation, "second.example");
    b.run(b.owner, open(&b, "cоntact@second.example"));
}

#[test]
fn a_foreign_address_that_looks_like_no_other_is_opened() {
    let b = Business::new();
    b.run(b.owner, open(&b, "bäckerei@bakery.example"));
    b.run(b.owner, open(&b, "пекарня@bakery.example"));
}

// Role names

const ROLES: [&str; 8] =
    ["postmaster", "abuse", "admin", "administrator", "hostmaster", "webmaster", "security", "mailer-daemon"];

#[test]
fn the_managers_alone_have_the_role_names() {
    let b = Business::new();
    b.sys(ChangeGrant { mailbox: b.contact, user: b.assistant, rights: [Right::Aliases].into() });
    for role in ROLES {
        let address = format!("{role}@bakery.example");
        b.refused(b.assistant, AddAlias::new(b.contact, addr(&address)), "address.reserved");
        b.run(b.owner, AddAlias::new(b.contact, addr(&address)));
        b.refused(b.assistant, remove(&b, &address, REFUSE), "address.reserved");
    }
    let shouted = AddAlias::new(b.contact, addr("PostMaster@bakery.example"));
    b.refused(b.assistant, shouted, "address.reserved");
}

#[test]
fn each_manager_opens_a_role_name() {
    each_manager(|b, _, actor| {
        b.run(&actor, open(b, "postmaster@bakery.example"));
    });
}

// Reserved addresses

/// Everything that would bring mail for `reserved` to a mailbox, refused to everyone but an owner.
fn only_an_owner_takes(b: &Business, crowd: &Crowd, reserved: &str) {
    let refused = |error: Error| {
        assert_eq!(error.details()["reason"], "somebody_else");
        assert_eq!(error.details()["address"], addr(reserved).canonical());
    };
    for actor in [Actor::User(crowd.admin), Actor::User(crowd.mail), b.system.clone()] {
        refused(b.refused(&actor, open(b, reserved), "address.reserved"));
        refused(b.refused(&actor, AddAlias::new(b.contact, addr(reserved)), "address.reserved"));
        let renamed = rename(b, reserved, FormerAddress::Alias, OnDependants::GoOn);
        refused(b.refused(&actor, renamed, "address.reserved"));
        let caught = catch_all(b, "bakery.example", Some(b.contact), OnDependants::GoOn);
        refused(b.refused(&actor, caught, "address.reserved"));
    }
    b.run(b.owner, open(b, reserved));
    b.run(crowd.mail, catch_all(b, "bakery.example", Some(b.contact), REFUSE));
}

#[test]
fn only_an_owner_takes_an_address_that_somebody_signs_in_with() {
    let b = Business::new();
    let crowd = b.crowd();
    b.person("zoe@bakery.example");
    only_an_owner_takes(&b, &crowd, "zoe@bakery.example");
}

#[test]
fn only_an_owner_takes_somebodys_recovery_address() {
    let b = Business::new();
    let crowd = b.crowd();
    recovery(&b, b.outsider, "zoe@bakery.example");
    only_an_owner_takes(&b, &crowd, "zoe@bakery.example");
}

#[test]
fn only_an_owner_takes_an_address_that_was_invited() {
    let b = Business::new();
    let crowd = b.crowd();
    invite(&b, "zoe@bakery.example");
    only_an_owner_takes(&b, &crowd, "zoe@bakery.example");
}

#[test]
fn an_invitation_reserves_its_address_even_after_its_expiry() {
    let b = Business::new();
    let crowd = b.crowd();
    invite(&b, "zoe@bakery.example");
    b.days(8);
    b.refused(crowd.admin, open(&b, "zoe@bakery.example"), "address.reserved");
}

#[test]
fn a_suspended_persons_login_is_reserved_too() {
    let b = Business::new();
    let crowd = b.crowd();
    let zoe = b.person("zoe@bakery.example");
    b.sys(SuspendUser { user: zoe });
    b.refused(crowd.admin, open(&b, "zoe@bakery.example"), "address.reserved");
}

#[test]
fn an_owner_catches_what_is_reserved() {
    let b = Business::new();
    b.person("zoe@bakery.example");
    b.run(b.owner, catch_all(&b, "bakery.example", Some(b.contact), REFUSE));
    assert_eq!(b.target("zoe@bakery.example"), Some(b.contact));
}

#[test]
fn one_takes_what_is_reserved_for_oneself() {
    let b = Business::new();
    let zoe = b.member(b.organisation, "zoe@bakery.example", Role::Admin);
    invite(&b, "zoe@bakery.example");
    b.run(zoe, open(&b, "zoe@bakery.example"));
}

#[test]
fn an_address_is_reserved_by_its_base_and_its_other_domains() {
    let b = Business::new();
    let crowd = b.crowd();
    b.domain(b.organisation, "second.example");
    b.sys(alias_of(&b, "second.example", Some("bakery.example"), REFUSE));
    b.person("zoe+login@bakery.example");
    b.person("yan@second.example");
    b.refused(crowd.admin, open(&b, "zoe@bakery.example"), "address.reserved");
    b.refused(crowd.admin, open(&b, "yan@bakery.example"), "address.reserved");
}

#[test]
fn a_domain_that_becomes_another_name_brings_nobody_elses_mail_but_to_an_owner() {
    let b = Business::new();
    let crowd = b.crowd();
    b.domain(b.organisation, "second.example");
    b.person("contact@second.example");
    for actor in [Actor::User(crowd.admin), Actor::User(crowd.domains), b.system.clone()] {
        let command = alias_of(&b, "second.example", Some("bakery.example"), OnDependants::GoOn);
        b.refused(&actor, command, "address.reserved");
    }
    b.run(b.owner, alias_of(&b, "second.example", Some("bakery.example"), REFUSE));
}

#[test]
fn an_address_is_free_when_nobody_gets_mail_there_any_more() {
    let b = Business::new();
    let crowd = b.crowd();
    let zoe = b.person("zoe@bakery.example");
    let token = invite(&b, "yan@bakery.example").token.reveal();
    b.sys(DeleteUser { user: zoe });
    b.run(Actor::Bearer, DeclineInvitation { token: (&*token).into() });
    b.run(crowd.admin, open(&b, "zoe@bakery.example"));
    b.run(crowd.admin, open(&b, "yan@bakery.example"));
}

#[test]
fn a_login_that_was_only_asked_for_reserves_nothing() {
    let b = Business::new();
    let crowd = b.crowd();
    b.run(b.outsider, ChangeLogin { user: b.outsider, login: addr("zoe@bakery.example") });
    b.run(crowd.admin, open(&b, "zoe@bakery.example"));
}

// Mail that people sign in by

/// A business where a member and an outsider sign in by mail to contact@, one by login and one by recovery.
struct Depended {
    b: Business,
    crowd: Crowd,
    member: UserId,
}

impl std::ops::Deref for Depended {
    type Target = Business;

    fn deref(&self) -> &Business {
        &self.b
    }
}

fn depended(login: &str) -> Depended {
    let b = Business::new();
    let crowd = b.crowd();
    b.sys(AddAlias::new(b.contact, addr(HELLO)));
    Depended { member: b.member(b.organisation, login, Role::External), b, crowd }
}

impl Depended {
    fn with_recovery(login: &str) -> Self {
        let d = depended(login);
        recovery(&d, d.outsider, login);
        d
    }

    /// Refused with the member named and `others` counted; goes through where a manager says so.
    #[track_caller]
    fn depends<C: Command>(&self, actor: UserId, others: u64, command: impl Fn(OnDependants) -> C) {
        let error = self.refused(actor, command(REFUSE), "login.depends");
        assert_eq!(error.details()["members"], serde_json::json!([self.member.to_string()]));
        assert_eq!(error.details()["others"], others);
        self.run(actor, command(OnDependants::GoOn));
    }
}

#[test]
fn renaming_a_mailbox_stops_no_mail_that_people_sign_in_by() {
    let d = Depended::with_recovery(CONTACT);
    d.depends(d.crowd.mail, 1, |choice| rename(&d, "office@bakery.example", FormerAddress::Free, choice));
}

#[test]
fn the_host_stops_no_mail_that_people_sign_in_by_either() {
    let d = Depended::with_recovery(CONTACT);
    let command = |on_dependants| SuspendMailbox { mailbox: d.contact, on_dependants };
    d.refused(d.system.clone(), command(REFUSE), "login.depends");
    d.sys(command(OnDependants::GoOn));
}

#[test]
fn renaming_a_mailbox_that_keeps_its_former_address_stops_no_mail() {
    let d = Depended::with_recovery(CONTACT);
    d.run(d.crowd.mail, rename(&d, "office@bakery.example", FormerAddress::Alias, REFUSE));
}

#[test]
fn suspending_a_mailbox_stops_no_mail_that_people_sign_in_by() {
    let d = Depended::with_recovery(CONTACT);
    let mailbox = d.contact;
    d.depends(d.crowd.mail, 1, |on_dependants| SuspendMailbox { mailbox, on_dependants });
}

#[test]
fn closing_a_mailbox_stops_no_mail_that_people_sign_in_by() {
    let d = Depended::with_recovery(CONTACT);
    let mailbox = d.contact;
    d.depends(d.crowd.mail, 1, |on_dependants| CloseMailbox { mailbox, on_dependants });
}

#[test]
fn deleting_a_mailbox_stops_no_mail_that_people_sign_in_by() {
    let d = Depended::with_recovery(CONTACT);
    let mailbox = d.contact;
    d.depends(d.crowd.mail, 1, |on_dependants| DeleteMailbox { mailbox, on_dependants });
}

#[test]
fn the_mail_of_an_alias_and_of_a_subaddress_counts_as_the_mailboxs() {
    for login in [HELLO, "contact+ada@bakery.example", "hello+ada@bakery.example"] {
        let d = depended(login);
        let mailbox = d.contact;
        d.depends(d.crowd.mail, 0, |on_dependants| SuspendMailbox { mailbox, on_dependants });
    }
}

#[test]
fn removing_an_alias_stops_no_mail_that_people_sign_in_by() {
    let d = Depended::with_recovery(HELLO);
    d.depends(d.crowd.mail, 1, |choice| remove(&d, HELLO, choice));
}

#[test]
fn removing_an_alias_that_nobody_signs_in_by_needs_no_word() {
    let d = depended(CONTACT);
    d.run(d.crowd.mail, remove(&d, HELLO, REFUSE));
}

#[test]
fn removing_a_catch_all_stops_no_mail_that_people_sign_in_by() {
    let d = depended("who@people.example");
    d.run(d.owner, catch_all(&d, "bakery.example", Some(d.contact), REFUSE));
    let member = d.member(d.organisation, "anyone@bakery.example", Role::External);
    recovery(&d, d.outsider, "anybody@bakery.example");
    let d = Depended { member, ..d };
    d.depends(d.crowd.mail, 1, |choice| catch_all(&d, "bakery.example", None, choice));
}

#[test]
fn another_catch_all_diverts_no_mail_that_people_sign_in_by() {
    let d = depended("who@people.example");
    d.run(d.owner, catch_all(&d, "bakery.example", Some(d.contact), REFUSE));
    let member = d.member(d.organisation, "anyone@bakery.example", Role::External);
    let d = Depended { member, ..d };
    let orders = d.mailbox(d.organisation, "orders@bakery.example");
    let command = |choice| catch_all(&d, "bakery.example", Some(orders), choice);
    d.depends(d.owner, 0, command);
}

#[test]
fn closing_a_catch_all_mailbox_stops_no_mail_that_people_sign_in_by() {
    let d = depended("who@people.example");
    d.run(d.owner, catch_all(&d, "bakery.example", Some(d.contact), REFUSE));
    let member = d.member(d.organisation, "anyone@bakery.example", Role::External);
    let d = Depended { member, ..d };
    let mailbox = d.contact;
    d.depends(d.crowd.mail, 0, |on_dependants| CloseMailbox { mailbox, on_dependants });
}

#[test]
fn another_separator_stops_no_mail_that_people_sign_in_by() {
    for separator in [None, Some('-')] {
        let d = Depended::with_recovery("contact+ada@bakery.example");
        d.depends(d.owner, 1, |choice| policy(&d, Policy { separator, ..Policy::default() }, choice));
    }
}

#[test]
fn a_policy_with_the_same_separator_needs_no_word() {
    let d = depended("contact+ada@bakery.example");
    d.run(d.owner, policy(&d, Policy { quarantine_days: 1, ..Policy::default() }, REFUSE));
}

#[test]
fn a_domain_that_is_no_other_name_any_more_stops_no_mail_that_people_sign_in_by() {
    let d = depended("who@people.example");
    d.domain(d.organisation, "second.example");
    d.sys(alias_of(&d, "second.example", Some("bakery.example"), REFUSE));
    let member = d.member(d.organisation, "contact@second.example", Role::External);
    recovery(&d, d.outsider, "hello+x@second.example");
    let d = Depended { member, ..d };
    d.depends(d.crowd.domains, 1, |choice| alias_of(&d, "second.example", None, choice));
}

#[test]
fn a_domain_that_becomes_the_name_of_another_diverts_no_mail_that_people_sign_in_by() {
    let d = depended("who@people.example");
    d.domain(d.organisation, "second.example");
    d.domain(d.organisation, "third.example");
    d.sys(alias_of(&d, "second.example", Some("bakery.example"), REFUSE));
    let member = d.member(d.organisation, "contact@second.example", Role::External);
    let d = Depended { member, ..d };
    d.depends(d.crowd.domains, 0, |choice| alias_of(&d, "second.example", Some("third.example"), choice));
}

#[test]
fn removing_a_domain_stops_no_mail_that_people_sign_in_by() {
    let d = depended("who@people.example");
    d.domain(d.organisation, "second.example");
    d.sys(alias_of(&d, "second.example", Some("bakery.example"), REFUSE));
    let member = d.member(d.organisation, "contact@second.example", Role::External);
    let d = Depended { member, ..d };
    let (organisation, second) = (d.organisation, name("second.example"));
    d.depends(d.crowd.domains, 0, |on_dependants| RemoveDomain {
        organisation,
        name: second.clone(),
        on_dependants,
    });
}

#[test]
fn removing_a_domain_with_a_catch_all_alone_stops_no_mail_that_people_sign_in_by() {
    let d = depended("who@people.example");
    d.domain(d.organisation, "second.example");
    d.run(d.owner, catch_all(&d, "second.example", Some(d.contact), REFUSE));
    let member = d.member(d.organisation, "anyone@second.example", Role::External);
    let d = Depended { member, ..d };
    let (organisation, second) = (d.organisation, name("second.example"));
    d.depends(d.crowd.domains, 0, |on_dependants| RemoveDomain {
        organisation,
        name: second.clone(),
        on_dependants,
    });
}

#[test]
fn deleting_an_organisation_stops_no_mail_that_people_sign_in_by() {
    let d = Depended::with_recovery(CONTACT);
    let organisation = d.organisation;
    d.depends(d.owner, 1, |on_dependants| DeleteOrganisation { organisation, on_dependants });
}

#[test]
fn a_domain_with_addresses_is_neither_removed_nor_made_another_name() {
    let d = depended("who@people.example");
    d.domain(d.organisation, "second.example");
    let (organisation, bakery) = (d.organisation, name("bakery.example"));
    let command = RemoveDomain { organisation, name: bakery, on_dependants: OnDependants::GoOn };
    d.refused(d.owner, command, "domain.in_use");
    let command = alias_of(&d, "bakery.example", Some("second.example"), OnDependants::GoOn);
    d.refused(d.owner, command, "domain.in_use");
}

#[test]
fn a_domain_that_others_are_names_of_is_neither_removed_nor_made_another_name() {
    let b = Business::new();
    for domain in ["second.example", "third.example", "fourth.example"] {
        b.domain(b.organisation, domain);
    }
    b.run(b.owner, alias_of(&b, "third.example", Some("second.example"), REFUSE));
    let second = name("second.example");
    let command = RemoveDomain { organisation: b.organisation, name: second, on_dependants: REFUSE };
    b.refused(b.owner, command, "domain.in_use");
    b.refused(b.owner, alias_of(&b, "second.example", Some("fourth.example"), REFUSE), "domain.in_use");
    b.refused(b.owner, alias_of(&b, "fourth.example", Some("third.example"), REFUSE), "domain.alias");
    b.refused(b.owner, alias_of(&b, "fourth.example", Some("fourth.example"), REFUSE), "domain.alias");
    b.refused(b.owner, catch_all(&b, "third.example", Some(b.contact), REFUSE), "domain.alias");
}

#[test]
fn a_catch_all_is_a_mailbox_of_the_same_organisation_and_set_by_its_managers() {
    let b = Business::new();
    let crowd = b.crowd();
    let set = |mailbox| catch_all(&b, "bakery.example", Some(mailbox), REFUSE);
    b.refused(b.owner, set(crowd.theirs), "mailbox.not_found");
    for member in [crowd.domains, crowd.guest, crowd.collaborator] {
        b.refused(member, set(b.contact), "access.denied");
    }
    b.refused(crowd.rival, set(b.contact), "organisation.not_found");
    b.refused(b.owner, catch_all(&b, "unknown.example", Some(b.contact), REFUSE), "domain.not_found");
    b.sys(AddDomain { organisation: b.organisation, name: name("pending.example") });
    b.refused(b.owner, catch_all(&b, "pending.example", Some(b.contact), REFUSE), "domain.unverified");
    for manager in [b.owner, crowd.admin, crowd.mail] {
        b.run(manager, set(b.contact));
    }
}

#[test]
fn a_suspended_person_and_an_invited_one_hold_nothing_up() {
    let d = depended(CONTACT);
    d.sys(SuspendUser { user: d.member });
    invite(&d, HELLO);
    d.run(d.crowd.mail, SuspendMailbox { mailbox: d.contact, on_dependants: REFUSE });
}

#[test]
fn mail_that_nobody_could_read_before_is_not_stopped() {
    let d = depended(CONTACT);
    d.run(d.crowd.mail, SuspendMailbox { mailbox: d.contact, on_dependants: OnDependants::GoOn });
    d.run(d.crowd.mail, CloseMailbox { mailbox: d.contact, on_dependants: REFUSE });
    d.run(d.crowd.mail, delete(d.contact));
}

#[test]
fn many_who_sign_in_by_one_address_are_named_once_each() {
    let d = depended(CONTACT);
    recovery(&d, d.member, HELLO);
    recovery(&d, d.outsider, HELLO);
    recovery(&d, d.crowd.rival, "contact+r@bakery.example");
    let mailbox = d.contact;
    d.depends(d.owner, 2, |on_dependants| SuspendMailbox { mailbox, on_dependants });
}

#[test]
fn a_grant_with_aliases_is_refused_without_the_reason_and_cannot_go_on() {
    let d = depended(HELLO);
    d.sys(ChangeGrant { mailbox: d.contact, user: d.assistant, rights: [Right::Aliases].into() });
    for choice in [REFUSE, OnDependants::GoOn] {
        let error = d.refused(d.assistant, remove(&d, HELLO, choice), "access.denied");
        let shown = format!("{error:?}");
        assert!(!shown.contains("sign") && !shown.contains("login"), "{shown}");
        assert!(!error.details().contains_key("members") && !error.details().contains_key("others"));
    }
}

#[test]
fn those_who_manage_domains_are_no_managers_of_an_alias() {
    let d = depended(HELLO);
    d.grant(d.contact, d.crowd.domains, [Right::Aliases]);
    for choice in [REFUSE, OnDependants::GoOn] {
        d.refused(d.crowd.domains, remove(&d, HELLO, choice), "access.denied");
    }
}

#[test]
fn a_grant_with_aliases_takes_nobodys_login() {
    let d = depended("zoe@bakery.example");
    d.sys(ChangeGrant { mailbox: d.contact, user: d.assistant, rights: [Right::Aliases].into() });
    d.refused(d.assistant, AddAlias::new(d.contact, addr("zoe@bakery.example")), "address.reserved");
}

#[test]
fn mail_that_was_diverted_on_purpose_is_the_managers_choice() {
    let d = Depended::with_recovery(CONTACT);
    d.run(d.crowd.admin, rename(&d, "office@bakery.example", FormerAddress::Free, OnDependants::GoOn));
    assert_eq!(d.way(CONTACT), "refuse quarantine");
}
