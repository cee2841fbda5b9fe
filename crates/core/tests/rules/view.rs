//! The access view: current with what is committed here, never further behind others than it says, refused beyond.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::common::*;
use mailgrant::device::{AddDevice, For, RevokeDevice, RotateDevice};
use mailgrant::grant::{GiveUpGrant, GrantAccess};
use mailgrant::mailbox::{HoldSending, RenameMailbox, SuspendMailbox};
use mailgrant::membership::SuspendMember;
use mailgrant::organisation::SuspendOrganisation;
use mailgrant::store::{ChangeSet, Key, Note, ReadTxn, Store, StoreError};
use mailgrant::user::{RegisterUser, SuspendUser};
use mailgrant::*;
use mailgrant_store_check::faults::{Fault, FaultyStore};

/// A bound that no test waits for.
const FAR: Duration = Duration::from_secs(3_600);

/// Another directory over the store of a business, with a view.
fn beside(business: &Business, options: ViewOptions) -> Directory {
    // Change ids are drawn: two directories must not draw the same.
    static SEED: AtomicU64 = AtomicU64::new(1_000);
    builder(business.store.clone(), &business.clock, SEED.fetch_add(1, Ordering::SeqCst))
        .build()
        .unwrap()
        .with_view(options)
        .unwrap()
}

fn may(directory: &Directory, business: &Business) -> bool {
    directory.may(business.assistant, Right::Send, business.contact).unwrap().allowed()
}

fn suspend(business: &Business) -> SuspendMailbox {
    SuspendMailbox { mailbox: business.contact, on_dependants: OnDependants::Refuse }
}

#[test]
fn what_is_committed_here_is_in_it_before_the_command_returns() {
    let business = Business::new();
    let here = beside(&business, ViewOptions::default().bound(FAR));
    assert!(may(&here, &business));
    here.run(&business.system, suspend(&business)).unwrap();
    assert!(!may(&here, &business));
    let zoe = RegisterUser::new(addr("zoe@people.example"), "Zoe");
    let zoe = here.run(&business.system, zoe).unwrap().user;
    let verdict = here.may(zoe, Right::Read, business.contact).unwrap();
    assert_eq!(verdict.obstacle(), Some(Obstacle::MailboxSuspended));
    assert_eq!(here.view_state().unwrap().behind, Duration::ZERO);
}

#[test]
fn a_batch_is_in_it_whole() {
    let business = Business::new();
    let here = beside(&business, ViewOptions::default().bound(FAR));
    let (organisation, owner) = (business.organisation, business.owner);
    let opened = here
        .batch(|batch| {
            let open = mailgrant::mailbox::OpenMailbox::new(organisation, addr("new@bakery.example"));
            let mailbox = batch.run(&business.system, open)?;
            batch.run(&business.system, GrantAccess::new(mailbox, owner))?;
            Ok(mailbox)
        })
        .unwrap();
    assert!(here.may(owner, Right::Read, opened).unwrap().allowed());
    assert_eq!(here.resolve(&addr("new@bakery.example")).unwrap().mailbox, Some(opened));
}

#[test]
fn what_is_committed_elsewhere_comes_when_the_bound_has_passed() {
    let business = Business::new();
    let bound = Duration::from_secs(5);
    let there = beside(&business, ViewOptions::default().bound(bound));
    business.sys(suspend(&business));
    assert!(may(&there, &business), "nobody has looked yet");
    business.advance(bound - Duration::from_millis(1));
    assert!(may(&there, &business));
    assert_eq!(there.view_state().unwrap().behind, bound - Duration::from_millis(1));
    business.advance(Duration::from_millis(1));
    assert!(!may(&there, &business));
    assert_eq!(there.view_state().unwrap().behind, Duration::ZERO);
}

#[test]
fn whoever_refreshes_it_has_it_at_once() {
    let business = Business::new();
    let there = beside(&business, ViewOptions::default().bound(FAR));
    business.sys(suspend(&business));
    assert!(may(&there, &business));
    there.refresh_view().unwrap();
    assert!(!may(&there, &business), "within the bound, and without waiting for it");
}

