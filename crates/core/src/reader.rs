//! What a command or a question reads: one snapshot, with what the same commit decided before on top.

use std::ops::Bound;
use std::sync::Arc;

use crate::access_view::View;
use crate::actor::Actor;
use crate::address::{Address, DomainName};
use crate::alias::Alias;
use crate::change::{self, Layer, Work};
use crate::device::Device;
use crate::directory::Nature;
use crate::domain::Domain;
use crate::entity::Entity;
use crate::error::{Corrupt, Error};
use crate::event::{Event, Stamp};
use crate::grant::Grant;
use crate::history::Past;
use crate::id::{DeviceId, InvitationId, MailboxId, OrganisationId, UserId};
use crate::invitation::Invitation;
use crate::last_use::Waiting;
use crate::mailbox::{FreedAddress, Mailbox, MailboxState};
use crate::membership::{Membership, NamedDevice};
use crate::names::{claim, key, term};
use crate::organisation::{Organisation, OrganisationState};
use crate::store::{
    Claim, Head, JournalEntry, JournalQuery, Key, Range, ReadTxn, Row, Stream, Term, Verifier,
};
use crate::time::Timestamp;
use crate::user::{User, UserState};

/// How many rows are fetched at a time where a rule needs all of them.
const CHUNK: usize = 1_000;

/// One consistent snapshot, read on behalf of an actor. Whatever a command reads here it depends on: if it
/// moves before the commit, the command decides again.
pub struct Reader<'a> {
    txn: &'a mut (dyn ReadTxn + 'a),
    work: &'a mut Work,
    actor: &'a Actor,
    instant: Timestamp,
    past: Option<&'a Past>,
    replica: Option<UserId>,
    waiting: Option<&'a Waiting>,
    view: Option<&'a View>,
}

/// Who holds an address.
#[derive(Debug, Clone)]
pub(crate) enum AddressHolder {
    Mailbox(Arc<Mailbox>),
    Alias(Arc<Alias>),
    Freed(Arc<FreedAddress>),
}

/// Where a list comes from.
#[derive(Clone, Copy)]
enum Source<'s> {
    Prefix(&'s str),
    Term(&'s Term),
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $kind:ident = $key:expr;)+) => {
        $($(#[$doc])*
        pub(crate) fn $name(&mut self, $($arg: $type),*) -> Result<Option<Arc<$kind>>, Error> {
            match self.entity(&$key)? {
                Some(Entity::$kind(entity)) => Ok(Some(entity)),
                Some(_) => Err(Corrupt(format!("a row of another kind under `{}`", $key)).into()),
                None => Ok(None),
            }
        })+
    };
}

/// The rows of one kind in a list.
macro_rules! of_kind {
    ($rows:expr, $kind:ident) => {
        $rows
            .into_iter()
            .filter_map(|entity| match entity {
                $crate::entity::Entity::$kind(one) => Some(one),
                _ => None,
            })
            .collect()
    };
}
pub(crate) use of_kind;

