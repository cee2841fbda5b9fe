//! The rules about a domain that goes to another organisation with its mailboxes: two words, one commit.

use crate::common::agree::Asked;
use crate::common::*;
use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, For, RevokeDevice, RotateDevice};
use mailgrant::domain::*;
use mailgrant::grant::{ChangeGrant, GrantAccess, RevokeGrant};
use mailgrant::mailbox::*;
use mailgrant::membership::{AddMember, RemoveMember, SetRole, SuspendMember};
use mailgrant::organisation::{DeleteOrganisation, FoundOrganisation, SetPolicy, SuspendOrganisation, Sweep};
use mailgrant::user::{AddressKind, DeleteUser, FinishReset, StartReset, SuspendUser};
use mailgrant::*;

const DOMAIN: &str = "bakery.example";

/// The business, and Rita with an organisation that takes over.
struct Sale {
    business: Business,
    rita: UserId,
    buyers: OrganisationId,
}

impl std::ops::Deref for Sale {
    type Target = Business;

    fn deref(&self) -> &Business {
        &self.business
    }
}

impl Sale {
    fn new() -> Self {
        let business = Business::new();
        let rita = business.person("rita@people.example");
        let buyers = business.organisation(rita, "rita.example");
        Self { business, rita, buyers }
    }

    fn offer_of(&self, name: &str, access: OfferedAccess) -> OfferDomain {
        OfferDomain { organisation: self.organisation, name: name.parse().unwrap(), to: self.buyers, access }
    }

    /// The owner offers the domain.
    #[track_caller]
    fn offer(&self, access: OfferedAccess) -> DomainOffered {
        self.run(self.owner, self.offer_of(DOMAIN, access))
    }

    fn acceptance(&self, access: OfferedAccess) -> AcceptDomain {
        AcceptDomain {
            organisation: self.buyers,
            from: self.organisation,
            name: DOMAIN.parse().unwrap(),
            access,
            on_dependants: OnDependants::Refuse,
        }
    }

    #[track_caller]
    fn accept(&self, access: OfferedAccess) -> DomainAccepted {
        self.run(self.rita, self.acceptance(access))
    }

    #[track_caller]
    fn transfer(&self, access: OfferedAccess) -> DomainAccepted {
        self.offer(access);
        self.accept(access)
    }

    fn withdrawal(&self) -> WithdrawDomainOffer {
        WithdrawDomainOffer { organisation: self.organisation, name: DOMAIN.parse().unwrap() }
    }

    fn refusal(&self) -> DeclineDomainOffer {
        DeclineDomainOffer {
            organisation: self.buyers,
            from: self.organisation,
            name: DOMAIN.parse().unwrap(),
        }
    }

    /// Everything that can be asked of either organisation agrees with what its journal says.
    #[track_caller]
    fn all_agrees(&self, addresses: &[&str]) {
        let addresses: Vec<Address> = addresses.iter().map(|text| addr(text)).collect();
        for (organisation, addresses) in [(self.organisation, &[][..]), (self.buyers, &addresses[..])] {
            let asked = Asked { directory: &self.directory, organisation, now: self.now() };
            asked.journals_have_no_gaps(&asked.ever_members());
            asked.past_agrees_with_present(addresses);
            asked.access_agrees_with_may();
            asked.addresses_are_unique();
        }
    }

    fn offers(&self) -> Vec<OfferedDomain> {
        every(|page| self.directory.domain_offers(&Actor::User(self.rita), self.buyers, page))
            .collect::<Result<_, _>>()
            .unwrap()
    }
}

// The offer.

#[test]
fn the_other_side_learns_what_is_offered_and_no_more() {
    let sale = Sale::new();
    sale.mailbox(sale.organisation, "empty@bakery.example");
    let offered = sale.offer(OfferedAccess::GoesOn);
    assert_eq!((offered.mailboxes, offered.people), (2, 1));
    assert_eq!(offered.until, sale.in_days(14));
    let [seen] = sale.offers().try_into().unwrap();
    assert_eq!((seen.from, seen.name.as_str(), seen.domain.as_str()), (sale.organisation, DOMAIN, DOMAIN));
    assert_eq!((seen.access, seen.mailboxes, seen.people), (OfferedAccess::GoesOn, 2, 1));
    assert_eq!((seen.by, seen.at, seen.until), (By::User(sale.owner), sale.now(), sale.in_days(14)));
    let rita = Actor::User(sale.rita);
    sale.hidden(sale.directory.organisation(&rita, sale.organisation), "organisation.not_found");
    sale.hidden(sale.directory.mailbox(&rita, sale.contact), "mailbox.not_found");
}