#[test]
fn a_strict_view_is_never_behind() {
    let business = Business::new();
    let there = beside(&business, ViewOptions::strict());
    business.sys(suspend(&business));
    assert!(!may(&there, &business));
}

#[test]
fn a_clock_that_was_put_back_makes_it_look() {
    let business = Business::new();
    let there = beside(&business, ViewOptions::default().bound(FAR));
    business.sys(suspend(&business));
    business.set(business.now().minus(Duration::from_secs(60)));
    assert!(!may(&there, &business));
}

#[test]
fn a_commit_here_on_top_of_one_elsewhere_brings_both() {
    let business = Business::new();
    let here = beside(&business, ViewOptions::default().bound(FAR));
    business.sys(SuspendMember { organisation: business.organisation, user: business.assistant });
    assert!(may(&here, &business), "not known here yet");
    here.run(&business.system, HoldSending { mailbox: business.contact }).unwrap();
    let verdict = here.may(business.assistant, Right::Read, business.contact).unwrap();
    assert_eq!(verdict.obstacle(), Some(Obstacle::MembershipSuspended));
}

#[test]
fn one_cell_stops_everybody() {
    let business = Business::new();
    let here = beside(&business, ViewOptions::default().bound(FAR));
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]);
    here.refresh_view().unwrap();
    let password = phone.password.reveal();
    let organisation = business.organisation;
    here.run(&business.system, SuspendOrganisation { organisation }).unwrap();
    let verdict = here.may(business.assistant, Right::Read, business.contact).unwrap();
    assert_eq!(verdict.obstacle(), Some(Obstacle::OrganisationSuspended));
    let refusal = here.login_device(&login(&password, Protocol::Imap)).unwrap_err();
    assert!(matches!(refusal.reason(), Reason::Device(DeviceObstacle::OrganisationSuspended)), "{refusal:?}");
    let resolution = here.resolve(&addr("contact@bakery.example")).unwrap();
    assert_eq!(resolution.delivery, Delivery::Defer);
}

fn login(password: &str, protocol: Protocol) -> DeviceLogin<'_> {
    DeviceLogin { address: "contact@bakery.example", password, protocol, from: None }
}

/// The answer of a login, in a word.
fn answer(directory: &Directory, login: &DeviceLogin<'_>) -> String {
    match directory.login_device(login) {
        Ok(session) => format!("{:?} {:?} {:?}", session.device, session.holder, session.rights),
        Err(refusal) => format!("{} {:?} {:?}", refusal.reason(), refusal.device(), refusal.retry_after()),
    }
}

#[test]
fn devices_log_in_as_they_do_by_the_rows() {
    let business = Business::new();
    let rows = builder(business.store.clone(), &business.clock, 12).build().unwrap();
    let viewed = beside(&business, ViewOptions::strict());
    let both = [Protocol::Imap, Protocol::Smtp];
    let phone = business.device(business.assistant, business.contact, both);
    let crm = business.sys(
        AddDevice::new(business.contact, "CRM")
            .holder(For::Nobody { handed_to: None })
            .protocols(both)
            .networks(["203.0.113.0/24".parse().unwrap()]),
    );
    let (phone_id, phone) = (phone.id, phone.password.reveal().to_string());
    let crm = crm.password.reveal().to_string();
    business.sys(mailgrant::alias::AddAlias::new(business.contact, addr("hello@bakery.example")));
    let agree = |what: &str| {
        let mut welcome = 0;
        for password in [
            phone.as_str(),
            &crm,
            &phone.to_uppercase(),
            "7k3m9-xq2pa",
            "00000-00000-00000-00000-00000-00000",
        ] {
            for protocol in Protocol::ALL {
                for from in
                    [None, Some("203.0.113.9".parse().unwrap()), Some("::ffff:203.0.113.9".parse().unwrap())]
                {
                    for address in [
                        "contact@bakery.example",
                        "Contact@Bakery.example",
                        "hello@bakery.example",
                        "x@y.example",
                        "no",
                    ] {
                        let login = DeviceLogin { address, password, protocol: *protocol, from };
                        let (here, there) = (answer(&rows, &login), answer(&viewed, &login));
                        assert_eq!(here, there, "{what}: {address} {protocol} {from:?}");
                        welcome += usize::from(here.starts_with("dev_"));
                    }
                }
            }
        }
        welcome
    };
    assert!(agree("at first") > 10);
    business.sys(HoldSending { mailbox: business.contact });
    agree("sending held");
    business.sys(rename(&business, "office@bakery.example"));
    assert_eq!(agree("renamed"), 0);
    business.sys(rename(&business, "contact@bakery.example"));
    assert!(agree("renamed back") > 5);
    business.sys(RevokeDevice { device: phone_id });
    agree("revoked");
    business.sys(SuspendUser { user: business.assistant });
    agree("suspended");
}

