//! A few people, organisations and mailboxes, what happens to them, and what must be true of them.

use std::collections::BTreeSet;
use std::time::Duration;

use mailgrant::alias::{AddAlias, AliasSending, RemoveAlias, SetAliasSending};
use mailgrant::device::*;
use mailgrant::domain::*;
use mailgrant::grant::*;
use mailgrant::invitation::*;
use mailgrant::mailbox::*;
use mailgrant::membership::*;
use mailgrant::organisation::*;
use mailgrant::user::*;
use mailgrant::*;
use proptest::arbitrary::{Arbitrary, any};
use proptest::strategy::{BoxedStrategy, Strategy};

use crate::common::agree::Asked;
use crate::common::{PASSWORD, World, addr};
use crate::rows;

/// Something happens: which, by whom, and to what.
#[derive(Debug, Clone)]
pub struct Step {
    pub operation: u8,
    pub who: u8,
    pub a: u8,
    pub b: u8,
    pub c: u8,
}

impl Arbitrary for Step {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        any::<(u8, u8, u8, u8, u8)>()
            .prop_map(|(operation, who, a, b, c)| Self { operation, who, a, b, c })
            .boxed()
    }
}

const DOMAINS: [&str; 2] = ["alpha.example", "beta.example"];
const OTHER_NAMES: [&str; 2] = ["alpha-too.example", "beta-too.example"];
/// One of them is somebody's login, one the managers' alone.
const LOCALS: [&str; 6] = ["contact", "office", "dora", "info+news", "postmaster", "team"];
const LOGINS: [&str; 5] = [
    "ann@people.example",
    "bob@people.example",
    "cleo@people.example",
    "dora@alpha.example",
    "eve+mail@people.example",
];
const INVITED: [&str; 4] =
    ["new1@people.example", "new2@people.example", "bob@people.example", "team@beta.example"];

struct Phone {
    id: DeviceId,
    mailbox: MailboxId,
    password: String,
}

pub struct Life {
    world: World,
    organisations: [OrganisationId; 2],
    people: Vec<UserId>,
    mailboxes: Vec<MailboxId>,
    phones: Vec<Phone>,
    invitations: Vec<(InvitationId, String)>,
    /// What was done, and what came of it.
    log: Vec<String>,
    done: usize,
    had_owner: [bool; 2],
    suspended_a_user: bool,
    sessions: Vec<DeviceSession>,
}

fn pick<T: Copy>(from: &[T], by: u8) -> T {
    from[by as usize % from.len()]
}

fn rights(by: u8) -> Rights {
    pick(
        &[
            Rights::EMPTY,
            Rights::from([Right::Send]),
            Rights::from([Right::Send, Right::Devices]),
            Rights::from([Right::Sharing, Right::Send]),
            Rights::from([Right::Aliases, Right::Devices]),
            Rights::ALL,
        ],
        by,
    )
}

fn protocols(by: u8) -> Protocols {
    let all: [Protocols; 4] = [
        [Protocol::Imap].into(),
        [Protocol::Imap, Protocol::Smtp].into(),
        [Protocol::Smtp].into(),
        [Protocol::Imap, Protocol::ManageSieve].into(),
    ];
    pick(&all, by)
}

fn choice(by: u8) -> OnDependants {
    if by.is_multiple_of(3) { OnDependants::GoOn } else { OnDependants::Refuse }
}

