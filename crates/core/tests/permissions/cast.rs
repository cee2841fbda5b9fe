//! The stage: one organisation with something of everything, and everyone who could act in it.

use std::fmt;
use std::time::Duration;

use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, For};
use mailgrant::domain::{AddDomain, OfferDomain};
use mailgrant::grant::{ChangeGrant, GrantAccess, RevokeGrant};
use mailgrant::invitation::Invite;
use mailgrant::mailbox::{CloseMailbox, DeleteMailbox, HoldSending, OpenMailbox, SuspendMailbox};
use mailgrant::membership::{AddMember, SetRole, SetServices, SuspendMember};
use mailgrant::organisation::{FoundOrganisation, SetPolicy, SuspendOrganisation};
use mailgrant::user::{
    AddressKind, ChangeLogin, DeleteUser, IssueConfirmation, RegisterUser, StartReset, SuspendUser,
};
use mailgrant::*;

use crate::common::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// Everyone there is, and the usual policy.
    Usual,
    /// Holders of `Sharing` may invite.
    SharingInvites,
    /// An owner suspended the organisation.
    OwnerSuspended,
    /// The host suspended the organisation.
    SystemSuspended,
}

/// What the actor's grant on each mailbox of the stage is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Granted {
    Nothing,
    Endless(Rights),
    /// All rights, until [`Stage::until`].
    Until,
    /// All rights, and past its expiry.
    Expired,
}

/// Somebody who acts, and what is true of them.
pub struct Person {
    pub actor: Actor,
    /// Their place in the organisation.
    pub role: Option<Role>,
    pub services: Services,
    pub granted: Granted,
    pub member_suspended: bool,
    pub user_suspended: bool,
    /// Owner of another organisation.
    pub elsewhere: bool,
    /// A device that they hold on the mailbox.
    pub own_device: Option<DeviceId>,
    /// A device that they made, for nobody, and know.
    pub made_device: Option<DeviceId>,
    /// An invitation of theirs, which promises the mailbox with `Send`.
    pub sent: Option<InvitationId>,
}

impl Person {
    pub fn user(&self) -> Option<UserId> {
        self.actor.user()
    }

    pub fn is_system(&self) -> bool {
        matches!(self.actor, Actor::System(_))
    }

    pub fn is_bearer(&self) -> bool {
        self.actor == Actor::Bearer
    }

    /// Whether they belong to the organisation, and it counts.
    pub fn is_member(&self) -> bool {
        self.role.is_some() && !self.member_suspended && !self.user_suspended
    }

    fn manages(&self, service: &Service) -> bool {
        self.admin() || (self.is_member() && self.services.get(service) == Some(&Level::Manage))
    }

    pub fn owner(&self) -> bool {
        self.is_system() || (self.is_member() && self.role == Some(Role::Owner))
    }

    pub fn admin(&self) -> bool {
        self.owner() || (self.is_member() && self.role == Some(Role::Admin))
    }

    /// One of "the managers".
    pub fn mail(&self) -> bool {
        self.is_system() || self.manages(&Service::Mail)
    }

    pub fn domains(&self) -> bool {
        self.is_system() || self.manages(&Service::Domains)
    }

    pub fn rights(&self) -> Option<Rights> {
        match self.granted {
            Granted::Endless(rights) => Some(rights),
            Granted::Until => Some(Rights::ALL),
            Granted::Nothing | Granted::Expired => None,
        }
    }

    /// Whether there is a grant, past its expiry or not.
    pub fn has_any_grant(&self) -> bool {
        self.granted != Granted::Nothing
    }

    pub fn holds(&self, right: Right) -> bool {
        self.is_member() && self.rights().is_some_and(|rights| rights.contains(right))
    }