#[test]
fn the_first_use_of_a_new_password_ends_the_former_one() {
    let business = Business::new();
    let viewed = beside(&business, ViewOptions::default().bound(FAR));
    let phone = viewed
        .run(
            &Actor::User(business.assistant),
            AddDevice::new(business.contact, "phone").protocols([Protocol::Imap]),
        )
        .unwrap();
    let former = phone.password.reveal();
    let rotated = viewed.run(&Actor::User(business.assistant), RotateDevice::new(phone.id)).unwrap();
    let new = rotated.password.reveal();
    assert!(
        viewed.login_device(&login(&former, Protocol::Imap)).is_ok(),
        "both work while the rotation overlaps"
    );
    let session = viewed.login_device(&login(&former, Protocol::Imap)).unwrap();
    assert!(viewed.login_device(&login(&new, Protocol::Imap)).is_ok());
    let refusal = viewed.login_device(&login(&former, Protocol::Imap)).unwrap_err();
    assert!(matches!(refusal.reason(), Reason::Device(DeviceObstacle::Replaced)), "{refusal:?}");
    assert!(!viewed.session_valid(&session).unwrap());
    assert_eq!(business.count("device.overlap_ended"), 1);
    assert!(viewed.login_device(&login(&new, Protocol::Imap)).is_ok());
    assert_eq!(business.count("device.overlap_ended"), 1, "once");
}

#[test]
fn sessions_end_with_what_they_hang_on() {
    let business = Business::new();
    let viewed = beside(&business, ViewOptions::default().bound(FAR));
    let me = Actor::User(business.assistant);
    let phone =
        viewed.run(&me, AddDevice::new(business.contact, "phone").protocols([Protocol::Imap])).unwrap();
    let session = viewed.login_device(&login(&phone.password.reveal(), Protocol::Imap)).unwrap();
    let person = viewed.login_user(&UserLogin { login: "ada@people.example", password: PASSWORD }).unwrap();
    assert!(viewed.session_valid(&session).unwrap());
    assert!(viewed.session_valid(&person).unwrap());
    let mut elsewhere = session.clone();
    elsewhere.mailbox = MailboxId::from_uuid(business.owner.as_uuid());
    assert!(!viewed.session_valid(&elsewhere).unwrap(), "of another mailbox");
    let mut forged = session.clone();
    forged.device = DeviceId::from_uuid(business.owner.as_uuid());
    assert!(!viewed.session_valid(&forged).unwrap(), "no such device");
    viewed.run(&me, GiveUpGrant { mailbox: business.contact }).unwrap();
    assert!(!viewed.session_valid(&session).unwrap());
    assert!(viewed.session_valid(&person).unwrap());
    viewed.run(&business.system, SuspendUser { user: business.assistant }).unwrap();
    assert!(!viewed.session_valid(&person).unwrap());
}

/// A store that can be taken away.
struct Away {
    inner: Arc<MemoryStore>,
    away: Arc<AtomicBool>,
}

impl Away {
    fn check(&self) -> Result<(), StoreError> {
        match self.away.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable("taken away".to_owned())),
            false => Ok(()),
        }
    }
}