impl Life {
    pub fn new() -> Self {
        let world = World::new();
        let people: Vec<UserId> = LOGINS
            .iter()
            .map(|login| world.sys(RegisterUser::new(addr(login), "Somebody").proof(Proof::Verified)).user)
            .collect();
        let organisations = [0, 2].map(|owner| {
            world.run(people[owner], FoundOrganisation { name: "Firm".into(), owner: None }).organisation
        });
        for (place, organisation) in organisations.into_iter().enumerate() {
            world.domain(organisation, DOMAINS[place]);
            world.domain(organisation, OTHER_NAMES[place]);
        }
        let organisation = organisations[0];
        let add = |user, role| {
            world.sys(AddMember { organisation, user, role, services: Services::new() });
        };
        add(people[1], Role::Owner);
        add(people[3], Role::Collaborator);
        add(people[4], Role::External);
        let first = world.mailbox(organisation, "contact@alpha.example");
        let second = world.mailbox(organisations[1], "contact@beta.example");
        world.grant(first, people[3], Rights::ALL);
        world.grant(first, people[4], [Right::Send, Right::Devices]);
        Self {
            world,
            organisations,
            people,
            mailboxes: vec![first, second],
            phones: Vec::new(),
            invitations: Vec::new(),
            log: Vec::new(),
            done: 0,
            had_owner: [true; 2],
            suspended_a_user: false,
            sessions: Vec::new(),
        }
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    pub fn went_through(&self) -> usize {
        self.done
    }

    /// How often a domain went to the other organisation.
    pub fn handed_over(&self) -> usize {
        self.log.iter().filter(|line| line.contains("AcceptDomain") && line.ends_with(": done")).count()
    }

    fn actor(&self, who: u8) -> Actor {
        match who % 9 {
            7 => Actor::Bearer,
            8 | 6 => self.world.system.clone(),
            other => Actor::User(self.people[other as usize % self.people.len()]),
        }
    }

    fn expiry(&self, by: u8) -> Option<Timestamp> {
        match by % 3 {
            0 => Some(self.world.now().plus(Duration::from_secs(36 * 3_600))),
            _ => None,
        }
    }

    fn address(&self, organisation: u8, local: u8) -> Address {
        let domain = pick(&DOMAINS, organisation);
        addr(&format!("{}@{domain}", pick(&LOCALS, local)))
    }

    /// What a step does; `None` where there is nothing to do it to.
    fn command(&self, step: &Step) -> Option<AnyCommand> {
        use AnyCommand as Any;
        let Step { operation, a, b, c, .. } = *step;
        let organisation = pick(&self.organisations, a);
        let domain: DomainName = pick(&DOMAINS, a).parse().unwrap();
        let mailbox = pick(&self.mailboxes, a);
        let user = pick(&self.people, b);
        let on_dependants = choice(c);
        let reclaim = if c % 2 == 0 { Reclaim::Yes } else { Reclaim::No };
        let held = if c % 2 == 0 { HeldDevices::Revoke } else { HeldDevices::Release };
        let phone = (!self.phones.is_empty()).then(|| &self.phones[b as usize % self.phones.len()]);
        let token =
            (!self.invitations.is_empty()).then(|| &self.invitations[b as usize % self.invitations.len()]);
        let offer = || Offer {
            role: pick(&[Role::External, Role::External, Role::Collaborator, Role::Owner], c),
            services: Services::new(),
            mailboxes: match c % 3 {
                0 => vec![Promise { mailbox, rights: rights(c), expires: self.expiry(b) }],
                _ => vec![],
            },
        };
        let bounds = |device: &Phone| Bounds {
            protocols: protocols(c),
            networks: None,
            expires: if device.mailbox == mailbox { self.expiry(c) } else { None },
        };
        Some(match operation % 52 {
            0 | 1 => Any::OpenMailbox(OpenMailbox::new(organisation, self.address(a, b)).reclaim(reclaim)),
            2 => Any::RenameMailbox(RenameMailbox {
                mailbox,
                address: self.address(a, b),
                former: if c % 2 == 0 { FormerAddress::Alias } else { FormerAddress::Free },
                reclaim,
                on_dependants,
            }),
            3 => match c % 4 {
                0 => Any::SuspendMailbox(SuspendMailbox { mailbox, on_dependants: choice(b) }),
                1 => Any::ResumeMailbox(ResumeMailbox { mailbox }),
                2 => Any::CloseMailbox(CloseMailbox { mailbox, on_dependants: choice(b) }),
                _ => Any::ReopenMailbox(ReopenMailbox { mailbox }),
            },
            4 => Any::ResumeMailbox(ResumeMailbox { mailbox }),
            5 => Any::ReopenMailbox(ReopenMailbox { mailbox }),
            6 if c % 3 == 0 => Any::DeleteMailbox(DeleteMailbox { mailbox, on_dependants: choice(b) }),
            6 => Any::HoldSending(HoldSending { mailbox }),
            7 => Any::ReleaseSending(ReleaseSending { mailbox }),
            8 | 9 => Any::AddAlias(AddAlias::new(mailbox, self.address(c, b)).reclaim(reclaim)),
            10 => Any::RemoveAlias(RemoveAlias { mailbox, address: self.address(c, b), on_dependants }),
            11 => {
                let sending = if b % 2 == 0 { AliasSending::Allowed } else { AliasSending::Refused };
                Any::SetAliasSending(SetAliasSending { mailbox, address: self.address(c, b), sending })
            }
            12..=14 => Any::GrantAccess(GrantAccess {
                mailbox,
                user,
                rights: Some(rights(c)),
                expires: self.expiry(c),
                reason: None,
                held: pick(&[None, Some(HeldDevices::Revoke), Some(HeldDevices::Release)], a),
            }),
            15 => Any::ChangeGrant(ChangeGrant { mailbox, user, rights: rights(c) }),
            16 => Any::SetGrantExpiry(SetGrantExpiry { mailbox, user, expires: self.expiry(c) }),
            17 => Any::RevokeGrant(RevokeGrant { mailbox, user, held }),
            18 => Any::GiveUpGrant(GiveUpGrant { mailbox }),
            19..=22 => Any::AddDevice(AddDevice {
                mailbox,
                label: "phone".into(),
                holder: match b % 3 {
                    0 => For::Nobody { handed_to: None },
                    1 => For::Myself,
                    _ => For::User(pick(&self.people, c)),
                },
                protocols: protocols(c),
                networks: None,
                expires: self.expiry(c / 4),
            }),
            23 => {
                let grace = Duration::from_secs(if c % 2 == 0 { 0 } else { 86_400 });
                Any::RotateDevice(RotateDevice::new(phone?.id).grace(grace))
            }
            24 => Any::RevokeDevice(RevokeDevice { device: phone?.id }),
            25 => match c % 2 {
                0 => Any::NarrowDevice(NarrowDevice { device: phone?.id, bounds: bounds(phone?) }),
                _ => Any::WidenDevice(WidenDevice { device: phone?.id, bounds: bounds(phone?) }),
            },
            26 => match c % 3 {
                0 => Any::RevokeDevicesOfMailbox(RevokeDevicesOfMailbox { mailbox, except: None }),
                1 => Any::RevokeDevicesOfHolder(RevokeDevicesOfHolder { organisation, holder: user }),
                _ => Any::RenameDevice(RenameDevice { device: phone?.id, label: "other".into() }),
            },
            27 => Any::SetRole(SetRole { organisation, user, role: pick(Role::ALL, c) }),
            28 => {
                let service = pick(&[0, 1], c);
                let service = if service == 0 { Service::Mail } else { Service::Domains };
                let services = Services::from([(service, pick(Level::ALL, b))]);
                Any::SetServices(SetServices { organisation, user, services })
            }
            29 => Any::SuspendMember(SuspendMember { organisation, user }),
            30 => Any::ResumeMember(ResumeMember { organisation, user }),
            31 => Any::RemoveMember(RemoveMember { organisation, user }),
            32 => Any::Leave(Leave { organisation }),
            33 | 34 => {
                let role = pick(Role::ALL, c);
                Any::AddMember(AddMember { organisation, user, role, services: Services::new() })
            }
            35 => {
                let from = (c % 2 == 0).then(|| pick(&self.people, c));
                Any::TransferOwnership(TransferOwnership { organisation, to: user, from })
            }
            36 | 37 => {
                let address = addr(pick(&INVITED, b));
                Any::Invite(Invite { organisation, address, offer: offer() })
            }
            38 => match c % 2 {
                0 => Any::ResendInvitation(ResendInvitation { invitation: token?.0 }),
                _ => Any::RevokeInvitation(RevokeInvitation { invitation: token?.0 }),
            },
            39 | 40 => match c % 4 {
                0 => Any::DeclineInvitation(DeclineInvitation { token: token?.1.as_str().into() }),
                1 => Any::AcceptInvitationAsNew(AcceptInvitationAsNew {
                    token: token?.1.as_str().into(),
                    name: "New".into(),
                    password: PASSWORD.into(),
                }),
                _ => Any::AcceptInvitation(AcceptInvitation { token: token?.1.as_str().into() }),
            },
            41 => match c % 4 {
                0 => Any::SuspendUser(SuspendUser { user }),
                1 if a % 4 == 0 => Any::DeleteUser(DeleteUser { user }),
                _ => Any::ResumeUser(ResumeUser { user }),
            },
            42 => match c % 8 {
                0 => Any::SuspendOrganisation(SuspendOrganisation { organisation }),
                1 if b % 4 == 0 => {
                    Any::DeleteOrganisation(DeleteOrganisation { organisation, on_dependants })
                }
                _ => Any::ResumeOrganisation(ResumeOrganisation { organisation }),
            },
            43 => match c % 4 {
                0 => {
                    let of = (b % 2 == 0).then(|| domain.clone());
                    let domain = pick(&OTHER_NAMES, a).parse().unwrap();
                    Any::SetDomainAlias(SetDomainAlias { organisation, domain, of, on_dependants: choice(b) })
                }
                1 => {
                    let separator = pick(&[Some('+'), Some('-'), None], b);
                    let policy = Policy { separator, quarantine_days: u32::from(b % 3), ..Policy::default() };
                    Any::SetPolicy(SetPolicy { organisation, policy, on_dependants: choice(b) })
                }
                _ => {
                    let mailbox = (b % 3 != 0).then_some(mailbox);
                    Any::SetCatchAll(SetCatchAll { organisation, domain, mailbox, on_dependants: choice(b) })
                }
            },
            44 => Any::Sweep(Sweep::default()),
            45..=47 => {
                let (from, to) = (organisation, pick(&self.organisations, a.wrapping_add(1)));
                let name = pick(&[DOMAINS, OTHER_NAMES], b / 2)[b as usize % 2].parse().unwrap();
                let access = if c % 3 == 0 { OfferedAccess::Ends } else { OfferedAccess::GoesOn };
                match operation % 52 {
                    45 => Any::OfferDomain(OfferDomain { organisation: from, name, to, access }),
                    46 if c % 8 == 0 => {
                        Any::WithdrawDomainOffer(WithdrawDomainOffer { organisation: from, name })
                    }
                    46 if c % 8 == 1 => {
                        Any::DeclineDomainOffer(DeclineDomainOffer { organisation: to, from, name })
                    }
                    _ => {
                        // Whatever is on offer to it, if anything is.
                        let (host, page) = (&self.world.system, PageRequest::default());
                        let offers = self.world.directory.domain_offers(host, to, &page).ok()?;
                        let accept = AcceptDomain::new(to, offers.items.first()?);
                        Any::AcceptDomain(accept.on_dependants(on_dependants))
                    }
                }
            }
            48 => Any::EraseUser(EraseUser { user }),
            _ => {
                // A new login, proved at once by the host's next step, or never.
                Any::ChangeLogin(ChangeLogin { user, login: self.address(a, c) })
            }
        })
    }

    pub fn step(&mut self, step: &Step) {
        self.suspended_a_user = false;
        if step.operation > 235 {
            let hours = u64::from(step.a / 3) + 1;
            self.world.advance(Duration::from_secs(hours * 3_600));
            self.log.push(format!("{hours} hours pass"));
            return;
        }
        let actor = self.actor(step.who);
        let (Some(tried), Some(command)) = (self.command(step), self.command(step)) else { return };
        let said = format!("{actor:?}: {tried:?}");
        let before = self.world.store.dump();
        let plan = self.world.directory.preview_any(&actor, tried);
        assert!(before == self.world.store.dump(), "a preview changes nothing: {said}");
        let answer = self.world.directory.run_any(&actor, command);
        let code = answer.as_ref().err().map(|error| error.code());
        assert_eq!(plan.as_ref().err().map(|error| error.code()), code, "the preview of {said}");
        self.log.push(format!("{said}: {}", code.map_or("done".to_owned(), |code| code.to_string())));
        let Ok(answer) = answer else {
            assert!(before == self.world.store.dump(), "refused, and something changed: {said}");
            return;
        };
        self.done += 1;
        self.learn(&plan.unwrap().events, answer);
    }

    /// What a step brought that later ones need.
    fn learn(&mut self, events: &[Event], answer: AnyOutput) {
        let mut device = None;
        for event in events {
            match event {
                // Now and then something is done to what is gone, and mostly not.
                Event::Mailbox(_, gone, MailboxEvent::Deleted) if self.mailboxes.len() > 3 => {
                    self.mailboxes.retain(|mailbox| mailbox != gone);
                }
                Event::User(_, UserEvent::Suspended) => self.suspended_a_user = true,
                Event::Device(_, mailbox, ..) => device = Some(*mailbox),
                Event::User(user, UserEvent::LoginAsked { .. }) => self.confirm(*user),
                _ => {}
            }
        }
        if let Some(id) = answer.value.as_str().and_then(|id| id.parse::<MailboxId>().ok()) {
            self.mailboxes.push(id);
        }
        if let Some(id) = answer.value["user"].as_str().and_then(|id| id.parse::<UserId>().ok())
            && !self.people.contains(&id)
        {
            self.people.push(id);
        }
        match answer.secret {
            Some(IssuedSecret::DevicePassword(password)) => {
                let id: DeviceId = answer.value["id"].as_str().unwrap().parse().unwrap();
                let (mailbox, password) = (device.unwrap(), password.reveal().to_string());
                self.phones.push(Phone { id, mailbox, password });
            }
            Some(IssuedSecret::Token(token)) => {
                let id = answer.value["invitation"].as_str().unwrap().parse().unwrap();
                self.invitations.push((id, token.reveal().to_string()));
            }
            _ => {}
        }
    }

    /// Every other new login is confirmed.
    fn confirm(&mut self, user: UserId) {
        if self.log.len().is_multiple_of(2) {
            return;
        }
        let issued = self.world.sys(IssueConfirmation { user, of: AddressKind::Login });
        let confirm = ConfirmAddress { token: (&*issued.token.reveal()).into() };
        let told = self.world.directory.run(&Actor::Bearer, confirm);
        if let Err(error) = told {
            assert!(matches!(error.code(), Code::LoginTaken | Code::UserState), "{error:?}");
        }
    }

    fn asked(&self, organisation: OrganisationId) -> Asked<'_> {
        Asked { directory: &self.world.directory, organisation, now: self.world.now() }
    }