#[test]
fn those_who_see_domains_see_the_offer() {
    let sale = Sale::new();
    sale.offer(OfferedAccess::Ends);
    let domains =
        sale.directory.domains(&Actor::User(sale.owner), sale.organisation, &PageRequest::default()).unwrap();
    let offer = domains.items[0].offer.as_ref().unwrap();
    assert_eq!((offer.to, offer.access), (sale.buyers, OfferedAccess::Ends));
}

#[test]
fn offering_alone_changes_nothing_about_access() {
    let sale = Sale::new();
    sale.offer(OfferedAccess::Ends);
    assert!(sale.may(sale.assistant, Right::Send, sale.contact));
    assert_eq!(sale.way("contact@bakery.example"), "accept mailbox");
}

#[test]
fn an_unknown_or_deleted_organisation_gets_no_offer() {
    let sale = Sale::new();
    sale.run(
        sale.rita,
        DeleteOrganisation { organisation: sale.buyers, on_dependants: OnDependants::Refuse },
    );
    sale.refused(sale.owner, sale.offer_of(DOMAIN, OfferedAccess::Ends), "organisation.not_found");
}

#[test]
fn what_is_not_verified_is_not_offered() {
    let sale = Sale::new();
    let name: DomainName = "pending.example".parse().unwrap();
    sale.run(sale.owner, AddDomain { organisation: sale.organisation, name });
    sale.refused(sale.owner, sale.offer_of("pending.example", OfferedAccess::Ends), "domain.unverified");
    sale.refused(sale.owner, sale.offer_of("unknown.example", OfferedAccess::Ends), "domain.not_found");
    sale.refused(sale.owner, sale.offer_of("rita.example", OfferedAccess::Ends), "domain.not_found");
}

#[test]
fn an_offer_lasts_fourteen_days() {
    let sale = Sale::new();
    sale.offer(OfferedAccess::Ends);
    sale.days(14);
    assert!(sale.offers().is_empty());
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "offer.expired");
    sale.offer(OfferedAccess::Ends);
    sale.accept(OfferedAccess::Ends);
}

#[test]
fn a_withdrawn_or_declined_offer_is_over() {
    let sale = Sale::new();
    sale.refused(sale.owner, sale.withdrawal(), "offer.not_found");
    sale.refused(sale.rita, sale.refusal(), "offer.not_found");
    sale.offer(OfferedAccess::Ends);
    sale.run(sale.owner, sale.withdrawal());
    assert!(sale.offers().is_empty());
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "offer.not_found");
    sale.offer(OfferedAccess::Ends);
    sale.run(sale.rita, sale.refusal());
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "offer.not_found");
    let last = sale.happened(sale.organisation).pop().unwrap();
    assert_eq!((last.event.kind(), last.by), ("domain.offer_declined", By::User(sale.rita)));
}

#[test]
fn an_offer_is_for_one_organisation_alone() {
    let sale = Sale::new();
    let third = sale.organisation(sale.outsider, "third.example");
    sale.offer(OfferedAccess::Ends);
    let theirs = AcceptDomain { organisation: third, ..sale.acceptance(OfferedAccess::Ends) };
    sale.refused(sale.outsider, theirs, "offer.not_found");
    sale.refused(
        sale.outsider,
        DeclineDomainOffer { organisation: third, ..sale.refusal() },
        "offer.not_found",
    );
    let other = OfferDomain { to: third, ..sale.offer_of(DOMAIN, OfferedAccess::Ends) };
    sale.run(sale.owner, other);
    assert!(sale.offers().is_empty(), "the later offer replaces the earlier");
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "offer.not_found");
}

#[test]
fn only_what_was_offered_is_accepted() {
    let sale = Sale::new();
    sale.offer(OfferedAccess::GoesOn);
    sale.offer(OfferedAccess::Ends);
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::GoesOn), "offer.changed");
    sale.accept(OfferedAccess::Ends);
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "offer.not_found");
}

#[test]
fn whoever_offered_must_still_own() {
    let sale = Sale::new();
    let second = sale.member(sale.organisation, "second@people.example", Role::Owner);
    sale.run(second, sale.offer_of(DOMAIN, OfferedAccess::Ends));
    sale.run(sale.owner, SetRole { organisation: sale.organisation, user: second, role: Role::Admin });
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "offer.sender");
    sale.run(sale.owner, RemoveMember { organisation: sale.organisation, user: second });
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "offer.sender");
    sale.sys(sale.offer_of(DOMAIN, OfferedAccess::Ends));
    sale.accept(OfferedAccess::Ends);
}

