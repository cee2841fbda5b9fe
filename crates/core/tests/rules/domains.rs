//! The rules about domains: adding, proving, removing, catch-alls, and domains that are another name of one.

use std::time::Duration;

use crate::common::*;
use mailgrant::alias::AddAlias;
use mailgrant::domain::*;
use mailgrant::mailbox::{CloseMailbox, DeleteMailbox, OpenMailbox};
use mailgrant::membership::SuspendMember;
use mailgrant::organisation::DeleteOrganisation;
use mailgrant::user::SuspendUser;
use mailgrant::*;

fn name(text: &str) -> DomainName {
    text.parse().unwrap()
}

fn add(organisation: OrganisationId, domain: &str) -> AddDomain {
    AddDomain { organisation, name: name(domain) }
}

fn verify(organisation: OrganisationId, domain: &str) -> VerifyDomain {
    VerifyDomain { organisation, name: name(domain) }
}

fn remove(organisation: OrganisationId, domain: &str) -> RemoveDomain {
    RemoveDomain { organisation, name: name(domain), on_dependants: OnDependants::Refuse }
}

fn catch_all(
    organisation: OrganisationId,
    domain: &str,
    mailbox: impl Into<Option<MailboxId>>,
) -> SetCatchAll {
    let (domain, mailbox) = (name(domain), mailbox.into());
    SetCatchAll { organisation, domain, mailbox, on_dependants: OnDependants::Refuse }
}

fn alias<'a>(organisation: OrganisationId, domain: &str, of: impl Into<Option<&'a str>>) -> SetDomainAlias {
    let (domain, of) = (name(domain), of.into().map(name));
    SetDomainAlias { organisation, domain, of, on_dependants: OnDependants::Refuse }
}

/// Whoever manages domains, and nobody else, in the business.
fn domain_manager(business: &Business) -> UserId {
    business.manager(business.organisation, "dora@people.example", Service::Domains)
}

// Who may.

#[test]
fn owners_admins_and_those_who_manage_domains_add_alias_and_remove_them() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    for actor in [
        Actor::User(business.owner),
        Actor::User(admin),
        Actor::User(domain_manager(&business)),
        business.system.clone(),
    ] {
        business.run(&actor, add(organisation, "pastry.example"));
        business.sys(verify(organisation, "pastry.example"));
        business.run(&actor, alias(organisation, "pastry.example", "bakery.example"));
        business.run(&actor, remove(organisation, "pastry.example"));
    }
}

#[test]
fn other_members_touch_no_domain() {
    let business = Business::new();
    let organisation = business.organisation;
    let using = business.person("una@people.example");
    let services = Services::from([(Service::Domains, Level::Use), (Service::Mail, Level::Manage)]);
    business.sys(membership::AddMember { organisation, user: using, role: Role::Collaborator, services });
    let collaborator = business.member(organisation, "carl@people.example", Role::Collaborator);
    for actor in [using, collaborator, business.assistant] {
        all_refused!(
            business,
            Actor::User(actor),
            "access.denied",
            [
                add(organisation, "pastry.example"),
                verify(organisation, "bakery.example"),
                remove(organisation, "bakery.example"),
                alias(organisation, "bakery.example", None),
            ]
        );
        let asked = business.directory.domains(&Actor::User(actor), organisation, &PageRequest::default());
        business.hidden(asked, "access.denied");
    }
}

#[test]
fn outsiders_suspended_members_and_bearers_find_no_organisation_to_add_to() {
    let business = Business::new();
    let organisation = business.organisation;
    let manager = domain_manager(&business);
    business.run(business.owner, SuspendMember { organisation, user: manager });
    for actor in [Actor::User(business.outsider), Actor::User(manager), Actor::Bearer] {
        all_refused!(
            business,
            actor,
            "organisation.not_found",
            [
                add(organisation, "pastry.example"),
                remove(organisation, "bakery.example"),
                alias(organisation, "bakery.example", None),
                catch_all(organisation, "bakery.example", None),
            ]
        );
    }
}

#[test]
fn a_suspended_user_manages_no_domains() {
    let business = Business::new();
    let manager = domain_manager(&business);
    business.sys(SuspendUser { user: manager });
    business.refused(manager, add(business.organisation, "pastry.example"), "actor.suspended");
}

