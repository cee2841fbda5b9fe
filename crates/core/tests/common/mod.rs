//! A small world to test in: a clock that stands still, seeded randomness, cheap hashes, and a few people.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

pub mod agree;
pub mod views;

use std::sync::Arc;
use std::time::Duration;

use mailgrant::device::{AddDevice, For, Issued};
use mailgrant::domain::{AddDomain, VerifyDomain};
use mailgrant::grant::GrantAccess;
use mailgrant::mailbox::OpenMailbox;
use mailgrant::membership::AddMember;
use mailgrant::organisation::FoundOrganisation;
use mailgrant::user::RegisterUser;
use mailgrant::{
    Actor, Address, Code, Command, DeviceLogin, DeviceSession, Directory, DirectoryBuilder, DomainName,
    Entropy, EntropyError, Error, HashCosts, Level, MailboxId, ManualClock, MemoryStore, OrganisationId,
    Proof, Protocol, Refusal, Rights, Role, Service, Services, Store, Timestamp, UserId, ViewOptions,
};

/// Where every test's clock begins: a Tuesday.
pub const TUESDAY: &str = "2026-03-03T09:00:00Z";
pub const PASSWORD: &str = "three lamps under one bridge";

/// Randomness that is the same in every run.
pub struct Seeded(u64);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64.
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// A directory over a memory store, and its parts.
///
/// The directory answers from an access view; after every command that goes well, so does one that only follows the
/// journal, and both are compared with one that asks the rows.
pub struct World {
    pub directory: Directory,
    pub views: Option<views::Views>,
    pub store: Arc<MemoryStore>,
    pub clock: Arc<ManualClock>,
    pub system: Actor,
}

/// A directory with cheap hashes, a standing clock and seeded randomness.
pub fn builder(store: impl Store + 'static, clock: &Arc<ManualClock>, seed: u64) -> DirectoryBuilder {
    Directory::builder(store).clock(clock.clone()).entropy(Seeded::new(seed)).hash_costs(HashCosts {
        memory_kib: 8,
        iterations: 1,
        parallelism: 1,
    })
}

impl World {
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub fn with(more: impl FnOnce(DirectoryBuilder) -> DirectoryBuilder) -> Self {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(ManualClock::new(TUESDAY.parse().unwrap()));
        let directory = more(builder(store.clone(), &clock, 7)).build().unwrap();
        let directory = directory.with_view(ViewOptions::strict()).unwrap();
        let views = Some(views::Views::new(&store, &clock));
        Self { directory, views, store, clock, system: Actor::system("test") }
    }