#[test]
fn a_suspended_organisation_neither_gives_nor_gets() {
    let sale = Sale::new();
    sale.offer(OfferedAccess::Ends);
    sale.sys(SuspendOrganisation { organisation: sale.organisation });
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "organisation.suspended");
    sale.refused(sale.rita, sale.refusal(), "organisation.suspended");
    sale.refused(sale.owner, sale.withdrawal(), "organisation.suspended");
    sale.sys(mailgrant::organisation::ResumeOrganisation { organisation: sale.organisation });
    sale.sys(SuspendOrganisation { organisation: sale.buyers });
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "organisation.suspended");
    sale.refused(sale.system.clone(), sale.acceptance(OfferedAccess::Ends), "organisation.suspended");
}

#[test]
fn an_offer_ends_with_the_organisation_that_made_it() {
    let sale = Sale::new();
    sale.offer(OfferedAccess::Ends);
    let organisation = sale.organisation;
    sale.run(sale.owner, DeleteOrganisation { organisation, on_dependants: OnDependants::Refuse });
    assert!(sale.offers().is_empty());
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "offer.not_found");
}

// What goes.

#[test]
fn mail_goes_on_and_no_phone_notices() {
    let sale = Sale::new();
    sale.sys(AddAlias::new(sale.contact, addr("hello@bakery.example")));
    let phone = sale.device(sale.assistant, sale.contact, [Protocol::Imap, Protocol::Smtp]);
    let password = phone.password.reveal();
    let robot = sale.robot(sale.contact, [Protocol::Smtp]);
    let secret = robot.password.reveal();
    let session = sale.login("contact@bakery.example", &password, Protocol::Imap).unwrap();
    let accepted = sale.transfer(OfferedAccess::GoesOn);
    assert_eq!((accepted.mailboxes, accepted.joined), (vec![sale.contact], vec![sale.assistant]));
    assert!(accepted.grants.is_empty() && accepted.devices.is_empty());
    assert_eq!(sale.opens("contact@bakery.example", &password, Protocol::Smtp), Ok(()));
    assert_eq!(sale.opens("contact@bakery.example", &secret, Protocol::Smtp), Ok(()));
    assert!(sale.directory.session_valid(Session::Device(&session)).unwrap());
    assert!(sale.may(sale.assistant, Right::Send, sale.contact));
    assert_eq!(sale.way("contact@bakery.example"), "accept mailbox");
    assert_eq!(sale.way("hello@bakery.example"), "accept alias");
    assert_eq!(sale.way("contact+news@bakery.example"), "accept subaddress mailbox");
    let found = sale.directory.resolve(&addr("contact@bakery.example")).unwrap();
    assert_eq!(found.organisation, Some(sale.buyers));
    sale.all_agrees(&["contact@bakery.example", "hello@bakery.example", "nobody@bakery.example"]);
}

#[test]
fn the_new_owner_manages_it_and_the_former_sees_it_no_more() {
    let sale = Sale::new();
    let phone = sale.device(sale.assistant, sale.contact, [Protocol::Imap]).id;
    sale.transfer(OfferedAccess::GoesOn);
    let (owner, rita) = (Actor::User(sale.owner), Actor::User(sale.rita));
    sale.hidden(sale.directory.mailbox(&owner, sale.contact), "mailbox.not_found");
    sale.refused(sale.owner, RevokeDevice { device: phone }, "device.not_found");
    sale.refused(sale.owner, GrantAccess::new(sale.contact, sale.owner), "mailbox.not_found");
    assert_eq!(sale.directory.mailbox(&rita, sale.contact).unwrap().organisation, sale.buyers);
    sale.run(sale.rita, RotateDevice::new(phone));
    sale.run(sale.rita, RevokeDevice { device: phone });
    let held = mailgrant::HeldDevices::Revoke;
    sale.run(sale.rita, RevokeGrant { mailbox: sale.contact, user: sale.assistant, held });
    sale.run(sale.rita, DeleteMailbox { mailbox: sale.contact, on_dependants: OnDependants::Refuse });
    while !sale.sys(Sweep {}).finished {}
    sale.all_agrees(&["contact@bakery.example"]);
}