impl Store for Away {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.check()?;
        self.inner.read(body)
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        self.check()?;
        self.inner.commit(change)
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.check()?;
        self.inner.attempt(key, at)
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        self.check()?;
        self.inner.note(notes)
    }
}

fn taken_away(business: &Business, options: ViewOptions) -> (Directory, Arc<AtomicBool>) {
    let away = Arc::new(AtomicBool::new(false));
    let store = Away { inner: business.store.clone(), away: away.clone() };
    let directory = builder(store, &business.clock, 13).build().unwrap().with_view(options).unwrap();
    (directory, away)
}

#[test]
fn older_than_its_bound_it_is_refused_where_the_store_is_away() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]).password.reveal();
    for options in [ViewOptions::strict(), ViewOptions::default().bound(Duration::from_secs(5))] {
        let (directory, away) = taken_away(&business, options);
        away.store(true, Ordering::SeqCst);
        if !options.bound.is_zero() {
            assert!(may(&directory, &business), "within the bound nobody asks the store");
            assert!(directory.login_device(&login(&phone, Protocol::Imap)).is_ok());
        }
        business.advance(Duration::from_secs(7));
        let error = directory.may(business.assistant, Right::Send, business.contact).unwrap_err();
        assert_eq!(error.code().as_str(), "view.stale");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.is_retryable());
        assert_eq!(error.details()["behind_ms"], 7_000);
        business.hidden(directory.resolve(&addr("contact@bakery.example")), "view.stale");
        let refusal = directory.login_device(&login(&phone, Protocol::Imap)).unwrap_err();
        assert!(matches!(refusal.reason(), Reason::Failed(error) if error.code() == Code::ViewStale));
        away.store(false, Ordering::SeqCst);
        assert!(may(&directory, &business), "it came back");
    }
}

#[test]
fn a_look_that_fails_within_the_bound_refuses_nobody() {
    let business = Business::new();
    let (directory, away) = taken_away(&business, ViewOptions::default().bound(FAR));
    away.store(true, Ordering::SeqCst);
    business.hidden(directory.refresh_view(), "store.unavailable");
    assert!(may(&directory, &business), "it is no older than it was");
    business.advance(FAR);
    business.hidden(directory.may(business.assistant, Right::Send, business.contact), "view.stale");
}

/// A store that commits once more and is gone before it says so.
struct Vanishing(Away);

impl Store for Vanishing {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.0.read(body)
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        self.0.commit(change)?;
        self.0.away.store(true, Ordering::SeqCst);
        self.0.check()
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.0.attempt(key, at)
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        self.0.note(notes)
    }
}

#[test]
fn what_may_have_been_committed_is_looked_for_within_the_bound() {
    let business = Business::new();
    let away = Arc::new(AtomicBool::new(false));
    let store = Vanishing(Away { inner: business.store.clone(), away: away.clone() });
    let directory = builder(store, &business.clock, 21).build().unwrap();
    let directory = directory.with_view(ViewOptions::default().bound(FAR)).unwrap();
    let revoked = directory.run(&business.system, suspend(&business));
    business.hidden(revoked, "store.unavailable");
    business.hidden(directory.may(business.assistant, Right::Send, business.contact), "view.stale");
    away.store(false, Ordering::SeqCst);
    assert!(!may(&directory, &business), "it was written all the same");
}

#[test]
fn a_strict_view_waits_for_whoever_looks_also_where_it_would_answer() {
    let business = Business::new();
    let options = ViewOptions::strict().beyond(Beyond::Answer);
    let there = beside(&business, options);
    // While many ask at once, whoever was answered after a commit elsewhere knows of it.
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let (there, business) = (&there, &business);
            scope.spawn(move || (0..500).filter(|_| may(there, business)).count());
        }
        for _ in 0..100 {
            business.sys(GrantAccess::new(business.contact, business.owner));
            let verdict = there.may(business.owner, Right::Read, business.contact).unwrap();
            assert!(verdict.allowed(), "committed before it was asked");
            business.run(business.owner, GiveUpGrant { mailbox: business.contact });
            let verdict = there.may(business.owner, Right::Read, business.contact).unwrap();
            assert!(!verdict.allowed(), "withdrawn before it was asked");
        }
    });
}

