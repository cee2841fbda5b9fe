//! Organisations, people, mailboxes and devices in a file, and what chance does to them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mailgrant::alias::*;
use mailgrant::device::*;
use mailgrant::domain::*;
use mailgrant::grant::*;
use mailgrant::mailbox::*;
use mailgrant::membership::*;
use mailgrant::organisation::*;
use mailgrant::user::*;
use mailgrant::*;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::common::{PASSWORD, Seeded, TUESDAY, addr, builder};

/// The first two are the organisations' own, the next two become other names of them and stop being so.
pub(crate) const DOMAINS: [&str; 5] =
    ["alpha.example", "beta.example", "alpha-too.example", "beta-too.example", "xn--bcher-kva.example"];
pub(crate) const LOCALS: [&str; 9] =
    ["contact", "Office", "info+news", "postmaster", "a-b", "zoë", "abuse", "team", "abuse+x"];
/// A legacy password; nobody asks what it is.
const PHC: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

pub(crate) struct Phone {
    pub(crate) mailbox: MailboxId,
    pub(crate) id: DeviceId,
    pub(crate) password: String,
}

pub(crate) struct Life {
    pub(crate) directory: Directory,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) system: Actor,
    pub(crate) organisations: Vec<OrganisationId>,
    pub(crate) people: Vec<UserId>,
    pub(crate) mailboxes: Vec<MailboxId>,
    pub(crate) phones: Vec<Phone>,
    pub(crate) devices: Vec<DeviceId>,
    pub(crate) folder: TempDir,
    pub(crate) done: usize,
    chance: Seeded,
}