#[test]
fn history_stays_where_it_was_made() {
    let sale = Sale::new();
    let before = sale.now();
    sale.days(1);
    sale.transfer(OfferedAccess::GoesOn);
    sale.days(1);
    let (owner, rita) = (Actor::User(sale.owner), Actor::User(sale.rita));
    let kinds = |entries: Vec<Entry>| entries.iter().map(|entry| entry.event.kind()).collect::<Vec<_>>();
    let filter = HistoryFilter { about: Some(About::Mailbox(sale.contact)), ..HistoryFilter::default() };
    let page = PageRequest::default();
    let theirs = sale.directory.history(&owner, sale.organisation, &filter, &page).unwrap().items;
    assert_eq!(
        kinds(theirs),
        ["mailbox.opened", "grant.given", "mailbox.transferred_out", "grant.transferred_out"]
    );
    let ours = sale.directory.mailbox_history(&rita, sale.contact, &HistoryFilter::default(), &page);
    assert_eq!(kinds(ours.unwrap().items), ["mailbox.transferred_in", "grant.transferred_in"]);
    let then = sale.directory.at(&owner, sale.organisation, before).unwrap();
    assert!(then.may(sale.assistant, Right::Send, sale.contact).unwrap().allowed());
    let now = sale.directory.at(&owner, sale.organisation, sale.now()).unwrap();
    sale.hidden(now.mailbox(&owner, sale.contact), "mailbox.not_found");
    let then = sale.directory.at(&rita, sale.buyers, before).unwrap();
    sale.hidden(then.mailbox(&rita, sale.contact), "mailbox.not_found");
    let now = sale.directory.at(&rita, sale.buyers, sale.now()).unwrap();
    assert!(now.may(sale.assistant, Right::Send, sale.contact).unwrap().allowed());
}

#[test]
fn access_that_ends_ends_whole_and_is_listed() {
    let sale = Sale::new();
    let phone = sale.device(sale.assistant, sale.contact, [Protocol::Imap]);
    let robot = sale.robot(sale.contact, [Protocol::Smtp]);
    let accepted = sale.transfer(OfferedAccess::Ends);
    assert_eq!(accepted.grants.len(), 1);
    assert_eq!((accepted.grants[0].mailbox, accepted.grants[0].user), (sale.contact, sale.assistant));
    let mut devices: Vec<DeviceId> = accepted.devices.iter().map(|device| device.device).collect();
    devices.sort();
    let mut expected = vec![phone.id, robot.id];
    expected.sort();
    assert_eq!(devices, expected);
    assert!(accepted.joined.is_empty() && accepted.still_known.is_empty());
    assert!(!sale.may(sale.assistant, Right::Read, sale.contact));
    // Known for what it is, and not taken for guessing.
    let hindered = hindrance(&sale, "contact@bakery.example", &robot.password.reveal(), Protocol::Smtp);
    assert_eq!(hindered, "revoked");
    let member = sale.directory.reach(&sale.system, sale.assistant).unwrap().organisations;
    assert_eq!(member.iter().map(|reached| reached.id).collect::<Vec<_>>(), [sale.organisation]);
    sale.all_agrees(&["contact@bakery.example"]);
}

#[test]
fn a_member_on_both_sides_keeps_their_place() {
    let sale = Sale::new();
    let organisation = sale.buyers;
    sale.sys(AddMember { organisation, user: sale.assistant, role: Role::Admin, services: Services::new() });
    assert!(sale.transfer(OfferedAccess::GoesOn).joined.is_empty());
    let rita = Actor::User(sale.rita);
    let members = sale.directory.members(&rita, organisation, &PageRequest::default()).unwrap().items;
    let role = members.iter().find(|member| member.person.id == sale.assistant).unwrap().role;
    assert_eq!(role, Role::Admin);
    assert!(sale.may(sale.assistant, Right::Send, sale.contact));
}

#[test]
fn what_the_host_imposed_comes_along() {
    let sale = Sale::new();
    let held = sale.mailbox(sale.organisation, "held@bakery.example");
    sale.sys(SuspendMailbox { mailbox: sale.contact, on_dependants: OnDependants::Refuse });
    sale.sys(HoldSending { mailbox: held });
    sale.sys(SuspendMember { organisation: sale.organisation, user: sale.assistant });
    sale.transfer(OfferedAccess::GoesOn);
    sale.refused(sale.rita, ResumeMailbox { mailbox: sale.contact }, "access.denied");
    sale.refused(sale.rita, ReleaseSending { mailbox: held }, "access.denied");
    let back = mailgrant::membership::ResumeMember { organisation: sale.buyers, user: sale.assistant };
    sale.refused(sale.rita, back, "access.denied");
    sale.sys(ResumeMailbox { mailbox: sale.contact });
    assert_eq!(sale.obstacle(sale.assistant, Right::Read, sale.contact), "membership_suspended");
    sale.all_agrees(&["contact@bakery.example"]);
}