#[test]
fn only_the_host_reports_a_proof() {
    let business = Business::new();
    let organisation = business.organisation;
    business.run(business.owner, add(organisation, "pastry.example"));
    for actor in [Actor::User(business.owner), Actor::User(business.outsider), Actor::Bearer] {
        business.refused(actor, verify(organisation, "pastry.example"), "access.denied");
    }
}

// Proving.

#[test]
fn a_domain_is_pending_with_a_challenge_until_the_host_saw_its_proof() {
    let business = Business::new();
    let organisation = business.organisation;
    let added = business.run(business.owner, add(organisation, "pastry.example"));
    assert!(added.challenge.starts_with("mailgrant-") && added.challenge.len() > 32);
    assert_eq!(added.lapses, business.now().plus(Duration::from_secs(7 * 86_400)));
    let open = || OpenMailbox::new(organisation, addr("info@pastry.example"));
    business.refused(business.owner, open(), "domain.unverified");
    assert_eq!(business.directory.resolve(&addr("info@pastry.example")).unwrap().way, [Step::UnknownDomain]);
    business.sys(verify(organisation, "pastry.example"));
    business.run(business.owner, open());
}

#[test]
fn every_challenge_is_another_one() {
    let business = Business::new();
    let challenges = ["one.example", "two.example"]
        .map(|domain| business.run(business.owner, add(business.organisation, domain)).challenge);
    assert_ne!(challenges[0], challenges[1]);
}

#[test]
fn a_pending_domain_blocks_nobody() {
    let business = Business::new();
    let other = business
        .run(business.outsider, organisation::FoundOrganisation { name: "Mill".into(), owner: None })
        .organisation;
    business.run(business.owner, add(business.organisation, "pastry.example"));
    business.run(business.outsider, add(other, "pastry.example"));
    business.sys(verify(other, "pastry.example"));
    business.refused(
        business.system.clone(),
        verify(business.organisation, "pastry.example"),
        "domain.taken",
    );
    business.mailbox(other, "info@pastry.example");
}

#[test]
fn a_verified_domain_is_one_organisations_alone() {
    let business = Business::new();
    let other = business
        .run(business.outsider, organisation::FoundOrganisation { name: "Mill".into(), owner: None })
        .organisation;
    business.refused(business.outsider, add(other, "bakery.example"), "domain.taken");
    business.refused(business.outsider, add(other, "BAKERY.example"), "domain.taken");
}

#[test]
fn an_organisation_adds_a_domain_once() {
    let business = Business::new();
    let organisation = business.organisation;
    business.refused(business.owner, add(organisation, "bakery.example"), "domain.exists");
    business.run(business.owner, add(organisation, "bücher.example"));
    business.refused(business.owner, add(organisation, "xn--bcher-kva.example"), "domain.exists");
}

#[test]
fn verifying_again_does_nothing() {
    let business = Business::new();
    let before = business.store.dump();
    business.sys(verify(business.organisation, "bakery.example"));
    assert_eq!(business.store.dump(), before);
}

#[test]
fn a_domain_that_was_never_added_cannot_be_verified() {
    let business = Business::new();
    business.refused(
        business.system.clone(),
        verify(business.organisation, "pastry.example"),
        "domain.not_found",
    );
}

#[test]
fn a_pending_domain_lapses_after_seven_days_to_the_millisecond() {
    let business = Business::new();
    let organisation = business.organisation;
    let lapses = business.run(business.owner, add(organisation, "late.example")).lapses;
    business.run(business.owner, add(organisation, "early.example"));
    business.set(lapses.minus(Duration::from_millis(1)));
    business.sys(verify(organisation, "early.example"));
    business.set(lapses);
    business.refused(business.system.clone(), verify(organisation, "late.example"), "domain.lapsed");
}

#[test]
fn a_lapsed_domain_is_not_listed_and_can_be_added_anew() {
    let business = Business::new();
    let organisation = business.organisation;
    let first = business.run(business.owner, add(organisation, "late.example"));
    business.set(first.lapses);
    let owner = Actor::User(business.owner);
    let listed = business.directory.domains(&owner, organisation, &PageRequest::default()).unwrap().items;
    assert_eq!(listed.iter().map(|domain| domain.name.as_str()).collect::<Vec<_>>(), ["bakery.example"]);
    let second = business.run(business.owner, add(organisation, "late.example"));
    assert_ne!(first.challenge, second.challenge);
    business.sys(verify(organisation, "late.example"));
}

// Removing.

