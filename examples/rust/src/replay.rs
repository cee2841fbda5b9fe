//! The replay: each line becomes one command or a few, and several lines one commit.

use std::num::NonZeroUsize;
use std::sync::Arc;

use mailgrant::store::Store;
use mailgrant::{
    Actor, Address, Batch, Code, Command, Directory, DomainName, Error, HeldDevices, MailboxId, ManualClock,
    OnDependants, OrganisationId, Policy, Proof, Reclaim, Rights, Services, Timestamp, UserId,
};
use mailgrant::{alias::*, domain::*, grant::*, mailbox::*, membership::*, organisation::*, user::*};

use crate::history::{self, Change, Level, Line};
use crate::staged::Staged;
use crate::stopped::{Problem, Stopped};

/// A directory, and what a replay remembers beside it.
pub struct Replay {
    pub(crate) directory: Directory,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) host: Actor,
    pub(crate) names: Names,
    /// Every organisation that ever was.
    pub(crate) founded: Vec<OrganisationId>,
    pub(crate) changes: usize,
    pub(crate) commits: usize,
}

/// Which id goes by which name at the time.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) organisations: Staged<String, OrganisationId>,
    pub(crate) people: Staged<String, UserId>,
    mailboxes: Staged<(OrganisationId, String), MailboxId>,
}

impl Names {
    fn keep(&mut self) {
        self.organisations.keep();
        self.people.keep();
        self.mailboxes.keep();
    }

    fn take_back(&mut self) {
        self.organisations.take_back();
        self.people.take_back();
        self.mailboxes.take_back();
    }
}

impl Replay {
    /// Will replay into this store, which is empty.
    ///
    /// # Errors
    /// `entropy.failed`.
    pub fn new(store: impl Store + 'static) -> Result<Self, Error> {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH));
        Ok(Self {
            directory: Directory::builder(store).clock(clock.clone()).build()?,
            clock,
            host: Actor::system("roster"),
            names: Names::default(),
            founded: Vec::new(),
            changes: 0,
            commits: 0,
        })
    }

    /// Replays a history to its end, so many lines a commit, and tells after each how many changes are done.
    ///
    /// # Errors
    /// [`Stopped`]; all lines before it are kept.
    pub fn run(
        &mut self,
        mut lines: impl Iterator<Item = Result<Line, Stopped>>,
        batch: NonZeroUsize,
        mut done: impl FnMut(usize),
    ) -> Result<(), Stopped> {
        loop {
            let mut stopped = None;
            let some: Vec<Line> = lines
                .by_ref()
                .take(batch.get())
                .map_while(|line| line.map_err(|why| stopped = Some(why)).ok())
                .collect();
            self.commit(&some)?;
            done(self.changes);
            match stopped {
                Some(why) => return Err(why),
                None if some.len() < batch.get() => return Ok(()),
                None => {}
            }
        }
    }

    /// Commits these lines; where one cannot be replayed, those before it.
    fn commit(&mut self, lines: &[Line]) -> Result<(), Stopped> {
        let Self { directory, clock, host, names, .. } = self;
        let (mut played, mut founded) = (0, Vec::new());
        let outcome = directory.batch(|batch| {
            // It begins anew here where somebody else was faster.
            names.take_back();
            founded.clear();
            for (place, line) in lines.iter().enumerate() {
                played = place;
                clock.set(Timestamp::from_seconds(line.at));
                match (Turn { batch, host, names, founded: &mut founded, org: &line.org }).play(&line.change)
                {
                    Ok(()) => {}
                    // What the line did before it was refused must go: with it goes the whole batch.
                    Err(Problem::Refused(error)) => return Err(error),
                    // The line did nothing yet: those before it may stay.
                    Err(problem) => return Ok(Some(problem)),
                }
            }
            played = lines.len();
            Ok(None)
        });
        let problem = match outcome {
            Ok(problem) => {
                self.names.keep();
                self.founded.append(&mut founded);
                self.changes += played;
                self.commits += usize::from(played > 0);
                problem
            }
            Err(error) => match lines.get(..played) {
                Some(before) if played < lines.len() => {
                    self.commit(before)?;
                    Some(Problem::Refused(error))
                }
                _ => return Err(Stopped::Store(error)),
            },
        };
        match (problem, lines.get(played)) {
            (Some(problem), Some(line)) => Err(problem.on(line.number)),
            _ => Ok(()),
        }
    }
}

/// One line's turn in a batch. It looks up names before it runs anything.
struct Turn<'t, 'b> {
    batch: &'t mut Batch<'b>,
    host: &'t Actor,
    names: &'t mut Names,
    founded: &'t mut Vec<OrganisationId>,
    org: &'t str,
}