#[test]
fn nobody_reaches_more_than_before() {
    let sale = Sale::new();
    let buyers = sale.buyers;
    let member = |login: &str| sale.member(sale.organisation, login, Role::External);
    let [both, late, gone, barred] =
        ["both@people.example", "late@people.example", "gone@people.example", "barred@people.example"]
            .map(member);
    for user in [both, gone, barred] {
        sale.grant(sale.contact, user, Rights::ALL);
    }
    let expires = Some(sale.in_days(1));
    sale.sys(GrantAccess { expires, ..GrantAccess::new(sale.contact, late) });
    let phones: Vec<DeviceId> =
        [both, late, gone].map(|user| sale.device(user, sale.contact, [Protocol::Imap]).id).into();
    // Suspended where they come from, and a member where they go; past the expiry; without an account.
    sale.sys(AddMember { organisation: buyers, user: both, role: Role::External, services: Services::new() });
    sale.run(sale.owner, SuspendMember { organisation: sale.organisation, user: both });
    sale.days(2);
    sale.run(gone, DeleteUser { user: gone });
    sale.sys(SuspendUser { user: barred });
    let accepted = sale.transfer(OfferedAccess::GoesOn);
    let mut ended: Vec<UserId> = accepted.grants.iter().map(|ended| ended.user).collect();
    ended.sort();
    let mut expected = vec![both, late, gone];
    expected.sort();
    assert_eq!(ended, expected);
    assert!(phones.iter().all(|phone| accepted.devices.iter().any(|device| device.device == *phone)));
    assert!(!sale.may(both, Right::Read, sale.contact));
    let mut joined = vec![sale.assistant, barred];
    joined.sort();
    assert_eq!(accepted.joined, joined);
    assert_eq!(sale.obstacle(barred, Right::Read, sale.contact), "user_suspended");
    while !sale.sys(Sweep {}).finished {}
    sale.all_agrees(&["contact@bakery.example"]);
}

#[test]
fn passwords_that_others_know_are_listed() {
    let sale = Sale::new();
    let nobody = For::Nobody { handed_to: None };
    let printer = AddDevice::new(sale.contact, "printer").holder(nobody).protocols([Protocol::Smtp]);
    let printer = sale.run(sale.owner, printer).id;
    sale.robot(sale.contact, [Protocol::Smtp]);
    sale.device(sale.assistant, sale.contact, [Protocol::Imap]);
    let accepted = sale.transfer(OfferedAccess::GoesOn);
    assert_eq!(accepted.still_known.iter().map(|device| device.device).collect::<Vec<_>>(), [printer]);
}

#[test]
fn a_password_that_works_no_more_is_known_to_nobody() {
    let sale = Sale::new();
    let nobody = For::Nobody { handed_to: None };
    let printer = AddDevice::new(sale.contact, "printer").holder(nobody).protocols([Protocol::Smtp]);
    let printer = sale.run(sale.owner, printer).id;
    sale.sys(RotateDevice::new(printer).grace(std::time::Duration::from_secs(60)));
    sale.advance(std::time::Duration::from_secs(60));
    assert!(sale.transfer(OfferedAccess::GoesOn).still_known.is_empty());
}

#[test]
fn those_with_activity_learn_no_networks_of_devices_that_came() {
    let sale = Sale::new();
    sale.sys(ChangeGrant {
        mailbox: sale.contact,
        user: sale.assistant,
        rights: [Right::Activity, Right::Devices].into(),
    });
    let phone = AddDevice::new(sale.contact, "phone").protocols([Protocol::Imap]);
    sale.run(sale.assistant, phone.networks(["192.0.2.0/24".parse().unwrap()]));
    let before = sale.now();
    sale.days(1);
    sale.transfer(OfferedAccess::GoesOn);
    let compare = |user: UserId| {
        let (user, page) = (Actor::User(user), PageRequest::default());
        let found = sale.directory.compare(&user, sale.buyers, before, sale.now(), &page).unwrap();
        serde_json::to_string(&found.items).unwrap()
    };
    assert!(compare(sale.rita).contains("192.0.2"));
    assert!(compare(sale.assistant).contains("device.transferred_in"));
    assert!(!compare(sale.assistant).contains("192.0.2"));
}