#[test]
fn beyond_its_bound_it_may_be_told_to_answer_all_the_same() {
    let business = Business::new();
    let phone = business.device(business.assistant, business.contact, [Protocol::Imap]).password.reveal();
    let (directory, away) = taken_away(&business, ViewOptions::default().beyond(Beyond::Answer));
    away.store(true, Ordering::SeqCst);
    business.advance(FAR);
    assert!(may(&directory, &business));
    assert!(directory.login_device(&login(&phone, Protocol::Imap)).is_ok());
    assert_eq!(directory.view_state().unwrap().behind, FAR, "and says so");
    business.sys(suspend(&business));
    away.store(false, Ordering::SeqCst);
    business.advance(Duration::from_secs(1));
    assert!(!may(&directory, &business));
}

#[test]
fn a_reply_that_was_lost_leaves_it_current() {
    let business = Business::new();
    let store = Arc::new(FaultyStore::new(business.store.clone()));
    let directory = builder(store.clone(), &business.clock, 14).build().unwrap();
    let directory = directory.with_view(ViewOptions::default().bound(FAR)).unwrap();
    for nth in 1..20 {
        let address = addr(&format!("m{nth}@bakery.example"));
        store.fail(nth, Fault::ReplyLost);
        let open = mailgrant::mailbox::OpenMailbox::new(business.organisation, address.clone());
        let opened = directory.run(&business.system, open);
        let known = directory.resolve(&address).unwrap().mailbox;
        assert_eq!(known, opened.ok(), "call {nth}");
        if !store.has_failed() {
            return;
        }
    }
    panic!("the fault always came");
}

#[test]
fn every_failing_call_leaves_it_right_or_refused() {
    let business = Business::new();
    for fault in [Fault::Unavailable, Fault::Conflict] {
        for nth in 1..60 {
            let store = Arc::new(FaultyStore::new(business.store.clone()));
            let directory = builder(store.clone(), &business.clock, 15).build().unwrap();
            let directory = directory.with_view(ViewOptions::strict()).unwrap();
            // Somebody else is in between, so that there is something to follow.
            let (mailbox, user) = (business.contact, business.owner);
            business.sys(GrantAccess::new(mailbox, user));
            store.fail(nth, fault);
            let gave_up = directory.run(&Actor::User(user), GiveUpGrant { mailbox }).is_ok();
            let mut asked = directory.may(user, Right::Read, mailbox);
            if let Err(error) = &asked {
                assert_eq!(error.code(), Code::ViewStale, "{fault:?} {nth}");
                asked = directory.may(user, Right::Read, mailbox);
            }
            assert_eq!(asked.unwrap().allowed(), !gave_up, "{fault:?} {nth}");
            if !gave_up {
                business.run(user, GiveUpGrant { mailbox });
            }
            if !store.has_failed() {
                assert!(nth > 5);
                break;
            }
        }
    }
}

/// A store that can be put back to an earlier day.
struct PutBack(Arc<std::sync::RwLock<Arc<MemoryStore>>>);

impl Store for PutBack {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let now = self.0.read().unwrap().clone();
        now.read(body)
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        self.0.read().unwrap().commit(change)
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.0.read().unwrap().attempt(key, at)
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        self.0.read().unwrap().note(notes)
    }
}

#[test]
fn a_store_that_was_put_back_is_read_anew() {
    // Two that begin alike; the first goes on and is put back.
    let (lost, kept) = (Business::new(), Business::new());
    lost.sys(suspend(&lost));
    let store = Arc::new(std::sync::RwLock::new(lost.store.clone()));
    let directory = builder(PutBack(store.clone()), &lost.clock, 16).build().unwrap();
    let directory = directory.with_view(ViewOptions::strict()).unwrap();
    assert!(!may(&directory, &lost));
    *store.write().unwrap() = kept.store.clone();
    assert!(may(&directory, &lost), "the same ids, before the mailbox was suspended");
}