#[test]
fn a_removed_domain_is_free_for_others() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    business.run(business.owner, remove(organisation, "pastry.example"));
    business.refused(business.owner, remove(organisation, "pastry.example"), "domain.not_found");
    business.organisation(business.outsider, "pastry.example");
}

#[test]
fn a_domain_with_a_mailbox_or_an_alias_is_not_removed() {
    let business = Business::new();
    let organisation = business.organisation;
    let error = business.refused(business.owner, remove(organisation, "bakery.example"), "domain.in_use");
    assert_eq!(error.details()["by"], "addresses");
    business.domain(organisation, "pastry.example");
    business.sys(AddAlias::new(business.contact, addr("hello@pastry.example")));
    business.refused(business.owner, remove(organisation, "pastry.example"), "domain.in_use");
}

#[test]
fn a_domain_with_only_quarantined_addresses_is_removed() {
    let business = Business::new();
    let mailbox = business.contact;
    business.run(business.owner, DeleteMailbox { mailbox, on_dependants: OnDependants::Refuse });
    business.run(business.owner, remove(business.organisation, "bakery.example"));
    let other = business.organisation(business.outsider, "bakery.example");
    business.mailbox(other, "contact@bakery.example");
}

#[test]
fn a_domain_that_another_is_a_name_of_is_not_removed() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "main.example");
    business.domain(organisation, "other.example");
    business.run(business.owner, alias(organisation, "other.example", "main.example"));
    let error = business.refused(business.owner, remove(organisation, "main.example"), "domain.in_use");
    assert_eq!(error.details()["by"], "alias_domains");
    business.run(business.owner, remove(organisation, "other.example"));
    business.run(business.owner, remove(organisation, "main.example"));
}

#[test]
fn a_domain_whose_catch_all_gets_somebodys_login_mail_is_not_removed_unawares() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    business.run(business.owner, catch_all(organisation, "pastry.example", business.contact));
    business.person("anyone@pastry.example");
    business.refused(business.owner, remove(organisation, "pastry.example"), "login.depends");
    business.refused(business.owner, catch_all(organisation, "pastry.example", None), "login.depends");
    let go_on = RemoveDomain { on_dependants: OnDependants::GoOn, ..remove(organisation, "pastry.example") };
    business.run(business.owner, go_on);
}

#[test]
fn mail_of_a_suspended_user_holds_no_domain_back() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    business.run(business.owner, catch_all(organisation, "pastry.example", business.contact));
    let user = business.person("anyone@pastry.example");
    business.sys(SuspendUser { user });
    business.run(business.owner, remove(organisation, "pastry.example"));
}

// Catch-alls.

#[test]
fn a_catch_all_gets_what_nobody_else_does_but_never_what_is_for_the_managers() {
    let business = Business::new();
    business.run(business.owner, catch_all(business.organisation, "bakery.example", business.contact));
    let resolved = business.directory.resolve(&addr("whoever@bakery.example")).unwrap();
    assert_eq!((resolved.mailbox, resolved.way), (Some(business.contact), vec![Step::CatchAll]));
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
        let resolved = business.directory.resolve(&addr(&format!("{role}@bakery.example"))).unwrap();
        assert_eq!((resolved.delivery, resolved.mailbox), (Delivery::Refuse, None), "{role}");
    }
}

#[test]
fn managers_of_mail_set_the_catch_all_and_managers_of_domains_do_not() {
    let business = Business::new();
    let organisation = business.organisation;
    let mail = business.manager(organisation, "mia@people.example", Service::Mail);
    business.run(mail, catch_all(organisation, "bakery.example", business.contact));
    let domains = domain_manager(&business);
    business.refused(domains, catch_all(organisation, "bakery.example", None), "access.denied");
    business.refused(business.assistant, catch_all(organisation, "bakery.example", None), "access.denied");
}

#[test]
fn a_catch_all_is_a_mailbox_of_the_same_organisation() {
    let business = Business::new();
    let other = business.organisation(business.outsider, "mill.example");
    let theirs = business.mailbox(other, "info@mill.example");
    let organisation = business.organisation;
    business.refused(business.owner, catch_all(organisation, "bakery.example", theirs), "mailbox.not_found");
    let gone = business.mailbox(organisation, "gone@bakery.example");
    business.sys(DeleteMailbox { mailbox: gone, on_dependants: OnDependants::Refuse });
    business.refused(business.owner, catch_all(organisation, "bakery.example", gone), "mailbox.not_found");
}