    /// Whether they may see the mailboxes of the stage that were granted to them, if any were.
    pub fn sees(&self) -> bool {
        self.mail() || (self.is_member() && self.rights().is_some())
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.actor {
            Actor::System(_) => return f.write_str("System"),
            Actor::Bearer => return f.write_str("Bearer"),
            Actor::User(_) if self.elsewhere => return f.write_str("another organisation's owner"),
            Actor::User(_) => {}
        }
        match self.role {
            Some(role) => write!(f, "{role}")?,
            None => f.write_str("outsider")?,
        }
        for (service, level) in &self.services {
            write!(f, " with {service}:{level}")?;
        }
        match self.granted {
            Granted::Nothing => f.write_str(" without a grant")?,
            Granted::Endless(rights) if rights == Rights::ALL => f.write_str(" granted all")?,
            Granted::Endless(rights) => write!(f, " granted [{rights}]")?,
            Granted::Until => f.write_str(" granted all for a while")?,
            Granted::Expired => f.write_str(" with an expired grant")?,
        }
        if self.member_suspended {
            f.write_str(", suspended member")?;
        }
        if self.user_suspended {
            f.write_str(", suspended user")?;
        }
        Ok(())
    }
}

/// Tokens that nobody used.
pub struct Tokens {
    pub confirmation: String,
    pub reset: String,
    pub invitation: String,
}

pub struct Invitations {
    /// By an owner, an External without a mailbox.
    pub external: InvitationId,
    /// By an owner, an External with `Send` on the mailbox.
    pub with_mailbox: InvitationId,
    pub collaborator: InvitationId,
    pub owner: InvitationId,
}

/// Those to whom things are done; none of them acts, save for `boss`, who makes things.
pub struct Others {
    /// An active owner.
    pub boss: UserId,
    pub adam: UserId,
    /// A collaborator who manages mail, with an empty grant.
    pub mia: UserId,
    /// A collaborator without services or grants.
    pub carl: UserId,
    /// An External without grants.
    pub plain: UserId,
    /// An External with an empty grant.
    pub rita: UserId,
    /// An External with `Send`, who holds a device.
    pub anna: UserId,
    /// An External whom a member suspended.
    pub resting: UserId,
    /// An External whom the host suspended.
    pub banned: UserId,
    /// An owner whom a member suspended.
    pub resting_owner: UserId,
    /// A user of no organisation.
    pub stranger: UserId,
    /// A user of no organisation with an unproved login.
    pub unproved: UserId,
    /// A user of no organisation whom the host suspended.
    pub suspended: UserId,
    /// Someone whose account was deleted.
    pub gone: UserId,
}

pub struct Mailboxes {
    pub open: MailboxId,
    pub suspended: MailboxId,
    pub closed: MailboxId,
    pub held: MailboxId,
    /// Of these nobody in the cast has a grant.
    pub ungranted: MailboxId,
    pub suspended_by_system: MailboxId,
    pub closed_by_system: MailboxId,
    pub held_by_system: MailboxId,
    /// Of another organisation.
    pub foreign: MailboxId,
}

pub struct Devices {
    /// Anna's, with networks.
    pub annas: DeviceId,
    /// Nobody's, with networks.
    pub nobodys: DeviceId,
    /// Anna's, revoked.
    pub revoked: DeviceId,
}

pub struct Stage {
    pub world: World,
    pub scene: Scene,
    pub organisation: OrganisationId,
    pub foreign_organisation: OrganisationId,
    pub mailboxes: Mailboxes,
    pub devices: Devices,
    pub invitations: Invitations,
    pub tokens: Tokens,
    pub others: Others,
    pub cast: Vec<Person>,
    /// When the grants of those end who have theirs for a while.
    pub until: Timestamp,
    /// Before anybody in the cast came.
    pub beginning: Timestamp,
}

pub const DOMAIN: &str = "bakery.example";
/// Verified, and without addresses.
pub const SPARE: &str = "spare.example";
pub const PENDING: &str = "pending.example";
/// On offer to the other organisation.
pub const OFFERED: &str = "offered.example";
/// The other organisation's, on offer to this one.
pub const COMING: &str = "coming.example";
pub const ALIAS: &str = "hello@bakery.example";
pub const PHC: &str =
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const NETWORK: &str = "192.0.2.0/24";