#[test]
fn a_store_that_was_put_back_behind_a_commit_made_here_is_read_anew() {
    // The mark of the last look stands in both; what was committed here since stands in one.
    let (lost, kept) = (Business::new(), Business::new());
    let store = Arc::new(std::sync::RwLock::new(lost.store.clone()));
    let directory = builder(PutBack(store.clone()), &lost.clock, 19).build().unwrap();
    let directory = directory.with_view(ViewOptions::default().bound(FAR)).unwrap();
    let (mailbox, owner) = (lost.contact, lost.owner);
    directory.run(&lost.system, GrantAccess::new(mailbox, owner)).unwrap();
    assert!(directory.may(owner, Right::Read, mailbox).unwrap().allowed());
    *store.write().unwrap() = kept.store.clone();
    // Another commit takes the lost one's place in the stream.
    kept.sys(suspend(&kept));
    directory.refresh_view().unwrap();
    let verdict = directory.may(owner, Right::Read, mailbox).unwrap();
    assert_eq!(verdict.obstacle(), Some(Obstacle::MailboxSuspended));
    assert!(
        !directory
            .explain(&lost.system, owner, Right::Read, mailbox)
            .unwrap()
            .chain
            .iter()
            .any(|link| link.link == Link::Grant && link.obstacle.is_none())
    );
}

/// A store whose reads can be made to fail for good.
struct Broken(Arc<MemoryStore>, Arc<AtomicU64>, Arc<AtomicBool>);

impl Store for Broken {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        match self.2.load(Ordering::SeqCst) {
            true => Err(StoreError::Corrupt("a page is torn".to_owned())),
            false => self.0.read(body),
        }
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        self.0.commit(change)
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.0.attempt(key, at)
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        self.0.note(notes)
    }
}

#[test]
fn a_damaged_store_is_no_store_that_is_away() {
    let business = Business::new();
    for beyond in [Beyond::Refuse, Beyond::Answer] {
        let broken = Arc::new(AtomicBool::new(false));
        let store = Broken(business.store.clone(), Arc::default(), broken.clone());
        let options = ViewOptions::strict().beyond(beyond);
        let directory = builder(store, &business.clock, 20).build().unwrap().with_view(options).unwrap();
        broken.store(true, Ordering::SeqCst);
        let answer = directory.may(business.assistant, Right::Send, business.contact);
        business.hidden(answer, "store.corrupt");
    }
}

#[test]
fn a_store_that_is_away_is_not_asked_at_every_login() {
    let business = Business::new();
    let (directory, away) = taken_away(&business, ViewOptions::default().beyond(Beyond::Answer));
    away.store(true, Ordering::SeqCst);
    business.advance(Duration::from_secs(10));
    assert!(may(&directory, &business));
    // It is back, but within a second nobody asks.
    away.store(false, Ordering::SeqCst);
    business.sys(suspend(&business));
    assert!(may(&directory, &business));
    business.advance(Duration::from_secs(1));
    assert!(!may(&directory, &business));
}

#[test]
fn what_cannot_be_read_gives_nobody_access() {
    let business = Business::new();
    let store = business.store.clone();
    let key = Key::new(format!("grt/{}/{}", business.contact, business.assistant));
    let mut change = ChangeSet::empty(business.directory.request_id().unwrap());
    change.put.push(mailgrant::store::Row { key, version: 99, body: "{}".to_owned() });
    store.commit(&change).unwrap();
    let directory = beside(&business, ViewOptions::strict());
    let verdict = directory.may(business.assistant, Right::Read, business.contact).unwrap();
    assert_eq!(verdict.obstacle(), Some(Obstacle::GrantMissing));
    assert!(
        directory.resolve(&addr("contact@bakery.example")).unwrap().mailbox.is_some(),
        "all else goes on"
    );
}