#[test]
fn a_quarantine_keeps_its_end_and_a_former_one_is_over() {
    let sale = Sale::new();
    let delete = |mailbox| DeleteMailbox { mailbox, on_dependants: OnDependants::Refuse };
    // Once the buyers' own, with an address in quarantine from then.
    let name: DomainName = "lemon.example".parse().unwrap();
    sale.domain(sale.buyers, "lemon.example");
    for address in ["info@lemon.example", "other@lemon.example"] {
        sale.run(sale.rita, delete(sale.mailbox(sale.buyers, address)));
    }
    let remove =
        RemoveDomain { organisation: sale.buyers, name: name.clone(), on_dependants: OnDependants::Refuse };
    sale.run(sale.rita, remove);
    sale.domain(sale.organisation, "lemon.example");
    let info = sale.mailbox(sale.organisation, "info@lemon.example");
    sale.days(5);
    sale.run(sale.owner, delete(sale.mailbox(sale.organisation, "other@lemon.example")));
    sale.run(sale.owner, sale.offer_of("lemon.example", OfferedAccess::Ends));
    sale.days(1);
    sale.run(sale.rita, AcceptDomain { name, ..sale.acceptance(OfferedAccess::Ends) });
    assert_eq!(sale.target("info@lemon.example"), Some(info));
    assert_eq!(sale.way("other@lemon.example"), "refuse quarantine");
    let taken = OpenMailbox::new(sale.buyers, addr("other@lemon.example"));
    let refused = sale.refused(sale.rita, taken, "address.quarantined");
    assert_eq!(refused.details()["until"], sale.in_days(29).as_millis());
    sale.all_agrees(&["info@lemon.example", "other@lemon.example"]);
    sale.days(29);
    sale.run(sale.rita, OpenMailbox::new(sale.buyers, addr("other@lemon.example")));
}

#[test]
fn a_proof_that_was_waited_for_is_needed_no_more() {
    let sale = Sale::new();
    let name: DomainName = "spare.example".parse().unwrap();
    sale.run(sale.rita, AddDomain { organisation: sale.buyers, name: name.clone() });
    sale.domain(sale.organisation, "spare.example");
    sale.run(sale.owner, sale.offer_of("spare.example", OfferedAccess::Ends));
    sale.run(sale.rita, AcceptDomain { name: name.clone(), ..sale.acceptance(OfferedAccess::Ends) });
    sale.mailbox(sale.buyers, "new@spare.example");
    sale.refused(sale.owner, sale.offer_of("spare.example", OfferedAccess::Ends), "domain.not_found");
    sale.all_agrees(&["new@spare.example"]);
}

#[test]
fn a_domain_comes_back_as_it_went() {
    let sale = Sale::new();
    let phone = sale.device(sale.assistant, sale.contact, [Protocol::Imap]);
    let catch = SetCatchAll {
        organisation: sale.organisation,
        domain: DOMAIN.parse().unwrap(),
        mailbox: Some(sale.contact),
        on_dependants: OnDependants::Refuse,
    };
    sale.run(sale.owner, catch);
    sale.transfer(OfferedAccess::GoesOn);
    assert_eq!(sale.way("anyone@bakery.example"), "accept catch_all");
    let name: DomainName = DOMAIN.parse().unwrap();
    let access = OfferedAccess::GoesOn;
    sale.run(
        sale.rita,
        OfferDomain { organisation: sale.buyers, name: name.clone(), to: sale.organisation, access },
    );
    let back = AcceptDomain { organisation: sale.organisation, from: sale.buyers, ..sale.acceptance(access) };
    sale.run(sale.owner, back);
    assert_eq!(sale.opens("contact@bakery.example", &phone.password.reveal(), Protocol::Imap), Ok(()));
    assert_eq!(sale.way("anyone@bakery.example"), "accept catch_all");
    let asked = Asked { directory: &sale.directory, organisation: sale.organisation, now: sale.now() };
    asked.past_agrees_with_present(&[addr("contact@bakery.example"), addr("anyone@bakery.example")]);
}

#[test]
fn other_domains_of_either_side_are_untouched() {
    let sale = Sale::new();
    sale.domain(sale.organisation, "cake.example");
    let cake = sale.mailbox(sale.organisation, "contact@cake.example");
    sale.grant(cake, sale.assistant, [Right::Send]);
    let theirs = sale.mailbox(sale.buyers, "contact@rita.example");
    assert_eq!(sale.transfer(OfferedAccess::Ends).mailboxes, [sale.contact]);
    assert!(sale.may(sale.assistant, Right::Send, cake));
    assert_eq!(sale.target("contact@cake.example"), Some(cake));
    assert_eq!(sale.target("contact@rita.example"), Some(theirs));
}

#[test]
fn an_invitation_of_the_former_owner_promises_it_no_more() {
    let sale = Sale::new();
    let (_, token) = sale.invite(
        sale.owner,
        sale.organisation,
        "new@people.example",
        offer_of(sale.contact, [Right::Send]),
    );
    sale.transfer(OfferedAccess::GoesOn);
    let new = sale.person("new@people.example");
    assert_eq!(sale.accept_of(new, &token).left_out, [sale.contact]);
    assert!(!sale.may(new, Right::Read, sale.contact));
}