/// A member to come: role, services, grant.
type Part = (Role, Services, Granted);

fn services(service: Service, level: Level) -> Services {
    Services::from([(service, level)])
}

/// Every service right that the rules and hosts know apart.
fn all_services() -> Vec<Services> {
    vec![
        Services::new(),
        services(Service::Mail, Level::Use),
        services(Service::Mail, Level::Manage),
        services(Service::Domains, Level::Use),
        services(Service::Domains, Level::Manage),
        services(Service::Sites, Level::Manage),
        services(Service::Billing, Level::Manage),
    ]
}

fn all_grants() -> Vec<Granted> {
    let mut all = vec![Granted::Nothing, Granted::Endless(Rights::EMPTY)];
    all.extend(Right::ALL.iter().skip(1).map(|right| Granted::Endless(Rights::from([*right]))));
    all.extend([Granted::Endless(Rights::ALL), Granted::Until, Granted::Expired]);
    all
}

fn parts(scene: Scene) -> Vec<Part> {
    let positions: Vec<(Role, Services)> = match scene {
        Scene::Usual => std::iter::once((Role::External, Services::new()))
            .chain(all_services().into_iter().map(|services| (Role::Collaborator, services)))
            .chain([(Role::Admin, Services::new()), (Role::Owner, Services::new())])
            .collect(),
        Scene::SharingInvites => vec![
            (Role::External, Services::new()),
            (Role::Collaborator, services(Service::Mail, Level::Use)),
            (Role::Collaborator, services(Service::Mail, Level::Manage)),
        ],
        Scene::OwnerSuspended | Scene::SystemSuspended => vec![
            (Role::External, Services::new()),
            (Role::Collaborator, services(Service::Mail, Level::Manage)),
            (Role::Collaborator, services(Service::Domains, Level::Manage)),
            (Role::Admin, Services::new()),
            (Role::Owner, Services::new()),
        ],
    };
    let grants = match scene {
        Scene::Usual | Scene::SharingInvites => all_grants(),
        _ => vec![Granted::Nothing, Granted::Endless(Rights::EMPTY), Granted::Endless(Rights::ALL)],
    };
    positions
        .into_iter()
        .flat_map(|(role, services)| grants.iter().map(move |granted| (role, services.clone(), *granted)))
        .collect()
}