impl Life {
    pub(crate) fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(TUESDAY.parse().unwrap()));
        let store = mailgrant_sqlite::open(folder.path().join("mail.db")).unwrap();
        let directory =
            builder(store, &clock, seed).legacy_passwords(LegacyPasswords::Allowed).build().unwrap();
        let mut life = Self {
            directory,
            clock,
            system: Actor::system("test"),
            organisations: Vec::new(),
            people: Vec::new(),
            mailboxes: Vec::new(),
            phones: Vec::new(),
            devices: Vec::new(),
            folder,
            done: 0,
            chance: Seeded::new(seed),
        };
        life.begin();
        life
    }

    fn begin(&mut self) {
        for name in ["ann", "bob", "cleo", "dora"] {
            let login = addr(&format!("{name}@people.example"));
            let register = RegisterUser::new(login, name).proof(Proof::Verified).password(PASSWORD);
            let user = self.run(register).unwrap().user;
            self.people.push(user);
        }
        for place in 0..2 {
            let owner = Some(self.people[place]);
            let found = FoundOrganisation { name: "Firm".into(), owner };
            let organisation = self.run(found).unwrap().organisation;
            self.organisations.push(organisation);
            for other in self.people.clone() {
                let services = Services::new();
                let _ = self.run(AddMember { organisation, user: other, role: Role::External, services });
            }
            for name in [DOMAINS[place], DOMAINS[place + 2]] {
                let name: DomainName = name.parse().unwrap();
                self.run(AddDomain { organisation, name: name.clone() }).unwrap();
                self.run(VerifyDomain { organisation, name }).unwrap();
            }
            // What another name of a domain leaves behind.
            for local in ["contact", "abuse"] {
                let address = addr(&format!("{local}@{}", DOMAINS[place + 2]));
                let mailbox = self.run(OpenMailbox::new(organisation, address)).unwrap();
                self.run(DeleteMailbox { mailbox, on_dependants: OnDependants::GoOn }).unwrap();
            }
            // Nobody verifies it.
            let name = DOMAINS[4].parse().unwrap();
            self.run(AddDomain { organisation, name }).unwrap();
            // Of which a manager's name would be a subaddress, with a hyphen for a separator.
            let mailer = addr(&format!("mailer@{}", DOMAINS[place]));
            self.run(OpenMailbox::new(organisation, mailer)).unwrap();
            for local in ["contact", "Office"] {
                let address = addr(&format!("{local}@{}", DOMAINS[place]));
                let mailbox = self.run(OpenMailbox::new(organisation, address)).unwrap();
                self.mailboxes.push(mailbox);
                for user in self.people.clone() {
                    self.run(GrantAccess::new(mailbox, user).rights(Rights::ALL)).unwrap();
                }
            }
        }
    }

    pub(crate) fn run<C: Command>(&mut self, command: C) -> Result<C::Output, Error> {
        let outcome = self.directory.run(&self.system, command);
        self.done += usize::from(outcome.is_ok());
        outcome
    }

    pub(crate) fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("mail.db")
    }

    /// A reader whose clock is this one's.
    pub(crate) fn reader(&self) -> Connection {
        reader(&self.file(), Arc::clone(&self.clock))
    }

    pub(crate) fn roll(&mut self, below: usize) -> usize {
        let mut bytes = [0; 8];
        self.chance.fill(&mut bytes).unwrap();
        usize::try_from(u64::from_le_bytes(bytes) % below as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        let place = self.roll(from.len());
        from[place].clone()
    }

    fn expiry(&mut self) -> Option<Timestamp> {
        let hours = self.roll(30) as u64;
        (self.roll(2) == 0).then(|| self.clock.now().plus(Duration::from_secs(3_600 * hours)))
    }

    fn rights(&mut self) -> Rights {
        let all: [Rights; 7] = [
            Rights::EMPTY,
            [Right::Send].into(),
            [Right::Filters, Right::Send].into(),
            [Right::Forwarding].into(),
            [Right::Send, Right::Folders, Right::Forwarding].into(),
            [Right::Forwarding, Right::Filters].into(),
            Rights::ALL,
        ];
        self.pick(&all)
    }

    fn protocols(&mut self) -> Protocols {
        let all: [Protocols; 5] = [
            [Protocol::Imap].into(),
            [Protocol::Smtp].into(),
            [Protocol::ManageSieve, Protocol::Pop3].into(),
            [Protocol::Imap, Protocol::Smtp, Protocol::ManageSieve].into(),
            Protocols::ALL,
        ];
        self.pick(&all)
    }

    fn networks(&mut self) -> Option<Vec<IpNet>> {
        let all: [&[&str]; 7] = [
            &["192.0.2.0/24", "2001:db8::/32"],
            &["::ffff:198.51.100.0/120"],
            &["::ffff:0.0.0.0/96"],
            &["::ffff:192.0.2.0/90", "::/0"],
            &["192.0.2.77/24"],
            &["203.0.113.1/32"],
            &[],
        ];
        let networks = self.pick(&all).iter().map(|network| network.parse().unwrap()).collect();
        (self.roll(2) == 0).then_some(networks)
    }

    fn address(&mut self) -> Address {
        let local = self.pick(&LOCALS);
        let domain = self.pick(&DOMAINS[..4]);
        addr(&format!("{local}@{domain}"))
    }

    /// Something happens, or is refused.
    pub(crate) fn step(&mut self) {
        let organisation = self.pick(&self.organisations.clone());
        let mailbox = self.pick(&self.mailboxes.clone());
        let user = self.pick(&self.people.clone());
        let domain: DomainName = self.pick(&DOMAINS[..4]).parse().unwrap();
        let address = self.address();
        let on_dependants = OnDependants::GoOn;
        let reclaim = self.pick(Reclaim::ALL);
        let held = self.pick(HeldDevices::ALL);
        let former = self.pick(FormerAddress::ALL);
        let sending = self.pick(AliasSending::ALL);
        let (rights, expires) = (self.rights(), self.expiry());
        let (protocols, networks) = (self.protocols(), self.networks());
        let device = (!self.phones.is_empty()).then(|| {
            let place = self.roll(self.phones.len());
            self.phones[place].id
        });
        match self.roll(48) {
            0 | 1 => {
                let open = OpenMailbox::new(organisation, address).reclaim(reclaim);
                if let Ok(mailbox) = self.run(open) {
                    self.mailboxes.push(mailbox);
                }
            }
            2 => drop(self.run(RenameMailbox { mailbox, address, former, reclaim, on_dependants })),
            3 => drop(self.run(SuspendMailbox { mailbox, on_dependants })),
            4..=6 => drop(self.run(ResumeMailbox { mailbox })),
            7 => drop(self.run(CloseMailbox { mailbox, on_dependants })),
            8 | 9 => drop(self.run(ReopenMailbox { mailbox })),
            10 if self.roll(3) == 0 => drop(self.run(DeleteMailbox { mailbox, on_dependants })),
            10 | 11 => drop(self.run(HoldSending { mailbox })),
            12 | 13 => drop(self.run(ReleaseSending { mailbox })),
            14 | 15 => drop(self.run(AddAlias { sending, ..AddAlias::new(mailbox, address) })),
            16 => drop(self.run(RemoveAlias { mailbox, address, on_dependants })),
            17 => drop(self.run(SetAliasSending { mailbox, address, sending })),
            18 | 19 => {
                let held = Some(held);
                drop(self.run(GrantAccess {
                    held,
                    expires,
                    ..GrantAccess::new(mailbox, user).rights(rights)
                }));
            }
            20 | 44..=47 => drop(self.run(ChangeGrant { mailbox, user, rights })),
            21 => drop(self.run(SetGrantExpiry { mailbox, user, expires })),
            22 => drop(self.run(RevokeGrant { mailbox, user, held })),
            23..=27 => {
                let holder =
                    if self.roll(3) == 0 { For::Nobody { handed_to: None } } else { For::User(user) };
                let add =
                    AddDevice { holder, networks, expires, protocols, ..AddDevice::new(mailbox, "phone") };
                if let Ok(issued) = self.run(add) {
                    self.learn(mailbox, issued);
                }
            }
            28 => {
                let phc = PHC.into();
                let holder = For::User(user);
                let add = AddLegacyDevice { mailbox, label: "old".into(), holder, protocols, phc };
                if let Ok(id) = self.run(add) {
                    self.devices.push(id);
                }
            }
            29 | 30 => {
                let grace = Duration::from_secs(self.pick(&[0, 3_600, 86_400]));
                let place = self.roll(self.phones.len().max(1));
                let Some(phone) = self.phones.get(place) else { return };
                let (mailbox, id) = (phone.mailbox, phone.id);
                if let Ok(issued) = self.run(RotateDevice::new(id).grace(grace)) {
                    self.learn(mailbox, issued);
                }
            }
            31 => drop(device.map(|device| self.run(RevokeDevice { device }))),
            32 | 33 => {
                let bounds = Bounds { protocols, networks, expires };
                drop(device.map(|device| self.run(WidenDevice { device, bounds })));
            }
            34 => match self.roll(4) {
                0 => drop(self.run(SuspendMember { organisation, user })),
                _ => drop(self.run(ResumeMember { organisation, user })),
            },
            35 => match self.roll(4) {
                0 => drop(self.run(SuspendUser { user })),
                1 if self.roll(6) == 0 => drop(self.run(DeleteUser { user })),
                _ => drop(self.run(ResumeUser { user })),
            },
            36 => match self.roll(4) {
                0 => drop(self.run(SuspendOrganisation { organisation })),
                1 if self.roll(12) == 0 => drop(self.run(DeleteOrganisation { organisation, on_dependants })),
                _ => drop(self.run(ResumeOrganisation { organisation })),
            },
            37 => {
                let (alias, of): (DomainName, DomainName) = match self.roll(2) {
                    0 => (DOMAINS[2].parse().unwrap(), DOMAINS[0].parse().unwrap()),
                    _ => (DOMAINS[3].parse().unwrap(), DOMAINS[1].parse().unwrap()),
                };
                let of = (self.roll(3) > 0).then_some(of);
                drop(self.run(SetDomainAlias { organisation, domain: alias, of, on_dependants }));
            }
            38 | 39 => {
                let mailbox = (self.roll(4) > 0).then_some(mailbox);
                drop(self.run(SetCatchAll { organisation, domain, mailbox, on_dependants }));
            }
            40 => {
                let separator = self.pick(&[Some('+'), Some('-'), None]);
                let quarantine_days = self.pick(&[0, 1, 30]);
                let policy = Policy { separator, quarantine_days, ..Policy::default() };
                drop(self.run(SetPolicy { organisation, policy, on_dependants }));
            }
            41 => match self.roll(4) {
                0 => drop(self.run(RemoveMember { organisation, user })),
                1 => drop(self.run(Sweep::default())),
                _ => {
                    let (role, services) = (Role::External, Services::new());
                    drop(self.run(AddMember { organisation, user, role, services }));
                }
            },
            _ => {
                let minutes = self.roll(600) as u64;
                self.clock.advance(Duration::from_secs(60 * minutes));
            }
        }
    }

    fn learn(&mut self, mailbox: MailboxId, issued: Issued) {
        self.devices.push(issued.id);
        self.phones.push(Phone { mailbox, id: issued.id, password: issued.password.reveal().to_string() });
    }
}

/// A connection that only reads, and whose clock is another.
pub(crate) fn reader(file: &Path, clock: Arc<ManualClock>) -> Connection {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let now = move |_: &rusqlite::functions::Context<'_>| {
        Ok(clock.now().as_millis() as f64 / 86_400_000.0 + 2_440_587.5)
    };
    connection.create_scalar_function("julianday", 1, FunctionFlags::SQLITE_UTF8, now).unwrap();
    connection
}