#[test]
fn a_catch_all_needs_a_verified_domain_of_the_organisation() {
    let business = Business::new();
    let organisation = business.organisation;
    let contact = business.contact;
    business.refused(business.owner, catch_all(organisation, "mill.example", contact), "domain.not_found");
    business.run(business.owner, add(organisation, "pastry.example"));
    business.refused(business.owner, catch_all(organisation, "pastry.example", contact), "domain.unverified");
    business.organisation(business.outsider, "mill.example");
    business.refused(business.owner, catch_all(organisation, "mill.example", contact), "domain.not_found");
}

#[test]
fn another_name_of_a_domain_has_no_catch_all_of_its_own() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    business.run(business.owner, alias(organisation, "pastry.example", "bakery.example"));
    business.refused(
        business.owner,
        catch_all(organisation, "pastry.example", business.contact),
        "domain.alias",
    );
}

#[test]
fn the_mail_of_somebody_else_is_caught_only_by_an_owner() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    business.person("stranger@bakery.example");
    let caught = || catch_all(organisation, "bakery.example", business.contact);
    for actor in [Actor::User(admin), business.system.clone()] {
        let error = business.refused(actor, caught(), "address.reserved");
        assert_eq!(error.details()["address"], "stranger@bakery.example");
    }
    business.run(business.owner, caught());
}

#[test]
fn the_address_of_a_pending_invitation_is_caught_only_by_an_owner() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    business.invite(business.owner, organisation, "new@bakery.example", offer(Role::Collaborator));
    business.refused(admin, catch_all(organisation, "bakery.example", business.contact), "address.reserved");
    business.run(business.owner, catch_all(organisation, "bakery.example", business.contact));
}

#[test]
fn a_catch_all_that_gets_login_mail_is_not_redirected_unawares() {
    let business = Business::new();
    let organisation = business.organisation;
    business.run(business.owner, catch_all(organisation, "bakery.example", business.contact));
    business.person("anyone@bakery.example");
    let other = business.mailbox(organisation, "other@bakery.example");
    business.refused(business.owner, catch_all(organisation, "bakery.example", other), "login.depends");
    business.refused(
        business.owner,
        CloseMailbox { mailbox: business.contact, on_dependants: OnDependants::Refuse },
        "login.depends",
    );
}

// Domains that are another name.

#[test]
fn mail_to_another_name_of_a_domain_goes_where_the_domain_says() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    business.run(business.owner, alias(organisation, "pastry.example", "bakery.example"));
    let resolved = business.directory.resolve(&addr("contact@pastry.example")).unwrap();
    assert_eq!(
        (resolved.mailbox, resolved.way),
        (Some(business.contact), vec![Step::AliasDomain, Step::Mailbox])
    );
}

#[test]
fn another_name_of_a_domain_holds_no_addresses() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    business.run(business.owner, alias(organisation, "pastry.example", "bakery.example"));
    let open = OpenMailbox::new(organisation, addr("info@pastry.example"));
    business.refused(business.owner, open, "domain.alias");
    let added = AddAlias::new(business.contact, addr("hello@pastry.example"));
    business.refused(business.owner, added, "domain.alias");
}

#[test]
fn a_domain_that_is_no_other_name_any_more_holds_addresses_again() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    business.run(business.owner, alias(organisation, "pastry.example", "bakery.example"));
    business.run(business.owner, alias(organisation, "pastry.example", None));
    business.mailbox(organisation, "info@pastry.example");
}

#[test]
fn there_are_no_chains_and_no_circles_of_names() {
    let business = Business::new();
    let organisation = business.organisation;
    for domain in ["one.example", "two.example"] {
        business.domain(organisation, domain);
    }
    business.refused(business.owner, alias(organisation, "one.example", "one.example"), "domain.alias");
    business.run(business.owner, alias(organisation, "one.example", "bakery.example"));
    business.refused(business.owner, alias(organisation, "two.example", "one.example"), "domain.alias");
    business.run(business.owner, alias(organisation, "one.example", None));
    business.run(business.owner, alias(organisation, "one.example", "two.example"));
    business.refused(business.owner, alias(organisation, "two.example", "bakery.example"), "domain.in_use");
}