    fn exists(&self, organisation: OrganisationId) -> bool {
        self.world.directory.organisation(&self.world.system, organisation).is_ok()
    }

    /// Everything that must be true, and where `deep`, what costs more to look at.
    pub fn check(&mut self, deep: bool) {
        self.world.views_agree("a step");
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.check_all(deep)));
        if let Err(panic) = checked {
            println!("{}", self.log.join("\n"));
            std::panic::resume_unwind(panic);
        }
    }

    fn check_all(&mut self, deep: bool) {
        self.devices_agree_with_may();
        for (place, organisation) in self.organisations.into_iter().enumerate() {
            if !self.exists(organisation) {
                continue;
            }
            let asked = self.asked(organisation);
            let has_owner = !asked.acting_owners().is_empty();
            assert!(
                has_owner || !self.had_owner[place] || self.suspended_a_user,
                "the organisation lost its last owner"
            );
            asked.addresses_are_unique();
            if deep {
                asked.access_agrees_with_may();
                // Domains come and go; of those that others have the past of this one knows nothing.
                let host = &self.world.system;
                let domains: Vec<DomainName> =
                    every(|page| self.world.directory.domains(host, organisation, page))
                        .map(|domain| domain.unwrap().name)
                        .collect();
                let addresses: Vec<Address> = domains
                    .iter()
                    .flat_map(|domain| LOCALS.iter().map(move |local| addr(&format!("{local}@{domain}"))))
                    .chain(domains.iter().map(|domain| addr(&format!("contact+x@{domain}"))))
                    .collect();
                asked.past_agrees_with_present(&addresses);
                asked.journals_have_no_gaps(&[]);
                self.the_past_knows_every_device(organisation);
            }
            self.had_owner[place] = has_owner;
        }
        self.no_address_is_in_two_organisations();
        rows::check(&self.world.store.dump());
    }

    fn the_past_knows_every_device(&self, organisation: OrganisationId) {
        let host = &self.world.system;
        let then = self.world.directory.at(host, organisation, self.world.now()).unwrap();
        for phone in &self.phones {
            let live = self.world.directory.device(host, phone.id);
            if live.as_ref().is_ok_and(|device| device.organisation != organisation) {
                continue;
            }
            let past = then.device(host, phone.id);
            assert_eq!(live.map_err(|error| error.code()), past.map_err(|error| error.code()));
        }
    }

    fn no_address_is_in_two_organisations(&self) {
        let mut seen = BTreeSet::new();
        for organisation in self.organisations.into_iter().filter(|one| self.exists(*one)) {
            for mailbox in
                every(|page| self.world.directory.mailboxes(&self.world.system, organisation, page))
            {
                assert!(seen.insert(mailbox.unwrap().address.canonical().to_owned()));
            }
        }
    }

    /// "A device never outlives or exceeds its holder's grant": what its password opens is what its holder may do.
    fn devices_agree_with_may(&mut self) {
        let (host, directory) = (&self.world.system, &self.world.directory);
        let now = self.world.now();
        let mut opened = Vec::new();
        let mut tried = Vec::new();
        // Every other time nobody uses the newest password, so that overlaps are seen too; otherwise it is used
        // first, which ends them.
        let overlapping = self.log.len().is_multiple_of(2);
        for phone in self.phones.iter().rev() {
            let mailbox = directory.mailbox(host, phone.mailbox).ok();
            let device = directory.device(host, phone.id).ok();
            let Some((mailbox, device)) = mailbox.zip(device) else {
                // Gone with its mailbox: no address opens it any more.
                continue;
            };
            let works = directory.organisation(host, mailbox.organisation).unwrap().state
                == OrganisationState::Active
                && mailbox.state == MailboxState::Open
                && device.state == DeviceState::Active
                && device.bounds.expires.is_none_or(|expires| now < expires);
            let may = |right: Right| match device.holder {
                Some(holder) => directory.may(holder, right, mailbox.id).unwrap().allowed(),
                None => right != Right::Send || mailbox.sending == Sending::Allowed,
            };
            // The password of the newest rotation works in any case; a former one as long as its grace.
            let newest = self.phones.iter().rev().find(|other| other.id == phone.id).unwrap();
            let is_newest = newest.password == phone.password;
            if is_newest && overlapping {
                continue;
            }
            tried.push((phone.id, phone.password[..4].to_owned()));
            for protocol in Protocol::ALL {
                let needs: &[Right] = match protocol {
                    Protocol::Smtp => &[Right::Send],
                    Protocol::ManageSieve => &[Right::Filters, Right::Forwarding],
                    _ => &[],
                };
                let allowed = works
                    && device.bounds.protocols.contains(*protocol)
                    && may(Right::Read)
                    && needs.iter().all(|right| may(*right));
                match self.world.login(mailbox.address.canonical(), &phone.password, *protocol) {
                    Ok(session) => {
                        assert!(allowed, "{protocol} opens {} for {:?}", mailbox.id, device);
                        assert_eq!((session.device, session.holder), (device.id, device.holder));
                        if let Some(holder) = device.holder {
                            for right in Right::ALL.iter().filter(|right| **right != Right::Read) {
                                let may = directory.may(holder, *right, mailbox.id).unwrap().allowed();
                                assert_eq!(session.rights.contains(*right), may, "{right}");
                            }
                        }
                        assert!(directory.session_valid(&session).unwrap());
                        opened.push(session);
                    }
                    Err(refusal) => assert!(
                        !allowed || !is_newest,
                        "{protocol}: {} for {device:?} of {mailbox:?}",
                        refusal.reason()
                    ),
                }
            }
        }
        // A session that was let in before goes on exactly as long as it would be let in anew.
        self.sessions.retain(|session| {
            let selector = session.selector.unwrap().to_string();
            let was_tried = tried.contains(&(session.device, selector));
            if was_tried {
                let anew = opened.iter().any(|other: &DeviceSession| {
                    (other.device, other.protocol, other.selector)
                        == (session.device, session.protocol, session.selector)
                });
                assert_eq!(directory.session_valid(session).unwrap(), anew, "{session:?}");
            }
            !was_tried
        });
        self.sessions.extend(opened);
    }
}