impl<'a> Reader<'a> {
    pub(crate) fn new(
        txn: &'a mut (dyn ReadTxn + 'a),
        work: &'a mut Work,
        actor: &'a Actor,
        instant: Timestamp,
    ) -> Self {
        Self { txn, work, actor, instant, past: None, replica: None, waiting: None, view: None }
    }

    /// For a question of a directory: what that is, last uses that are not written yet, and its access view.
    pub(crate) fn asking(mut self, nature: &'a Nature, waiting: &'a Waiting, view: Option<&'a View>) -> Self {
        self.past = nature.past();
        self.replica = nature.replica();
        self.waiting = Some(waiting);
        self.view = view;
        self
    }

    /// The access view, where the directory has one and a question is asked. Decisions are made on rows alone.
    pub(crate) fn view(&self) -> Option<&'a View> {
        self.view
    }

    /// Last uses that are not written yet.
    pub(crate) fn waiting(&self) -> Option<&'a Waiting> {
        self.waiting
    }

    /// Reads on behalf of somebody else, on the same snapshot.
    pub(crate) fn acting_as<T>(
        &mut self,
        actor: &Actor,
        question: impl FnOnce(&mut Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        question(&mut Reader::new(&mut *self.txn, &mut *self.work, actor, self.instant))
    }

    /// Reads beside the decision: nothing that is read here holds anything up, and nothing decided is seen.
    pub(crate) fn apart<T>(
        &mut self,
        question: impl FnOnce(&mut Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        question(&mut Reader::new(&mut *self.txn, &mut Work::question(), self.actor, self.instant))
    }

    /// On whose behalf this is read.
    pub fn actor(&self) -> &'a Actor {
        self.actor
    }

    /// What of the past may be seen, where this is a past.
    pub(crate) fn past(&self) -> Option<&'a Past> {
        self.past
    }

    /// Whose replica this is, where it is one.
    pub(crate) fn replica(&self) -> Option<UserId> {
        self.replica
    }

    /// The clock's instant. Decisions about a stream use [`Reader::now`].
    pub(crate) fn instant(&self) -> Timestamp {
        self.instant
    }

    /// The present of a stream: the clock, but never before the stream's last entry.
    pub(crate) fn now(&mut self, stream: &Stream) -> Result<Timestamp, Error> {
        self.read_head(stream)?;
        Ok(self.work.head(stream).map_or(self.instant, |head| head.at.max(self.instant)))
    }

    pub(crate) fn txn(&mut self) -> &mut (dyn ReadTxn + 'a) {
        self.txn
    }

    fn read_head(&mut self, stream: &Stream) -> Result<(), Error> {
        if self.work.head(stream).is_none() {
            let head: Option<Head> = self.txn.heads(std::slice::from_ref(stream))?.pop().flatten();
            self.work.saw_head(stream.clone(), head);
        }
        Ok(())
    }

    /// The state that was decided, where anything was.
    fn decided(&self, key: &Key) -> Option<Option<Entity>> {
        self.work.layers.iter().rev().find_map(|layer| layer.rows.get(key)).cloned()
    }

    fn remember(&mut self, key: &Key, row: Option<Row>) -> Result<Option<Entity>, Error> {
        let entity = row.as_ref().map(Entity::read).transpose()?;
        if let Some(entity) = entity.as_ref().filter(|_| self.work.is_command()) {
            self.read_head(&entity.stream())?;
        }
        self.work.read.insert(key.clone(), entity.clone());
        Ok(entity)
    }

    pub(crate) fn entity(&mut self, key: &Key) -> Result<Option<Entity>, Error> {
        if let Some(decided) = self.decided(key) {
            return Ok(decided);
        }
        if let Some(read) = self.work.read.get(key) {
            return Ok(read.clone());
        }
        let row = self.txn.rows(std::slice::from_ref(key))?.pop().flatten();
        self.remember(key, row)
    }

    /// Several at once, in the order of the keys.
    pub(crate) fn entities(&mut self, keys: &[Key]) -> Result<Vec<Option<Entity>>, Error> {
        let missing: Vec<Key> = keys
            .iter()
            .filter(|key| self.decided(key).is_none() && !self.work.read.contains_key(*key))
            .cloned()
            .collect();
        if !missing.is_empty() {
            let rows = self.txn.rows(&missing)?;
            for (key, row) in missing.iter().zip(rows) {
                self.remember(key, row)?;
            }
        }
        keys.iter().map(|key| self.entity(key)).collect()
    }

    fn claimed(&mut self, claim: &Claim) -> Result<Option<Entity>, Error> {
        let decided = self.work.layers.iter().rev().find_map(|layer| layer.claims.get(claim)).cloned();
        let held = decided.or_else(|| self.work.held.get(claim).cloned());
        match held {
            Some(Some(key)) => self.entity(&key),
            Some(None) => Ok(None),
            None => {
                let row = self.txn.claimed(std::slice::from_ref(claim))?.pop().flatten();
                let key = row.as_ref().map(|row| row.key.clone());
                self.work.held.insert(claim.clone(), key.clone());
                match key {
                    Some(key) => match self.decided(&key) {
                        Some(decided) => Ok(decided),
                        None => self.remember(&key, row),
                    },
                    None => Ok(None),
                }
            }
        }
    }

    /// Reads who holds these claims in one look-up, for those who ask one by one afterwards.
    pub(crate) fn claims(&mut self, claims: &[Claim]) -> Result<(), Error> {
        let unknown = |claim: &&Claim| {
            !self.work.held.contains_key(*claim)
                && !self.work.layers.iter().any(|layer| layer.claims.contains_key(*claim))
        };
        let missing: Vec<Claim> = claims.iter().filter(unknown).cloned().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let rows = self.txn.claimed(&missing)?;
        for (claim, row) in missing.into_iter().zip(rows) {
            let key = row.as_ref().map(|row| row.key.clone());
            self.work.held.insert(claim, key.clone());
            if let Some(key) = key.filter(|key| !self.work.read.contains_key(key)) {
                self.remember(&key, row)?;
            }
        }
        Ok(())
    }

    /// Whether what was decided puts a key into a source or out of it.
    fn verdict(&self, source: Source<'_>, key: &Key) -> Option<bool> {
        self.work.layers.iter().rev().find_map(|layer| match source {
            Source::Prefix(_) => layer.rows.get(key).map(Option::is_some),
            Source::Term(term) => layer.terms.get(term).and_then(|filed| filed.get(key)).copied(),
        })
    }

    /// The keys that what was decided puts into a source, after a key.
    fn decided_in(&self, source: Source<'_>, after: Option<&Key>) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for layer in &self.work.layers {
            let later = |key: &&Key| after.is_none_or(|after| *key > after);
            match source {
                Source::Prefix(prefix) => keys.extend(
                    layer
                        .rows
                        .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
                        .map(|(key, _)| key)
                        .take_while(|key| key.as_str().starts_with(prefix))
                        .filter(later)
                        .cloned(),
                ),
                Source::Term(term) => {
                    keys.extend(
                        layer
                            .terms
                            .get(term)
                            .into_iter()
                            .flat_map(|filed| filed.keys())
                            .filter(later)
                            .cloned(),
                    );
                }
            }
        }
        keys.retain(|key| self.verdict(source, key) == Some(true));
        keys.sort();
        keys.dedup();
        keys
    }

    fn list(&mut self, source: Source<'_>, range: &Range) -> Result<Vec<Entity>, Error> {
        let mut after = range.after.clone();
        let mut found: Vec<Entity> = Vec::new();
        while found.len() < range.limit {
            let page = Range { after: after.clone(), limit: range.limit };
            let rows = match source {
                Source::Prefix(prefix) => self.txn.rows_by_prefix(prefix, &page)?,
                Source::Term(term) if self.work.empty.contains(term) => Vec::new(),
                Source::Term(term) => self.txn.rows_by_term(term, &page)?,
            };
            if let (Source::Term(term), None, true) = (source, &after, rows.is_empty()) {
                self.work.empty.insert(term.clone());
            }
            let last = (rows.len() >= page.limit).then(|| rows.last().map(|row| row.key.clone())).flatten();
            let mut keys = self.decided_in(source, after.as_ref());
            if let Some(last) = &last {
                keys.retain(|key| key <= last);
            }
            for row in rows {
                if self.verdict(source, &row.key) != Some(false) {
                    keys.push(row.key.clone());
                }
                if !self.work.read.contains_key(&row.key) {
                    let key = row.key.clone();
                    self.remember(&key, Some(row))?;
                }
            }
            keys.sort();
            keys.dedup();
            for key in keys {
                found.extend(self.entity(&key)?);
            }
            match last {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        found.truncate(range.limit);
        Ok(found)
    }

    pub(crate) fn by_prefix(&mut self, prefix: &str, range: &Range) -> Result<Vec<Entity>, Error> {
        self.list(Source::Prefix(prefix), range)
    }

    pub(crate) fn by_term(&mut self, term: &Term, range: &Range) -> Result<Vec<Entity>, Error> {
        self.list(Source::Term(term), range)
    }

    fn all(&mut self, source: Source<'_>) -> Result<Vec<Entity>, Error> {
        let mut found = Vec::new();
        let mut range = Range { after: None, limit: CHUNK };
        loop {
            let page = self.list(source, &range)?;
            let more = page.len() >= CHUNK;
            range.after = page.last().map(Entity::key);
            found.extend(page);
            if !more {
                return Ok(found);
            }
        }
    }

    /// Whatever is filed under a term, all of it.
    pub(crate) fn all_by_term(&mut self, term: &Term) -> Result<Vec<Entity>, Error> {
        self.all(Source::Term(term))
    }

    /// Whatever has a key with this prefix, all of it.
    pub(crate) fn all_by_prefix(&mut self, prefix: &str) -> Result<Vec<Entity>, Error> {
        self.all(Source::Prefix(prefix))
    }

    getters! {
        /// A user, deleted ones too.
        any_user(user: UserId) -> User = key::user(user);
        /// An organisation, deleted ones too.
        any_organisation(organisation: OrganisationId) -> Organisation = key::organisation(organisation);
        /// A mailbox, deleted ones too.
        any_mailbox(mailbox: MailboxId) -> Mailbox = key::mailbox(mailbox);
        membership(organisation: OrganisationId, user: UserId) -> Membership = key::membership(organisation, user);
        grant(mailbox: MailboxId, user: UserId) -> Grant = key::grant(mailbox, user);
        device(device: DeviceId) -> Device = key::device(device);
        invitation(invitation: InvitationId) -> Invitation = key::invitation(invitation);
        domain(organisation: OrganisationId, name: &DomainName) -> Domain = key::domain(organisation, name);
        alias(mailbox: MailboxId, address: &Address) -> Alias = key::alias(mailbox, address);
    }

    pub(crate) fn user(&mut self, user: UserId) -> Result<Option<Arc<User>>, Error> {
        Ok(self.any_user(user)?.filter(|user| user.state != UserState::Deleted))
    }

    pub(crate) fn organisation(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<Option<Arc<Organisation>>, Error> {
        Ok(self
            .any_organisation(organisation)?
            .filter(|organisation| organisation.state != OrganisationState::Deleted))
    }

    /// A mailbox; none of a deleted organisation.
    pub(crate) fn mailbox(&mut self, mailbox: MailboxId) -> Result<Option<Arc<Mailbox>>, Error> {
        match self.any_mailbox(mailbox)?.filter(|mailbox| mailbox.state != MailboxState::Deleted) {
            Some(mailbox) => Ok(self.organisation(mailbox.organisation)?.map(|_| mailbox)),
            None => Ok(None),
        }
    }

    pub(crate) fn user_by_login(&mut self, login: &Address) -> Result<Option<Arc<User>>, Error> {
        match self.claimed(&claim::login(login))? {
            Some(Entity::User(user)) => Ok(Some(user)),
            _ => Ok(None),
        }
    }

    /// The domain of whoever verified it.
    pub(crate) fn verified_domain(&mut self, name: &DomainName) -> Result<Option<Arc<Domain>>, Error> {
        match self.claimed(&claim::domain(name))? {
            Some(Entity::Domain(domain)) => Ok(Some(domain)),
            _ => Ok(None),
        }
    }

    pub(crate) fn address_holder(
        &mut self,
        organisation: OrganisationId,
        address: &Address,
    ) -> Result<Option<AddressHolder>, Error> {
        Ok(match self.claimed(&claim::address(organisation, address))? {
            Some(Entity::Mailbox(mailbox)) => Some(AddressHolder::Mailbox(mailbox)),
            Some(Entity::Alias(alias)) => Some(AddressHolder::Alias(alias)),
            Some(Entity::FreedAddress(freed)) => Some(AddressHolder::Freed(freed)),
            _ => None,
        })
    }

    pub(crate) fn pending_invitation(
        &mut self,
        organisation: OrganisationId,
        address: &Address,
    ) -> Result<Option<Arc<Invitation>>, Error> {
        match self.claimed(&claim::invitation(organisation, address))? {
            Some(Entity::Invitation(invitation)) => Ok(Some(invitation)),
            _ => Ok(None),
        }
    }

    /// The device, active or revoked, one of whose secrets has this selector.
    pub(crate) fn device_by_claim(&mut self, claim: &Claim) -> Result<Option<Arc<Device>>, Error> {
        match self.claimed(claim)? {
            Some(Entity::Device(device)) => Ok(Some(device)),
            _ => Ok(None),
        }
    }

    pub(crate) fn grants_of_mailbox(&mut self, mailbox: MailboxId) -> Result<Vec<Arc<Grant>>, Error> {
        Ok(of_kind!(self.all_by_prefix(&key::grants(mailbox))?, Grant))
    }

    pub(crate) fn grants_of_user(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
    ) -> Result<Vec<Arc<Grant>>, Error> {
        if let Some(view) = self.view {
            let known = view.read(|access| access.mailboxes_of(organisation, user));
            let keys = in_order(known.into_iter().map(|mailbox| key::grant(mailbox, user)));
            let mut grants: Vec<Arc<Grant>> = of_kind!(self.entities(&keys)?.into_iter().flatten(), Grant);
            // The rows may be newer than what is known of them.
            grants.retain(|grant| grant.organisation == organisation);
            return Ok(grants);
        }
        Ok(of_kind!(self.all_by_term(&term::grants(organisation, user))?, Grant))
    }

    pub(crate) fn aliases_of_mailbox(&mut self, mailbox: MailboxId) -> Result<Vec<Arc<Alias>>, Error> {
        Ok(of_kind!(self.all_by_prefix(&key::aliases(mailbox))?, Alias))
    }

    /// Active devices of a mailbox.
    pub(crate) fn devices_of_mailbox(&mut self, mailbox: MailboxId) -> Result<Vec<Arc<Device>>, Error> {
        Ok(of_kind!(self.all_by_term(&term::mailbox_devices(mailbox))?, Device))
    }

    /// Active devices that a user holds in an organisation.
    pub(crate) fn devices_held(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
    ) -> Result<Vec<Arc<Device>>, Error> {
        if let Some(view) = self.view {
            let known = view.read(|access| access.devices_held(organisation, user));
            let keys = in_order(known.into_iter().map(key::device));
            let mut devices: Vec<Arc<Device>> = of_kind!(self.entities(&keys)?.into_iter().flatten(), Device);
            devices.retain(|device| {
                device.is_active() && device.organisation == organisation && device.holder == Some(user)
            });
            return Ok(devices);
        }
        Ok(of_kind!(self.all_by_term(&term::held_devices(organisation, user))?, Device))
    }

    /// Active devices in an organisation of which a secret was shown to a user.
    pub(crate) fn devices_known_to(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
    ) -> Result<Vec<Arc<Device>>, Error> {
        Ok(of_kind!(self.all_by_term(&term::known_devices(organisation, user))?, Device))
    }

    /// A device by the names that people know; none where its mailbox is gone.
    pub(crate) fn named(&mut self, device: &Device) -> Result<Option<NamedDevice>, Error> {
        let mailbox = self.mailbox(device.mailbox)?;
        Ok(mailbox.map(|mailbox| NamedDevice {
            device: device.id,
            label: device.label.clone(),
            mailbox: mailbox.id,
            address: mailbox.address.clone(),
        }))
    }

    pub(crate) fn memberships_of(&mut self, user: UserId) -> Result<Vec<Arc<Membership>>, Error> {
        if let Some(view) = self.view {
            let known = view.read(|access| access.organisations_of(user));
            let keys = in_order(known.into_iter().map(|organisation| key::membership(organisation, user)));
            return Ok(of_kind!(self.entities(&keys)?.into_iter().flatten(), Membership));
        }
        Ok(of_kind!(self.all_by_term(&term::memberships(user))?, Membership))
    }

    pub(crate) fn domains_of(&mut self, organisation: OrganisationId) -> Result<Vec<Arc<Domain>>, Error> {
        Ok(of_kind!(self.all_by_prefix(&key::domains(organisation))?, Domain))
    }

    /// Mailboxes several at once, deleted ones left out.
    pub(crate) fn mailboxes(
        &mut self,
        ids: impl Iterator<Item = MailboxId>,
    ) -> Result<Vec<Arc<Mailbox>>, Error> {
        let keys: Vec<Key> = ids.map(key::mailbox).collect();
        let found: Vec<Arc<Mailbox>> = of_kind!(self.entities(&keys)?.into_iter().flatten(), Mailbox);
        Ok(found.into_iter().filter(|mailbox| mailbox.state != MailboxState::Deleted).collect())
    }

    /// Users several at once, deleted ones left out.
    pub(crate) fn users(&mut self, ids: impl Iterator<Item = UserId>) -> Result<Vec<Arc<User>>, Error> {
        let keys: Vec<Key> = ids.map(key::user).collect();
        let found: Vec<Arc<User>> = of_kind!(self.entities(&keys)?.into_iter().flatten(), User);
        Ok(found.into_iter().filter(|user| user.state != UserState::Deleted).collect())
    }

    /// The entries of a stream, all of them or those about a subject, with what was decided.
    pub(crate) fn entries_of(
        &mut self,
        stream: &Stream,
        subject: Option<String>,
    ) -> Result<Vec<JournalEntry>, Error> {
        self.read_head(stream)?;
        let mut query =
            JournalQuery { streams: vec![stream.clone()], subject, limit: CHUNK, ..JournalQuery::default() };
        let mut found = Vec::new();
        loop {
            let page = self.txn.journal(&query)?;
            let more = page.len() >= CHUNK;
            query.after = page.last().map(|entry| (entry.stream.clone(), entry.seq));
            found.extend(page);
            if !more {
                break;
            }
        }
        let about =
            |entry: &&JournalEntry| query.subject.as_ref().is_none_or(|subject| entry.subject == *subject);
        found.extend(self.work.appended(stream).filter(about).cloned());
        Ok(found)
    }

    pub(crate) fn verifier(&mut self, key: &Key) -> Result<Option<Verifier>, Error> {
        match self.work.verifier(key) {
            Some(decided) => Ok(decided),
            None => Ok(self.txn.verifiers(std::slice::from_ref(key))?.pop().flatten()),
        }
    }

    /// Answers `question` as if `events` had happened; nothing of it stays.
    pub(crate) fn supposing<T>(
        &mut self,
        events: &[Event],
        question: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.work.layers.push(Layer::default());
        let answer = match events.iter().try_for_each(|event| self.apply(event).map(drop)) {
            Ok(()) => question(self),
            Err(error) => Err(error),
        };
        self.work.layers.pop();
        answer
    }

    /// Applies an event in the top layer.
    pub(crate) fn apply(&mut self, event: &Event) -> Result<Stamp, Error> {
        let stamp = Stamp { at: self.now(&event.stream())?, by: self.actor.into() };
        let former = self.entity(&event.key())?;
        if let Some(layer) = self.work.layers.last_mut() {
            change::apply(former, event, &stamp, layer)?;
        }
        Ok(stamp)
    }

    pub(crate) fn work(&mut self) -> &mut Work {
        self.work
    }
}

/// Keys in the order in which a store lists them.
fn in_order(keys: impl Iterator<Item = Key>) -> Vec<Key> {
    let mut keys: Vec<Key> = keys.collect();
    keys.sort();
    keys
}
