//! The world that is measured: organisations of a thousand mailboxes, everyone with a few of them.
#![forbid(unsafe_code)]

use std::path::Path;

use mailgrant::device::{AddDevice, For};
use mailgrant::domain::{AddDomain, VerifyDomain};
use mailgrant::grant::GrantAccess;
use mailgrant::mailbox::OpenMailbox;
use mailgrant::membership::AddMember;
use mailgrant::organisation::{FoundOrganisation, SetPolicy};
use mailgrant::user::RegisterUser;
use mailgrant::{
    Actor, Address, Batch, Directory, Error, MailboxId, OnDependants, OrganisationId, Policy, Proof,
    Protocol, Revealed, Role, Services, Store, UserId,
};

/// Mailboxes, and people, of one organisation.
pub const MAILBOXES: usize = 1_000;
/// Mailboxes that each person has.
pub const GRANTS: usize = 5;
/// Commands in one commit.
const BATCH: usize = 500;

/// A directory, and who and what is in it.
pub struct World {
    /// Without an access view.
    pub directory: Directory,
    /// One after the other, each with its domain.
    pub organisations: Vec<OrganisationId>,
    /// A thousand an organisation.
    pub users: Vec<UserId>,
    /// A thousand an organisation.
    pub mailboxes: Vec<MailboxId>,
    /// Who has which mailbox.
    pub grants: Vec<(UserId, MailboxId)>,
}

/// The host program.
pub fn host() -> Actor {
    Actor::system("bench")
}

/// The address of a mailbox by its number.
///
/// # Errors
/// None that happens.
pub fn address(number: usize) -> Result<Address, Error> {
    format!("box-{}@{}", number % MAILBOXES, domain(number / MAILBOXES)).parse()
}

fn domain(organisation: usize) -> String {
    format!("organisation-{organisation}.example")
}

impl World {
    /// So many organisations of a thousand people and mailboxes, through the commands that every host uses.
    ///
    /// # Errors
    /// The store's.
    pub fn new(store: impl Store + 'static, organisations: usize) -> Result<Self, Error> {
        let directory = Directory::new(store)?;
        let mut world = Self {
            directory,
            organisations: Vec::new(),
            users: Vec::new(),
            mailboxes: Vec::new(),
            grants: Vec::new(),
        };
        for number in 0..organisations {
            world.add_organisation(number)?;
        }
        Ok(world)
    }

    fn add_organisation(&mut self, number: usize) -> Result<(), Error> {
        let first = number * MAILBOXES;
        let users = self.each(first..first + MAILBOXES, |batch, number| {
            let person = format!("person-{number}@people.example").parse()?;
            Ok(batch.run(&host(), RegisterUser::new(person, "A person").proof(Proof::Verified))?.user)
        })?;
        let found = FoundOrganisation { name: domain(number), owner: users.first().copied() };
        let organisation = self.directory.run(&host(), found)?.organisation;
        add_domain(&self.directory, organisation, &domain(number))?;
        self.each(users.iter().skip(1).copied(), |batch, user| {
            let services = Services::new();
            batch.run(&host(), AddMember { organisation, user, role: Role::External, services })
        })?;
        let mailboxes = self.each(first..first + MAILBOXES, |batch, number| {
            batch.run(&host(), OpenMailbox::new(organisation, address(number)?))
        })?;
        // Spread, so that neighbours of one table are not neighbours of the other.
        let pairs = (0..MAILBOXES * GRANTS)
            .map(|pair| (pair / GRANTS, (pair / GRANTS * 7 + pair % GRANTS * 191) % MAILBOXES));
        let grants: Vec<(UserId, MailboxId)> =
            pairs.filter_map(|(user, mailbox)| Some((*users.get(user)?, *mailboxes.get(mailbox)?))).collect();
        self.each(grants.iter().copied(), |batch, (user, mailbox)| {
            batch.run(&host(), GrantAccess::new(mailbox, user))
        })?;
        self.organisations.push(organisation);
        self.users.extend(users);
        self.mailboxes.extend(mailboxes);
        self.grants.extend(grants);
        Ok(())
    }

    /// Runs a command for each, many in one commit.
    fn each<T: Clone, R>(
        &self,
        items: impl IntoIterator<Item = T>,
        mut run: impl FnMut(&mut Batch<'_>, T) -> Result<R, Error>,
    ) -> Result<Vec<R>, Error> {
        let items: Vec<T> = items.into_iter().collect();
        let mut results = Vec::with_capacity(items.len());
        for some in items.chunks(BATCH) {
            results.extend(self.directory.batch(|batch| {
                some.iter().cloned().map(|item| run(batch, item)).collect::<Result<Vec<R>, Error>>()
            })?);
        }
        Ok(results)
    }

    /// Adds devices for nobody to a mailbox, and gives the password of the last.
    ///
    /// # Errors
    /// The store's.
    pub fn add_devices(&self, mailbox: MailboxId, count: usize) -> Result<Option<Revealed>, Error> {
        let owner = self.directory.mailbox(&host(), mailbox)?.organisation;
        let policy = Policy { devices_per_mailbox: 1_000, ..Policy::default() };
        let on_dependants = OnDependants::Refuse;
        self.directory.run(&host(), SetPolicy { organisation: owner, policy, on_dependants })?;
        let issued = self.each(0..count, |batch, number| {
            let device = AddDevice::new(mailbox, format!("device {number}"));
            let nobody = For::Nobody { handed_to: None };
            batch.run(&host(), device.holder(nobody).protocols([Protocol::Imap, Protocol::Smtp]))
        })?;
        Ok(issued.into_iter().next_back().map(|issued| issued.password.reveal()))
    }
}

/// Adds a domain that the host has seen the proof of.
///
/// # Errors
/// The store's.
pub fn add_domain(directory: &Directory, organisation: OrganisationId, name: &str) -> Result<(), Error> {
    let name: mailgrant::DomainName = name.parse()?;
    directory.run(&host(), AddDomain { organisation, name: name.clone() })?;
    directory.run(&host(), VerifyDomain { organisation, name })
}

/// A fresh folder on the disk that the benches were built on: a memory file system would flatter every commit.
///
/// # Errors
/// Where the disk is full.
pub fn on_disk() -> std::io::Result<tempfile::TempDir> {
    let beside = std::env::current_exe()?;
    tempfile::tempdir_in(beside.parent().unwrap_or(Path::new(".")))
}