#[test]
fn other_questions_never_look_at_it() {
    let business = Business::new();
    let there = beside(&business, ViewOptions::default().bound(FAR));
    let mailbox = business.mailbox(business.organisation, "new@bakery.example");
    business.grant(mailbox, business.assistant, [Right::Send]);
    assert!(!there.may(business.assistant, Right::Send, mailbox).unwrap().allowed(), "it is behind");
    let senders = there.senders(business.assistant, mailbox).unwrap();
    assert_eq!(senders.addresses, [addr("new@bakery.example")], "rows are not");
    let replica = there.export_for(&business.system, business.assistant).unwrap();
    assert!(replica.to_json().unwrap().contains("new@bakery.example"));
}

#[test]
fn whoever_asked_once_and_was_done_elsewhere_sees_it() {
    let business = Business::new();
    let here = beside(&business, ViewOptions::default().bound(FAR));
    let request = here.request_id().unwrap();
    business.directory.run_once(request, &business.system, suspend(&business)).unwrap();
    let again = here.run_once(request, &business.system, suspend(&business));
    business.hidden(again, "request.done");
    assert!(!may(&here, &business));
}

#[test]
fn threads_and_followers_end_with_the_same_answers() {
    let business = Business::new();
    let (organisation, system) = (business.organisation, &business.system);
    let mailboxes: Vec<MailboxId> =
        (0..4).map(|n| business.mailbox(organisation, &format!("m{n}@bakery.example"))).collect();
    let people: Vec<UserId> = (0..4)
        .map(|n| business.member(organisation, &format!("p{n}@people.example"), Role::External))
        .collect();
    let (one, other) =
        (beside(&business, ViewOptions::default().bound(FAR)), beside(&business, ViewOptions::strict()));
    std::thread::scope(|scope| {
        for (thread, person) in people.iter().enumerate() {
            let directory = if thread % 2 == 0 { &one } else { &other };
            let (mailboxes, business) = (&mailboxes, &business);
            scope.spawn(move || {
                for round in 0..20 {
                    let mailbox = mailboxes[(round + thread) % mailboxes.len()];
                    directory.run(system, GrantAccess::new(mailbox, *person)).unwrap();
                    assert!(
                        directory.may(*person, Right::Read, mailbox).unwrap().allowed(),
                        "one's own commit"
                    );
                    if round % 3 > 0 {
                        directory.run(&Actor::User(*person), GiveUpGrant { mailbox }).unwrap();
                        assert!(!directory.may(*person, Right::Read, mailbox).unwrap().allowed());
                    } else {
                        let give_up = GiveUpGrant { mailbox };
                        business.directory.run(&Actor::User(*person), give_up).unwrap();
                    }
                }
            });
        }
    });
    for directory in [&one, &other, &business.directory] {
        directory.refresh_view().unwrap();
        let rows = builder(business.store.clone(), &business.clock, 17).build().unwrap();
        business.advance(Duration::from_secs(2));
        views::compare(&rows, directory, &business.store, 0, "threads");
    }
}

#[test]
fn it_says_what_it_holds() {
    let business = Business::new();
    assert!(builder(business.store.clone(), &business.clock, 18).build().unwrap().view_state().is_none());
    business.device(business.assistant, business.contact, [Protocol::Imap]);
    let state = beside(&business, ViewOptions::default()).view_state().unwrap();
    assert_eq!((state.users, state.mailboxes, state.grants, state.devices), (3, 1, 1, 1));
    assert_eq!(state.bound, Duration::from_secs(1));
}

#[test]
fn a_past_has_none() {
    let business = Business::new();
    let then = business.directory.at(&business.system, business.organisation, business.now()).unwrap();
    assert!(then.view_state().is_none());
    business.hidden(then.with_view(ViewOptions::default()), "directory.past");
}

fn rename(business: &Business, address: &str) -> RenameMailbox {
    RenameMailbox {
        mailbox: business.contact,
        address: addr(address),
        former: mailgrant::mailbox::FormerAddress::Free,
        reclaim: Reclaim::Yes,
        on_dependants: OnDependants::Refuse,
    }
}