impl Turn<'_, '_> {
    fn play(&mut self, change: &Change) -> Result<(), Problem> {
        match change {
            Change::OpenOrganisation { owner } => self.found(owner),
            Change::DeleteOrganisation => {
                let organisation = self.organisation()?;
                self.run(DeleteOrganisation { organisation, on_dependants: OnDependants::default() })?;
                self.names.organisations.remove(self.org.to_owned());
                Ok(())
            }
            Change::AddMember { person, role } => {
                let organisation = self.organisation()?;
                let (user, role) = (self.person(person)?, role_of(*role));
                self.run(AddMember { organisation, user, role, services: Services::new() })
            }
            Change::SetRole { person, role } => {
                let organisation = self.organisation()?;
                let (user, role) = (self.person(person)?, role_of(*role));
                self.run(SetRole { organisation, user, role })
            }
            Change::RemoveMember { person } => {
                let organisation = self.organisation()?;
                let user = self.person(person)?;
                self.run(RemoveMember { organisation, user }).map(drop)
            }
            Change::OpenMailbox { mailbox } => {
                let organisation = self.organisation()?;
                let address = self.address(mailbox)?;
                let open = |reclaim| OpenMailbox::new(organisation, address.clone()).reclaim(reclaim);
                let id = self.reclaiming(open)?;
                self.names.mailboxes.insert((organisation, mailbox.clone()), id);
                Ok(())
            }
            Change::DeleteMailbox { mailbox } => {
                let (organisation, id) = self.mailbox(mailbox)?;
                self.run(DeleteMailbox { mailbox: id, on_dependants: OnDependants::default() })?;
                self.names.mailboxes.remove((organisation, mailbox.clone()));
                Ok(())
            }
            Change::AddAlias { mailbox, alias } => {
                let (_, mailbox) = self.mailbox(mailbox)?;
                let address = self.address(alias)?;
                self.reclaiming(|reclaim| AddAlias::new(mailbox, address.clone()).reclaim(reclaim))
            }
            Change::RemoveAlias { mailbox, alias } => {
                let (_, mailbox) = self.mailbox(mailbox)?;
                let address = self.address(alias)?;
                self.run(RemoveAlias { mailbox, address, on_dependants: OnDependants::default() }).map(drop)
            }
            Change::Grant { mailbox, person, level } => {
                let (_, mailbox) = self.mailbox(mailbox)?;
                let user = self.person(person)?;
                self.run(GrantAccess::new(mailbox, user).rights(rights_of(*level)))
            }
            Change::ChangeGrant { mailbox, person, level } => {
                let (_, mailbox) = self.mailbox(mailbox)?;
                let user = self.person(person)?;
                self.run(ChangeGrant { mailbox, user, rights: rights_of(*level) })
            }
            Change::Revoke { mailbox, person } => {
                let (_, mailbox) = self.mailbox(mailbox)?;
                let user = self.person(person)?;
                self.run(RevokeGrant { mailbox, user, held: HeldDevices::Revoke }).map(drop)
            }
        }
    }

    /// The person founds it and adds its domain; the host has seen that the domain is theirs.
    fn found(&mut self, owner: &str) -> Result<(), Problem> {
        if self.names.organisations.get(self.org).is_some() {
            return Err(Problem::OrganisationExists(self.org.to_owned()));
        }
        let name = self.domain()?;
        let owner = Actor::User(self.person(owner)?);
        let found = FoundOrganisation { name: self.org.to_owned(), owner: None };
        let organisation = self.batch.run(&owner, found)?.organisation;
        self.batch.run(&owner, AddDomain { organisation, name: name.clone() })?;
        self.run(VerifyDomain { organisation, name })?;
        self.names.organisations.insert(self.org.to_owned(), organisation);
        self.founded.push(organisation);
        Ok(())
    }

    fn run<C: Command>(&mut self, command: C) -> Result<C::Output, Problem> {
        Ok(self.batch.run(self.host, command)?)
    }

    /// Takes an address out of quarantine where it is in one, and only there.
    fn reclaiming<C: Command>(&mut self, command: impl Fn(Reclaim) -> C) -> Result<C::Output, Problem> {
        match self.batch.run(self.host, command(Reclaim::No)) {
            Err(error) if error.code() == Code::AddressQuarantined => self.run(command(Reclaim::Yes)),
            outcome => Ok(outcome?),
        }
    }

    fn organisation(&self) -> Result<OrganisationId, Problem> {
        self.names.organisations.get(self.org).ok_or_else(|| Problem::NoOrganisation(self.org.to_owned()))
    }

    fn mailbox(&self, name: &str) -> Result<(OrganisationId, MailboxId), Problem> {
        let organisation = self.organisation()?;
        let mailbox = self.names.mailboxes.get(&(organisation, name.to_owned()));
        let mailbox = mailbox.ok_or_else(|| Problem::NoMailbox(self.org.to_owned(), name.to_owned()))?;
        Ok((organisation, mailbox))
    }

    /// A person, who is registered when they first appear.
    fn person(&mut self, name: &str) -> Result<UserId, Problem> {
        if let Some(user) = self.names.people.get(name) {
            return Ok(user);
        }
        let login: Address = format!("{name}@people.example").parse()?;
        let user = self.run(RegisterUser::new(login, name).proof(Proof::Verified))?.user;
        self.names.people.insert(name.to_owned(), user);
        Ok(user)
    }

    fn domain(&self) -> Result<DomainName, Problem> {
        Ok(format!("{}.example", self.org).parse()?)
    }

    fn address(&self, local: &str) -> Result<Address, Problem> {
        Ok(format!("{local}@{}.example", self.org).parse()?)
    }
}

fn role_of(role: history::Role) -> mailgrant::Role {
    match role {
        history::Role::Admin => mailgrant::Role::Owner,
        history::Role::Member => mailgrant::Role::Collaborator,
    }
}

fn rights_of(level: Level) -> Rights {
    match level {
        Level::Maintainer => Rights::ALL,
        Level::Member => Policy::default().mailbox_rights,
    }
}