impl Stage {
    #[track_caller]
    pub fn new(scene: Scene) -> Self {
        let world = World::with(|builder| builder.legacy_passwords(LegacyPasswords::Allowed));
        let person =
            |login: &str| world.sys(RegisterUser::new(addr(login), "Somebody").proof(Proof::Verified)).user;
        let boss = person("boss@people.example");
        let organisation =
            world.run(boss, FoundOrganisation { name: "Bakery".into(), owner: None }).organisation;
        world.domain(organisation, DOMAIN);
        world.domain(organisation, SPARE);
        world.domain(organisation, OFFERED);
        world.run(boss, AddDomain { organisation, name: PENDING.parse().unwrap() });
        let sharing_invites = match scene {
            Scene::SharingInvites => organisation::SharingInvites::Allowed,
            _ => organisation::SharingInvites::Refused,
        };
        let policy = Policy { devices_per_mailbox: 1_000, sharing_invites, ..Policy::default() };
        world.run(boss, SetPolicy { organisation, policy, on_dependants: OnDependants::Refuse });

        let mailbox = |name: &str| world.mailbox(organisation, &format!("{name}@{DOMAIN}"));
        let neighbour = person("neighbour@people.example");
        let foreign_organisation = world.organisation(neighbour, "garage.example");
        let mailboxes = Mailboxes {
            open: mailbox("contact"),
            suspended: mailbox("suspended"),
            closed: mailbox("closed"),
            held: mailbox("held"),
            ungranted: mailbox("ungranted"),
            suspended_by_system: mailbox("host-suspended"),
            closed_by_system: mailbox("host-closed"),
            held_by_system: mailbox("host-held"),
            foreign: world.mailbox(foreign_organisation, "office@garage.example"),
        };
        world.sys(AddAlias::new(mailboxes.open, addr(ALIAS)));

        let member = |login: &str, role: Role, services: Services| {
            let user = person(login);
            world.sys(AddMember { organisation, user, role, services });
            user
        };
        let external = |login: &str| member(login, Role::External, Services::new());
        // Another owner, so that nobody is the last one.
        member("olga@people.example", Role::Owner, Services::new());
        let others = Others {
            boss,
            adam: member("adam@people.example", Role::Admin, Services::new()),
            mia: member("mia@people.example", Role::Collaborator, services(Service::Mail, Level::Manage)),
            carl: member("carl@people.example", Role::Collaborator, Services::new()),
            plain: external("plain@people.example"),
            rita: external("rita@people.example"),
            anna: external("anna@people.example"),
            resting: external("resting@people.example"),
            banned: external("banned@people.example"),
            resting_owner: member("resting-owner@people.example", Role::Owner, Services::new()),
            stranger: person("stranger@people.example"),
            unproved: world.sys(RegisterUser::new(addr("unproved@people.example"), "Unproved")).user,
            suspended: person("suspended@people.example"),
            gone: person("gone@people.example"),
        };
        world.sys(DeleteUser { user: others.gone });
        world.run(boss, SuspendMember { organisation, user: others.resting });
        world.run(boss, SuspendMember { organisation, user: others.resting_owner });
        world.sys(SuspendMember { organisation, user: others.banned });
        world.sys(SuspendUser { user: others.suspended });
        world.grant(mailboxes.open, others.rita, []);
        world.grant(mailboxes.open, others.mia, []);
        world.grant(mailboxes.open, others.anna, [Right::Send, Right::Devices]);
        let device = |label: &str| {
            AddDevice::new(mailboxes.open, label)
                .protocols([Protocol::Imap])
                .networks([NETWORK.parse().unwrap()])
        };
        let annas = world.run(others.anna, device("anna's phone"));
        let revoked = world.run(others.anna, device("anna's former phone")).id;
        world.run(others.anna, device::RevokeDevice { device: revoked });
        world.grant_is(&mailboxes, others.anna, [Right::Send].into());
        let nobody = For::Nobody { handed_to: None };
        let devices = Devices {
            annas: annas.id,
            nobodys: world.run(boss, device("printer").holder(nobody)).id,
            revoked,
        };
        let from = Some("192.0.2.7".parse().unwrap());
        let password = annas.password.reveal();
        let login = DeviceLogin {
            address: "contact@bakery.example",
            password: &password,
            protocol: Protocol::Imap,
            from,
        };
        world.directory.login_device(&login).unwrap();
        world.directory.flush_uses().unwrap();

        // Longer ago than 90 days, for the history.
        let beginning = world.now();
        let until = world.now().plus(Duration::from_secs(200 * 86_400));
        let mut cast = Vec::new();
        for (place, part) in parts(scene).into_iter().enumerate() {
            cast.push(cast_member(&world, organisation, &mailboxes, place, &part, until));
        }
        if scene != Scene::SharingInvites {
            cast.extend(suspended(&world, organisation, &mailboxes, until));
        }
        let actor = |actor: Actor| Person {
            actor,
            role: None,
            services: Services::new(),
            granted: Granted::Nothing,
            member_suspended: false,
            user_suspended: false,
            elsewhere: false,
            own_device: None,
            made_device: None,
            sent: None,
        };
        cast.push(actor(Actor::Bearer));
        cast.push(actor(world.system.clone()));
        cast.push(actor(Actor::User(person("outsider@people.example"))));
        cast.push(Person { elsewhere: true, ..actor(Actor::User(neighbour)) });

        world.days(100);
        let sent = |address: &str, role: Role, mailboxes: Vec<Promise>| {
            let offer = Offer { role, services: Services::new(), mailboxes };
            world.run(boss, Invite { organisation, address: addr(address), offer })
        };
        let external = sent("a@invited.example", Role::External, vec![]);
        let promise = Promise { mailbox: mailboxes.open, rights: [Right::Send].into(), expires: None };
        let invitations = Invitations {
            external: external.invitation,
            with_mailbox: sent("b@invited.example", Role::External, vec![promise]).invitation,
            collaborator: sent("c@invited.example", Role::Collaborator, vec![]).invitation,
            owner: sent("d@invited.example", Role::Owner, vec![]).invitation,
        };
        let name = "away@people.example";
        world.sys(ChangeLogin { user: others.stranger, login: addr(name) });
        let confirmation =
            world.sys(IssueConfirmation { user: others.stranger, of: AddressKind::Login }).token;
        let reset = world.sys(StartReset { user: others.stranger, to: AddressKind::Login }).token.unwrap();
        let tokens = Tokens {
            confirmation: confirmation.reveal().to_string(),
            reset: reset.reveal().to_string(),
            invitation: external.token.reveal().to_string(),
        };

        let refuse = OnDependants::Refuse;
        world.run(boss, SuspendMailbox { mailbox: mailboxes.suspended, on_dependants: refuse });
        world.run(boss, CloseMailbox { mailbox: mailboxes.closed, on_dependants: refuse });
        world.run(boss, HoldSending { mailbox: mailboxes.held });
        world.sys(SuspendMailbox { mailbox: mailboxes.suspended_by_system, on_dependants: refuse });
        world.sys(CloseMailbox { mailbox: mailboxes.closed_by_system, on_dependants: refuse });
        world.sys(HoldSending { mailbox: mailboxes.held_by_system });
        // An address in quarantine.
        let gone = world.sys(OpenMailbox::new(organisation, addr("gone@bakery.example")));
        world.sys(DeleteMailbox { mailbox: gone, on_dependants: refuse });
        // Pending again: the first challenge has lapsed.
        world.run(boss, AddDomain { organisation, name: PENDING.parse().unwrap() });
        // Something recent about the mailbox that is not about a grant or device.
        world.run(boss, AddAlias::new(mailboxes.open, addr("recent@bakery.example")));
        world.domain(foreign_organisation, COMING);
        for (who, from, name, to) in [
            (boss, organisation, OFFERED, foreign_organisation),
            (neighbour, foreign_organisation, COMING, organisation),
        ] {
            let (name, access) = (name.parse().unwrap(), OfferedAccess::GoesOn);
            world.run(who, OfferDomain { organisation: from, name, to, access });
        }
        world.grant(mailboxes.open, others.carl, []);
        let held = HeldDevices::Revoke;
        world.sys(RevokeGrant { mailbox: mailboxes.open, user: others.carl, held });

        match scene {
            Scene::Usual | Scene::SharingInvites => {}
            Scene::OwnerSuspended => world.run(boss, SuspendOrganisation { organisation }),
            Scene::SystemSuspended => world.sys(SuspendOrganisation { organisation }),
        }
        Self {
            world,
            scene,
            organisation,
            foreign_organisation,
            mailboxes,
            devices,
            invitations,
            tokens,
            others,
            cast,
            until,
            beginning,
        }
    }