impl Sale {
    fn accept_of(&self, user: UserId, token: &str) -> mailgrant::invitation::Accepted {
        self.business.world.accept(user, token)
    }
}

#[test]
fn the_policy_of_the_new_owner_refuses_nothing_that_is_there() {
    let sale = Sale::new();
    let policy = Policy { devices_per_mailbox: 1, aliases_by_grant: 0, ..Policy::default() };
    sale.run(sale.rita, SetPolicy { organisation: sale.buyers, policy, on_dependants: OnDependants::Refuse });
    sale.robot(sale.contact, [Protocol::Smtp]);
    sale.robot(sale.contact, [Protocol::Smtp]);
    assert!(sale.transfer(OfferedAccess::GoesOn).devices.is_empty());
}

// What is refused.

#[test]
fn what_leads_across_is_untied_first() {
    let sale = Sale::new();
    sale.domain(sale.organisation, "cake.example");
    let cake = sale.mailbox(sale.organisation, "cake@cake.example");
    let refuse = OnDependants::Refuse;
    let names = |error: &Error, field: &str| error.details()[field].as_array().unwrap().len();
    let entangled = |what: &str| {
        let error = sale.refused(sale.owner, sale.offer_of(DOMAIN, OfferedAccess::Ends), "domain.entangled");
        assert_eq!(names(&error, what), 1, "{error:?}");
        let all: usize =
            ["aliases", "alias_domains", "catch_alls"].map(|field| names(&error, field)).iter().sum();
        assert_eq!(all, 1, "{error:?}");
    };
    let remove = |mailbox, address: &str| alias::RemoveAlias {
        mailbox,
        address: addr(address),
        on_dependants: refuse,
    };

    sale.sys(AddAlias::new(sale.contact, addr("contact@cake.example")));
    entangled("aliases");
    sale.sys(remove(sale.contact, "contact@cake.example"));
    sale.sys(AddAlias::new(cake, addr("cake@bakery.example")));
    entangled("aliases");
    sale.sys(remove(cake, "cake@bakery.example"));

    let catch = |domain: &str, mailbox| SetCatchAll {
        organisation: sale.organisation,
        domain: domain.parse().unwrap(),
        mailbox,
        on_dependants: refuse,
    };
    for (domain, mailbox) in [("cake.example", sale.contact), (DOMAIN, cake)] {
        sale.sys(catch(domain, Some(mailbox)));
        entangled("catch_alls");
        sale.sys(catch(domain, None));
    }

    sale.domain(sale.organisation, "brot.example");
    let alias = |domain: &str, of: Option<&str>| SetDomainAlias {
        organisation: sale.organisation,
        domain: domain.parse().unwrap(),
        of: of.map(|of| of.parse().unwrap()),
        on_dependants: refuse,
    };
    sale.sys(alias("brot.example", Some(DOMAIN)));
    entangled("alias_domains");
    let itself = sale.offer_of("brot.example", OfferedAccess::Ends);
    sale.refused(sale.owner, itself, "domain.entangled");
    sale.sys(alias("brot.example", None));
    sale.transfer(OfferedAccess::Ends);
}

#[test]
fn what_was_tied_since_the_offer_is_not_told_to_the_other_side() {
    let sale = Sale::new();
    sale.domain(sale.organisation, "secret-plan.example");
    sale.offer(OfferedAccess::Ends);
    sale.sys(AddAlias::new(sale.contact, addr("contact@secret-plan.example")));
    let error = sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "domain.entangled");
    assert!(!format!("{error:?}").contains("secret-plan"), "{error:?}");
}

#[test]
fn mail_that_people_sign_in_by_must_not_stop() {
    let sale = Sale::new();
    // A subaddress, which the buyers' policy cuts at another character.
    sale.person("contact+login@bakery.example");
    let policy = Policy { separator: Some('-'), ..Policy::default() };
    sale.run(sale.rita, SetPolicy { organisation: sale.buyers, policy, on_dependants: OnDependants::Refuse });
    sale.offer(OfferedAccess::GoesOn);
    let error = sale.refused(sale.rita, sale.acceptance(OfferedAccess::GoesOn), "login.depends");
    assert_eq!(error.details()["others"], 1);
    let access = OfferedAccess::GoesOn;
    sale.run(sale.rita, AcceptDomain { on_dependants: OnDependants::GoOn, ..sale.acceptance(access) });
}

#[test]
fn a_login_hosted_on_the_domain_is_no_obstacle() {
    let sale = Sale::new();
    sale.person("contact@bakery.example");
    sale.transfer(OfferedAccess::Ends);
}