#[test]
fn a_domain_with_addresses_or_a_catch_all_becomes_no_other_name() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "main.example");
    business.refused(business.owner, alias(organisation, "bakery.example", "main.example"), "domain.in_use");
    business.domain(organisation, "pastry.example");
    business.run(business.owner, catch_all(organisation, "pastry.example", business.contact));
    business.refused(business.owner, alias(organisation, "pastry.example", "main.example"), "domain.in_use");
}

#[test]
fn both_names_are_verified_domains_of_the_organisation() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    business.organisation(business.outsider, "mill.example");
    business.run(business.owner, add(organisation, "pending.example"));
    business.refused(
        business.owner,
        alias(organisation, "pastry.example", "mill.example"),
        "domain.not_found",
    );
    business.refused(
        business.owner,
        alias(organisation, "mill.example", "pastry.example"),
        "domain.not_found",
    );
    business.refused(
        business.owner,
        alias(organisation, "pending.example", "bakery.example"),
        "domain.unverified",
    );
    business.refused(
        business.owner,
        alias(organisation, "pastry.example", "pending.example"),
        "domain.unverified",
    );
}

#[test]
fn a_name_by_which_somebody_gets_login_mail_is_not_dropped_unawares() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    business.run(business.owner, alias(organisation, "pastry.example", "bakery.example"));
    business.person("contact@pastry.example");
    business.refused(business.owner, alias(organisation, "pastry.example", None), "login.depends");
    business.refused(business.owner, remove(organisation, "pastry.example"), "login.depends");
    let manager = domain_manager(&business);
    let go_on =
        SetDomainAlias { on_dependants: OnDependants::GoOn, ..alias(organisation, "pastry.example", None) };
    business.run(manager, go_on);
}

#[test]
fn a_name_that_would_bring_somebody_elses_mail_is_given_only_by_an_owner() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    business.person("contact@pastry.example");
    let manager = domain_manager(&business);
    business.refused(manager, alias(organisation, "pastry.example", "bakery.example"), "address.reserved");
    business.run(business.owner, alias(organisation, "pastry.example", "bakery.example"));
}

// Names.

#[test]
fn names_that_are_no_domains_are_refused() {
    let long_label = format!("{}.example", "x".repeat(64));
    let long = format!("{}example", "x.".repeat(130));
    for text in [
        "",
        "example",
        ".",
        "a..example",
        "-a.example",
        "a_b.example",
        "a b.example",
        &long_label,
        &long,
        "a.example/",
    ] {
        assert_eq!(code(text.parse::<DomainName>()), Some(Code::DomainInvalid), "{text}");
    }
}

#[test]
fn a_domain_is_the_same_in_letters_and_in_a_labels() {
    assert_eq!(name("Bücher.Example"), name("xn--bcher-kva.example"));
    assert_eq!(name("BÜCHER.example").as_str(), "xn--bcher-kva.example");
}

#[test]
fn a_preview_of_removing_changes_nothing_and_a_batch_sees_the_removal() {
    let business = Business::new();
    let organisation = business.organisation;
    business.domain(organisation, "pastry.example");
    let owner = Actor::User(business.owner);
    let before = business.store.dump();
    business.directory.preview(&owner, remove(organisation, "pastry.example")).unwrap();
    assert_eq!(business.store.dump(), before);
    business
        .directory
        .batch(|batch| {
            batch.run(&owner, remove(organisation, "pastry.example"))?;
            assert_eq!(
                code(batch.run(&owner, remove(organisation, "pastry.example"))),
                Some(Code::DomainNotFound)
            );
            batch.run(&owner, add(organisation, "pastry.example")).map(drop)
        })
        .unwrap();
}

#[test]
fn a_domain_moves_to_another_organisation_in_one_commit() {
    let business = Business::new();
    let other = business
        .run(business.outsider, organisation::FoundOrganisation { name: "Mill".into(), owner: None })
        .organisation;
    let system = business.system.clone();
    let organisation = business.organisation;
    business
        .directory
        .batch(|batch| {
            batch.run(&system, DeleteOrganisation { organisation, on_dependants: OnDependants::GoOn })?;
            batch.run(&system, add(other, "bakery.example"))?;
            batch.run(&system, verify(other, "bakery.example"))?;
            batch.run(&system, OpenMailbox::new(other, addr("contact@bakery.example")))
        })
        .unwrap();
    let resolved = business.directory.resolve(&addr("contact@bakery.example")).unwrap();
    assert_eq!(resolved.organisation, Some(other));
}