    /// A world whose directory talks to the store through something else.
    pub fn through<S: Store + 'static>(wrap: impl FnOnce(Arc<MemoryStore>) -> S) -> Self {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(ManualClock::new(TUESDAY.parse().unwrap()));
        let directory = builder(wrap(store.clone()), &clock, 7).build().unwrap();
        Self { directory, views: None, store, clock, system: Actor::system("test") }
    }

    pub fn now(&self) -> Timestamp {
        use mailgrant::Clock;
        self.clock.now()
    }

    pub fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    pub fn days(&self, days: u64) {
        self.advance(Duration::from_secs(days * 86_400));
    }

    /// Runs a command that must go well.
    #[track_caller]
    pub fn run<C: Command>(&self, actor: impl IntoActor, command: C) -> C::Output {
        match self.directory.run(&actor.into_actor(), command) {
            Ok(output) => {
                self.views_agree(C::NAME);
                output
            }
            Err(error) => panic!("{} was refused: {error:?}", C::NAME),
        }
    }

    /// Access views and rows give the same answers for everybody.
    #[track_caller]
    pub fn views_agree(&self, after: &str) {
        if let Some(views) = &self.views {
            views.agree(&self.directory, &self.store, after);
        }
    }

    /// Runs a command as the host; it must go well.
    #[track_caller]
    pub fn sys<C: Command>(&self, command: C) -> C::Output {
        self.run(self.system.clone(), command)
    }

    /// Runs a command that must be refused with this code, and leave the store byte-equal.
    #[track_caller]
    pub fn refused<C: Command>(&self, actor: impl IntoActor, command: C, code: &str) -> Error {
        let before = self.store.dump();
        match self.directory.run(&actor.into_actor(), command) {
            Ok(_) => panic!("{} went through, expected {code}", C::NAME),
            Err(error) => {
                assert_eq!(error.code().as_str(), code, "{}: {error:?}", C::NAME);
                assert!(before == self.store.dump(), "{} was refused and still changed the store", C::NAME);
                error
            }
        }
    }

    /// A person whose login is proved, with [`PASSWORD`].
    #[track_caller]
    pub fn person(&self, login: &str) -> UserId {
        let name = login.split('@').next().unwrap();
        self.sys(RegisterUser::new(addr(login), name).proof(Proof::Verified).password(PASSWORD)).user
    }

    /// An organisation of an owner, with a verified domain.
    #[track_caller]
    pub fn organisation(&self, owner: UserId, domain: &str) -> OrganisationId {
        let organisation =
            self.run(owner, FoundOrganisation { name: domain.to_owned(), owner: None }).organisation;
        self.domain(organisation, domain);
        organisation
    }

    /// A verified domain.
    #[track_caller]
    pub fn domain(&self, organisation: OrganisationId, name: &str) -> DomainName {
        let name: DomainName = name.parse().unwrap();
        self.sys(AddDomain { organisation, name: name.clone() });
        self.sys(VerifyDomain { organisation, name: name.clone() });
        name
    }

    #[track_caller]
    pub fn member(&self, organisation: OrganisationId, login: &str, role: Role) -> UserId {
        let user = self.person(login);
        self.sys(AddMember { organisation, user, role, services: Services::new() });
        user
    }

    /// A collaborator with a service at `Manage`.
    #[track_caller]
    pub fn manager(&self, organisation: OrganisationId, login: &str, service: Service) -> UserId {
        let user = self.person(login);
        let services = Services::from([(service, Level::Manage)]);
        self.sys(AddMember { organisation, user, role: Role::Collaborator, services });
        user
    }

    #[track_caller]
    pub fn mailbox(&self, organisation: OrganisationId, address: &str) -> MailboxId {
        self.sys(OpenMailbox::new(organisation, addr(address)))
    }

    #[track_caller]
    pub fn grant(&self, mailbox: MailboxId, user: UserId, rights: impl Into<Rights>) {
        self.sys(GrantAccess::new(mailbox, user).rights(rights));
    }

    /// A device that a person adds for themselves.
    #[track_caller]
    pub fn device(
        &self,
        user: UserId,
        mailbox: MailboxId,
        protocols: impl Into<mailgrant::Protocols>,
    ) -> Issued {
        self.run(user, AddDevice::new(mailbox, "phone").protocols(protocols))
    }

    /// A device for nobody.
    #[track_caller]
    pub fn robot(&self, mailbox: MailboxId, protocols: impl Into<mailgrant::Protocols>) -> Issued {
        let nobody = For::Nobody { handed_to: Some("the CRM".into()) };
        self.sys(AddDevice::new(mailbox, "CRM").holder(nobody).protocols(protocols))
    }

    pub fn login(&self, address: &str, password: &str, protocol: Protocol) -> Result<DeviceSession, Refusal> {
        self.directory.login_device(&DeviceLogin { address, password, protocol, from: None })
    }

    /// Whether a device opens its mailbox, or the true reason why not.
    pub fn opens(&self, address: &str, password: &str, protocol: Protocol) -> Result<(), String> {
        self.login(address, password, protocol).map(drop).map_err(|refusal| refusal.reason().to_string())
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// A small business: an owner, an assistant with the default rights on contact@, and an outsider.
pub struct Business {
    pub world: World,
    pub organisation: OrganisationId,
    pub owner: UserId,
    pub assistant: UserId,
    pub outsider: UserId,
    pub contact: MailboxId,
}

impl Business {
    pub fn new() -> Self {
        Self::in_world(World::new())
    }

    pub fn in_world(world: World) -> Self {
        let owner = world.person("olivia@people.example");
        let organisation = world.organisation(owner, "bakery.example");
        let assistant = world.member(organisation, "ada@people.example", Role::External);
        let outsider = world.person("otto@people.example");
        let contact = world.mailbox(organisation, "contact@bakery.example");
        world.sys(GrantAccess::new(contact, assistant));
        Self { world, organisation, owner, assistant, outsider, contact }
    }
}

impl Default for Business {
    fn default() -> Self {
        Self::new()
    }
}

impl std::ops::Deref for Business {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

/// An actor, or the user who acts.
pub trait IntoActor {
    fn into_actor(self) -> Actor;
}

impl IntoActor for Actor {
    fn into_actor(self) -> Actor {
        self
    }
}

impl IntoActor for &Actor {
    fn into_actor(self) -> Actor {
        self.clone()
    }
}

impl IntoActor for UserId {
    fn into_actor(self) -> Actor {
        Actor::User(self)
    }
}

pub fn addr(text: &str) -> Address {
    text.parse().unwrap()
}

pub fn code<T>(result: Result<T, Error>) -> Option<Code> {
    result.err().map(|error| error.code())
}

// Helpers of the rule tests about users, organisations, domains, members, invitations and logins.

/// An offer of a role and nothing else.
pub fn offer(role: Role) -> mailgrant::Offer {
    mailgrant::Offer { role, services: Services::new(), mailboxes: Vec::new() }
}

/// An offer for someone outside: one mailbox with these rights.
pub fn offer_of(mailbox: MailboxId, rights: impl Into<Rights>) -> mailgrant::Offer {
    let promise = mailgrant::Promise { mailbox, rights: rights.into(), expires: None };
    mailgrant::Offer { mailboxes: vec![promise], ..offer(Role::External) }
}

impl World {
    /// Sends an invitation and gives its token as it would stand in the mail.
    #[track_caller]
    pub fn invite(
        &self,
        sender: impl IntoActor,
        organisation: OrganisationId,
        address: &str,
        offer: mailgrant::Offer,
    ) -> (mailgrant::InvitationId, String) {
        let address = addr(address);
        let invited = self.run(sender, mailgrant::invitation::Invite { organisation, address, offer });
        (invited.invitation, invited.token.reveal().to_string())
    }

    /// Accepts an invitation with an account that is there; it must go well.
    #[track_caller]
    pub fn accept(&self, user: UserId, token: &str) -> mailgrant::invitation::Accepted {
        self.run(user, mailgrant::invitation::AcceptInvitation { token: token.into() })
    }

    /// Signs a person in, or gives the whole refusal.
    pub fn sign_in(&self, login: &str, password: &str) -> Result<mailgrant::UserSession, Refusal> {
        self.directory.login_user(&mailgrant::UserLogin { login, password })
    }

    /// Whether a person can sign in, or the true reason why not.
    pub fn signs_in(&self, login: &str, password: &str) -> Result<(), String> {
        self.sign_in(login, password).map(drop).map_err(|refusal| refusal.reason().to_string())
    }

    /// Puts the clock at an instant.
    pub fn set(&self, instant: Timestamp) {
        self.clock.set(instant);
    }

    /// What happened in an organisation, as the host sees it.
    #[track_caller]
    pub fn happened(&self, organisation: OrganisationId) -> Vec<mailgrant::Entry> {
        let filter = mailgrant::HistoryFilter::default();
        mailgrant::every(|page| self.directory.history(&self.system, organisation, &filter, page))
            .collect::<Result<_, _>>()
            .unwrap()
    }

    /// How often an event of this kind stands in the journal, of whatever stream.
    pub fn count(&self, kind: &str) -> usize {
        self.store.dump().matches(&format!("kind: {kind:?}")).count()
    }

    /// A question that must be refused with this code.
    #[track_caller]
    pub fn hidden<T: std::fmt::Debug>(&self, answer: Result<T, Error>, code: &str) {
        assert_eq!(answer.unwrap_err().code().as_str(), code);
    }
}

/// Refuses each of these commands with the same code.
#[macro_export]
macro_rules! all_refused {
    ($world:expr, $actor:expr, $code:expr, [$($command:expr),+ $(,)?]) => {
        $($world.refused($actor.clone(), $command, $code);)+
    };
}

/// People of every standing around the business, besides its owner, its assistant and the outsider.
pub struct Crowd {
    pub admin: UserId,
    /// A collaborator with `Mail: Manage`.
    pub mail: UserId,
    /// A collaborator with `Domains: Manage`.
    pub domains: UserId,
    /// A collaborator without any grant.
    pub collaborator: UserId,
    /// An External with every right on contact@.
    pub guest: UserId,
    /// An admin whose account is suspended.
    pub suspended: UserId,
    /// An admin whose membership is suspended.
    pub dormant: UserId,
    /// The owner of another organisation.
    pub rival: UserId,
    pub rivals: OrganisationId,
    /// sales@rival.example
    pub theirs: MailboxId,
}

impl Business {
    pub fn crowd(&self) -> Crowd {
        use mailgrant::membership::SuspendMember;
        use mailgrant::user::SuspendUser;
        let organisation = self.organisation;
        let guest = self.member(organisation, "gina@people.example", Role::External);
        self.grant(self.contact, guest, Rights::ALL);
        let suspended = self.member(organisation, "sven@people.example", Role::Admin);
        self.sys(SuspendUser { user: suspended });
        let dormant = self.member(organisation, "dora@people.example", Role::Admin);
        self.sys(SuspendMember { organisation, user: dormant });
        let rival = self.person("rita@people.example");
        let rivals = self.organisation(rival, "rival.example");
        Crowd {
            admin: self.member(organisation, "adam@people.example", Role::Admin),
            mail: self.manager(organisation, "mia@people.example", Service::Mail),
            domains: self.manager(organisation, "dan@people.example", Service::Domains),
            collaborator: self.member(organisation, "carl@people.example", Role::Collaborator),
            guest,
            suspended,
            dormant,
            rival,
            rivals,
            theirs: self.mailbox(rivals, "sales@rival.example"),
        }
    }

    /// Refuses a command about contact@, or something of it, to everyone but its managers. `unseen` is the code
    /// for those who may not see it.
    #[track_caller]
    pub fn managers_alone<C: Command>(&self, crowd: &Crowd, unseen: &str, command: impl Fn() -> C) {
        for seeing in [self.assistant, crowd.guest] {
            self.refused(seeing, command(), "access.denied");
        }
        for blind in [crowd.collaborator, crowd.domains, crowd.dormant, self.outsider, crowd.rival] {
            self.refused(blind, command(), unseen);
        }
        self.refused(crowd.suspended, command(), "actor.suspended");
        self.refused(Actor::Bearer, command(), unseen);
    }
}

/// Runs a test in a fresh business for each of its managers: owner, admin, `Mail: Manage` and the host.
pub fn each_manager(test: impl Fn(&Business, &Crowd, Actor)) {
    for place in 0..4 {
        let business = Business::new();
        let crowd = business.crowd();
        let actor = match place {
            0 => Actor::User(business.owner),
            1 => Actor::User(crowd.admin),
            2 => Actor::User(crowd.mail),
            _ => business.system.clone(),
        };
        test(&business, &crowd, actor);
    }
}

impl World {
    pub fn may(&self, user: UserId, right: mailgrant::Right, mailbox: MailboxId) -> bool {
        self.directory.may(user, right, mailbox).unwrap().allowed()
    }

    /// Why somebody may not, in a word; `-` where they may.
    pub fn obstacle(&self, user: UserId, right: mailgrant::Right, mailbox: MailboxId) -> String {
        let verdict = self.directory.may(user, right, mailbox).unwrap();
        verdict.obstacle().map_or("-".into(), |obstacle| obstacle.to_string())
    }

    /// What happens to mail: `accept`, `refuse` or `defer`, and the steps.
    pub fn way(&self, address: &str) -> String {
        let found = self.directory.resolve(&addr(address)).unwrap();
        let steps: Vec<&str> = found.way.iter().map(|step| step.as_str()).collect();
        format!("{} {}", found.delivery, steps.join(" "))
    }

    /// The mailbox that mail to an address is for.
    pub fn target(&self, address: &str) -> Option<MailboxId> {
        self.directory.resolve(&addr(address)).unwrap().mailbox
    }

    /// An instant so many days from now.
    pub fn in_days(&self, days: u64) -> Timestamp {
        self.now().plus(Duration::from_secs(days * 86_400))
    }
}

/// Why a device does not open its mailbox, in a word; `-` where it does.
pub fn hindrance(world: &World, address: &str, password: &str, protocol: Protocol) -> String {
    match world.opens(address, password, protocol) {
        Ok(()) => "-".into(),
        Err(reason) => reason.trim_start_matches("the device's password, but: ").to_owned(),
    }
}