    pub fn is_suspended(&self) -> bool {
        matches!(self.scene, Scene::OwnerSuspended | Scene::SystemSuspended)
    }
}

impl World {
    fn grant_is(&self, mailboxes: &Mailboxes, user: UserId, rights: Rights) {
        self.sys(ChangeGrant { mailbox: mailboxes.open, user, rights });
    }
}

/// Those who are suspended, in each role, with and without grants.
fn suspended(
    world: &World,
    organisation: OrganisationId,
    mailboxes: &Mailboxes,
    until: Timestamp,
) -> Vec<Person> {
    let mut cast = Vec::new();
    let positions = [
        (Role::External, Services::new()),
        (Role::Collaborator, services(Service::Mail, Level::Manage)),
        (Role::Collaborator, services(Service::Domains, Level::Manage)),
        (Role::Admin, Services::new()),
        (Role::Owner, Services::new()),
    ];
    for (role, services) in positions {
        for granted in [Granted::Nothing, Granted::Endless(Rights::ALL)] {
            for of_user in [false, true] {
                let place = 1_000 + cast.len();
                let part = (role, services.clone(), granted);
                let mut person = cast_member(world, organisation, mailboxes, place, &part, until);
                let user = person.user().unwrap();
                if of_user {
                    world.sys(SuspendUser { user });
                    person.user_suspended = true;
                } else {
                    world.sys(SuspendMember { organisation, user });
                    person.member_suspended = true;
                }
                cast.push(person);
            }
        }
    }
    cast
}