#[test]
fn the_latest_hundred_revoked_devices_of_a_mailbox_come_along() {
    let sale = Sale::new();
    let revoked: Vec<DeviceId> = (0..102)
        .map(|_| {
            sale.advance(std::time::Duration::from_secs(1));
            let device = sale.robot(sale.contact, [Protocol::Smtp]).id;
            sale.sys(RevokeDevice { device });
            device
        })
        .collect();
    sale.transfer(OfferedAccess::Ends);
    let known = |device: &DeviceId| sale.directory.device(&Actor::User(sale.rita), *device).is_ok();
    assert!(!revoked[..2].iter().any(known));
    assert!(revoked[2..].iter().all(known));
    sale.all_agrees(&["contact@bakery.example"]);
}

#[test]
fn at_most_ten_thousand_events() {
    let sale = Sale::new();
    sale.directory
        .batch(|batch| {
            for number in 0..5_000 {
                let address = addr(&format!("m{number}@bakery.example"));
                batch.run(&sale.system, OpenMailbox::new(sale.organisation, address))?;
            }
            Ok(())
        })
        .unwrap();
    sale.offer(OfferedAccess::Ends);
    sale.refused(sale.rita, sale.acceptance(OfferedAccess::Ends), "change.too_large");
}

// Who is faster.

#[test]
fn an_acceptance_in_one_batch_with_the_offer() {
    let sale = Sale::new();
    let accepted = sale
        .directory
        .batch(|batch| {
            batch.run(&Actor::User(sale.owner), sale.offer_of(DOMAIN, OfferedAccess::GoesOn))?;
            batch.run(&Actor::User(sale.rita), sale.acceptance(OfferedAccess::GoesOn))
        })
        .unwrap();
    assert_eq!(accepted.mailboxes, [sale.contact]);
    sale.all_agrees(&["contact@bakery.example"]);
}

#[test]
fn a_transfer_there_and_back_in_one_batch_changes_nothing_that_shows() {
    let sale = Sale::new();
    let phone = sale.device(sale.assistant, sale.contact, [Protocol::Imap]);
    let (here, there, access) = (sale.organisation, sale.buyers, OfferedAccess::GoesOn);
    let name: DomainName = DOMAIN.parse().unwrap();
    sale.directory
        .batch(|batch| {
            for (from, to, giver, taker) in
                [(here, there, sale.owner, sale.rita), (there, here, sale.rita, sale.owner)]
            {
                let offer = OfferDomain { organisation: from, name: name.clone(), to, access };
                batch.run(&Actor::User(giver), offer)?;
                let accept = AcceptDomain { organisation: to, from, ..sale.acceptance(access) };
                batch.run(&Actor::User(taker), accept)?;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(sale.opens("contact@bakery.example", &phone.password.reveal(), Protocol::Imap), Ok(()));
    let asked = Asked { directory: &sale.directory, organisation: here, now: sale.now() };
    asked.past_agrees_with_present(&[addr("contact@bakery.example")]);
    asked.addresses_are_unique();
}

#[test]
fn founding_an_organisation_gives_no_claim_on_an_offer() {
    let sale = Sale::new();
    sale.offer(OfferedAccess::Ends);
    let mine = sale.run(sale.outsider, FoundOrganisation { name: "Mine".into(), owner: None }).organisation;
    let take = AcceptDomain { organisation: mine, ..sale.acceptance(OfferedAccess::Ends) };
    sale.refused(sale.outsider, take, "offer.not_found");
    sale.refused(sale.outsider, sale.acceptance(OfferedAccess::Ends), "organisation.not_found");
}

#[test]
fn a_transfer_hides_nobody_who_read_a_reset() {
    let sale = Sale::new();
    let mailbox = sale.mailbox(sale.organisation, "hosted@bakery.example");
    let user = sale.person("hosted@bakery.example");
    let started = sale.sys(StartReset { user, to: AddressKind::Login });
    let token = started.token.unwrap().reveal().to_string();
    let finish = || FinishReset { token: token.as_str().into(), password: "another good passphrase".into() };
    sale.advance(std::time::Duration::from_secs(1));
    sale.grant(mailbox, sale.owner, []);
    sale.refused(Actor::Bearer, finish(), "reset.exposed");
    sale.advance(std::time::Duration::from_secs(1));
    let take = sale.acceptance(OfferedAccess::Ends).on_dependants(OnDependants::GoOn);
    sale.offer(OfferedAccess::Ends);
    sale.run(sale.rita, take);
    sale.refused(Actor::Bearer, finish(), "reset.exposed");
}