/// Someone who was an admin once and did a few things, and is now what the part says.
fn cast_member(
    world: &World,
    organisation: OrganisationId,
    mailboxes: &Mailboxes,
    place: usize,
    (role, services, granted): &Part,
    until: Timestamp,
) -> Person {
    let login = addr(&format!("cast{place}@people.example"));
    let user = world.sys(RegisterUser::new(login, "Cast").proof(Proof::Verified)).user;
    world.sys(AddMember { organisation, user, role: Role::Admin, services: Services::new() });
    let expires = match granted {
        Granted::Until => Some(until),
        Granted::Expired => Some(world.now().plus(Duration::from_secs(3_600))),
        Granted::Nothing | Granted::Endless(_) => None,
    };
    let mut own_device = None;
    if *granted != Granted::Nothing {
        for mailbox in [mailboxes.open, mailboxes.suspended, mailboxes.closed, mailboxes.held] {
            world.sys(GrantAccess { expires, ..GrantAccess::new(mailbox, user).rights(Rights::ALL) });
        }
        // Most single rights make no difference to a device, and hundreds of devices take their time.
        let telling =
            [Rights::EMPTY, Rights::from([Right::Devices]), Rights::from([Right::Security]), Rights::ALL];
        if !matches!(granted, Granted::Endless(rights) if !telling.contains(rights)) {
            let device = AddDevice::new(mailboxes.open, "own")
                .protocols([Protocol::Imap])
                .networks([NETWORK.parse().unwrap()]);
            own_device = Some(world.run(user, device).id);
        }
    }
    let nobody = For::Nobody { handed_to: None };
    let made = AddDevice::new(mailboxes.open, "made for nobody").holder(nobody).protocols([Protocol::Imap]);
    let few = [Granted::Nothing, Granted::Endless(Rights::ALL)];
    let made_device = few.contains(granted).then(|| world.run(user, made).id);
    let promise = Promise { mailbox: mailboxes.open, rights: [Right::Send].into(), expires: None };
    let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![promise] };
    let address = addr(&format!("by{place}@invited.example"));
    let sent = Some(world.run(user, Invite { organisation, address, offer }).invitation);
    if let Granted::Endless(rights) = granted {
        for mailbox in [mailboxes.open, mailboxes.suspended, mailboxes.closed, mailboxes.held] {
            world.sys(ChangeGrant { mailbox, user, rights: *rights });
        }
    }
    world.sys(SetRole { organisation, user, role: *role });
    if !services.is_empty() {
        world.sys(SetServices { organisation, user, services: services.clone() });
    }
    Person {
        actor: Actor::User(user),
        role: Some(*role),
        services: services.clone(),
        granted: *granted,
        member_suspended: false,
        user_suspended: false,
        elsewhere: false,
        own_device,
        made_device,
        sent,
    }
}
