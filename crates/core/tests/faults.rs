//! A store that fails at any call: what was asked is done whole or not at all, and nobody is told something wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::*;
use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, RotateDevice};
use mailgrant::domain::{AcceptDomain, OfferDomain, SetCatchAll};
use mailgrant::grant::RevokeGrant;
use mailgrant::invitation::{AcceptInvitation, AcceptInvitationAsNew, Invite};
use mailgrant::mailbox::{DeleteMailbox, FormerAddress, OpenMailbox, RenameMailbox};
use mailgrant::membership::{Leave, RemoveMember, TransferOwnership};
use mailgrant::organisation::{DeleteOrganisation, FoundOrganisation, Sweep};
use mailgrant::store::{ChangeSet, Key, Note, ReadTxn, StoreError};
use mailgrant::user::{ChangePassword, DeleteUser, EraseUser};
use mailgrant::*;
use mailgrant_store_check::faults::{Fault, FaultyStore};

type Faulty = Arc<FaultyStore<Arc<MemoryStore>>>;

const FAULTS: [Fault; 4] = [Fault::Unavailable, Fault::Full, Fault::Conflict, Fault::ReplyLost];

/// A business in which there is something of everything.
struct Setting {
    business: Business,
    store: Faulty,
    heir: UserId,
    /// To whose organisation the domain is offered.
    buyer: (UserId, OrganisationId),
    /// Someone whose account was deleted.
    gone: UserId,
    token: String,
    phone: DeviceId,
    former: String,
    rotated: String,
    invitation: InvitationId,
}

impl std::ops::Deref for Setting {
    type Target = Business;

    fn deref(&self) -> &Business {
        &self.business
    }
}

impl Setting {
    fn new() -> Self {
        let mut faulty = None;
        let world = World::through(|store| {
            let store: Faulty = Arc::new(FaultyStore::new(store));
            faulty = Some(store.clone());
            store
        });
        let business = Business::in_world(world);
        let world = &business.world;
        let (organisation, contact) = (business.organisation, business.contact);
        let heir = world.member(organisation, "henry@people.example", Role::Collaborator);
        world.grant(contact, heir, Rights::ALL);
        world.run(business.owner, AddAlias::new(contact, addr("hello@bakery.example")));
        let domain = "bakery.example".parse().unwrap();
        let on_dependants = OnDependants::Refuse;
        world
            .run(business.owner, SetCatchAll { organisation, domain, mailbox: Some(contact), on_dependants });
        let phone = world.device(business.assistant, contact, [Protocol::Imap, Protocol::Smtp]);
        let (phone, former) = (phone.id, phone.password.reveal().to_string());
        let rotated = world.run(business.assistant, RotateDevice::new(phone)).password.reveal().to_string();
        world.robot(contact, [Protocol::Imap]);
        let promise = Promise { mailbox: contact, rights: [Right::Send].into(), expires: None };
        let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![promise] };
        let address = addr("nora@invited.example");
        let invited = world.run(business.owner, Invite { organisation, address, offer });
        let invitation = invited.invitation;
        let token = invited.token.reveal().to_string();
        let gone = world.member(organisation, "gus@people.example", Role::External);
        world.grant(contact, gone, Rights::ALL);
        world.device(gone, contact, [Protocol::Imap]);
        world.run(gone, DeleteUser { user: gone });
        let buyer = world.person("bea@people.example");
        let buyer = (buyer, world.organisation(buyer, "buyer.example"));
        let (name, access) = ("bakery.example".parse().unwrap(), OfferedAccess::GoesOn);
        world.run(business.owner, OfferDomain { organisation, name, to: buyer.1, access });
        Self {
            business,
            store: faulty.unwrap(),
            heir,
            buyer,
            gone,
            token,
            phone,
            former,
            rotated,
            invitation,
        }
    }

    fn run(&self, actor: impl IntoActor, command: AnyCommand) -> Result<String, Error> {
        let output = self.directory.run_any(&actor.into_actor(), command)?;
        let secret = match output.secret {
            Some(IssuedSecret::DevicePassword(password)) => password.reveal().to_string(),
            Some(IssuedSecret::Token(token)) => token.reveal().to_string(),
            _ => String::new(),
        };
        Ok(format!("{} {secret}", output.value))
    }

    fn dump(&self) -> String {
        self.business.store.dump()
    }
}

type Change = (&'static str, fn(&Setting) -> Result<String, Error>);

fn changes() -> Vec<Change> {
    vec![
        ("found", |s| {
            let found = FoundOrganisation { name: "Mill".into(), owner: None };
            s.run(s.outsider, AnyCommand::FoundOrganisation(found))
        }),
        ("open a mailbox", |s| {
            let open = OpenMailbox::new(s.organisation, addr("new@bakery.example"));
            s.run(s.owner, AnyCommand::OpenMailbox(open))
        }),
        ("rename a mailbox", |s| {
            let rename = RenameMailbox {
                mailbox: s.contact,
                address: addr("new@bakery.example"),
                former: FormerAddress::Free,
                reclaim: Reclaim::No,
                on_dependants: OnDependants::Refuse,
            };
            s.run(s.owner, AnyCommand::RenameMailbox(rename))
        }),
        ("add a device", |s| {
            let add = AddDevice::new(s.contact, "tablet").protocols([Protocol::Imap]);
            s.run(s.assistant, AnyCommand::AddDevice(add))
        }),
        ("rotate a device", |s| s.run(s.assistant, AnyCommand::RotateDevice(RotateDevice::new(s.phone)))),
        ("remove a member", |s| {
            let remove = RemoveMember { organisation: s.organisation, user: s.assistant };
            s.run(s.owner, AnyCommand::RemoveMember(remove))
        }),
        ("leave", |s| s.run(s.assistant, AnyCommand::Leave(Leave { organisation: s.organisation }))),
        ("revoke a grant", |s| {
            let revoke = RevokeGrant { mailbox: s.contact, user: s.assistant, held: HeldDevices::Release };
            s.run(s.owner, AnyCommand::RevokeGrant(revoke))
        }),
        ("invite again", |s| {
            let offer = Offer { role: Role::Admin, services: Services::new(), mailboxes: vec![] };
            let address = addr("nora@invited.example");
            s.run(s.owner, AnyCommand::Invite(Invite { organisation: s.organisation, address, offer }))
        }),
        ("accept", |s| {
            let accept = AcceptInvitation { token: s.token.as_str().into() };
            s.run(s.outsider, AnyCommand::AcceptInvitation(accept))
        }),
        ("accept as new", |s| {
            let token = s.token.as_str().into();
            let accept = AcceptInvitationAsNew { token, name: "Nora".into(), password: PASSWORD.into() };
            s.run(Actor::Bearer, AnyCommand::AcceptInvitationAsNew(accept))
        }),
        ("delete a mailbox", |s| {
            let delete = DeleteMailbox { mailbox: s.contact, on_dependants: OnDependants::Refuse };
            s.run(s.owner, AnyCommand::DeleteMailbox(delete))
        }),
        ("delete an organisation", |s| {
            let organisation = s.organisation;
            let delete = DeleteOrganisation { organisation, on_dependants: OnDependants::Refuse };
            s.run(s.owner, AnyCommand::DeleteOrganisation(delete))
        }),
        ("transfer", |s| {
            let transfer = TransferOwnership { organisation: s.organisation, to: s.heir, from: None };
            s.run(s.owner, AnyCommand::TransferOwnership(transfer))
        }),
        ("hand a domain over", |s| {
            let accept = AcceptDomain {
                organisation: s.buyer.1,
                from: s.organisation,
                name: "bakery.example".parse().unwrap(),
                access: OfferedAccess::GoesOn,
                on_dependants: OnDependants::Refuse,
            };
            s.run(s.buyer.0, AnyCommand::AcceptDomain(accept))
        }),
        ("erase a person", |s| s.run(s.system.clone(), AnyCommand::EraseUser(EraseUser { user: s.gone }))),
        ("delete a user", |s| s.run(s.assistant, AnyCommand::DeleteUser(DeleteUser { user: s.assistant }))),
        ("change a password", |s| {
            let (current, new) = (Some(PASSWORD.into()), "four lamps under two bridges".into());
            let change = ChangePassword { user: s.assistant, current, new };
            s.run(s.assistant, AnyCommand::ChangePassword(change))
        }),
        ("several at once", |s| {
            let (owner, organisation) = (Actor::User(s.owner), s.organisation);
            s.directory.batch(|batch| {
                let address = addr("batch@bakery.example");
                let mailbox = batch.run(&owner, OpenMailbox::new(organisation, address))?;
                let holder = device::For::Nobody { handed_to: None };
                let add = AddDevice::new(mailbox, "CRM").holder(holder).protocols([Protocol::Imap]);
                let issued = batch.run(&owner, add)?;
                Ok(format!("{mailbox} {} {}", issued.id, &*issued.password.reveal()))
            })
        }),
    ]
}

/// The store said why; nothing else may be made of it.
#[track_caller]
fn assert_of_the_store(error: &Error, fault: Fault, what: &str) {
    let expected: &[&str] = match fault {
        Fault::Unavailable | Fault::ReplyLost => &["store.unavailable"],
        Fault::Full => &["store.full"],
        _ => &["store.busy"],
    };
    assert!(expected.contains(&error.code().as_str()), "{what}: {error:?}");
}

#[test]
fn a_change_happens_whole_or_not_at_all() {
    for (name, change) in changes() {
        let reference = Setting::new();
        let before = reference.dump();
        let calls = reference.store.calls();
        let expected = change(&reference).unwrap();
        let calls = reference.store.calls() - calls;
        let after = reference.dump();
        assert!(before != after, "{name} changes something");
        let mut went_through = 0;
        for fault in FAULTS {
            let mut setting = Setting::new();
            assert!(setting.dump() == before, "{name}: the same setting each time");
            for nth in 1..=calls {
                let what = format!("{name}, {fault:?} at call {nth} of {calls}");
                setting.store.fail(nth, fault);
                if let Err(error) = change(&setting) {
                    assert!(setting.store.has_failed(), "{what}: {error:?}");
                    assert_of_the_store(&error, fault, &what);
                    assert!(setting.dump() == before, "{what}: refused, and something changed");
                    continue;
                }
                // It went through all the same: once more where nothing was drawn before.
                went_through += 1;
                setting = Setting::new();
                setting.store.fail(nth, fault);
                let answer = change(&setting).unwrap();
                assert!(setting.store.has_failed(), "{what}: no such call");
                assert_eq!(answer, expected, "{what}: the same ids and secrets");
                assert!(setting.dump() == after, "{what}: went through, and not as usual");
                setting = Setting::new();
            }
            // Life goes on.
            assert!(change(&setting).is_ok(), "{name} after {fault:?}");
        }
        assert!(went_through >= 2, "{name}: a lost reply and a conflict do not stop it");
    }
}

#[test]
fn every_question_is_answered_right_or_not_at_all() {
    type Question = (&'static str, fn(&Setting, &Actor) -> Result<String, Error>);
    fn say<T: std::fmt::Debug>(answer: Result<T, Error>) -> Result<String, Error> {
        answer.map(|answer| format!("{answer:?}"))
    }
    let questions: [Question; 21] = [
        ("may", |s, _| say(s.directory.may(s.assistant, Right::Send, s.contact))),
        ("explain", |s, a| say(s.directory.explain(a, s.assistant, Right::Send, s.contact))),
        ("resolve", |s, _| say(s.directory.resolve(&addr("hello+x@bakery.example")))),
        ("senders", |s, _| say(s.directory.senders(s.assistant, s.contact))),
        ("may send as", |s, _| {
            say(s.directory.may_send_as(s.assistant, s.contact, &addr("hello@bakery.example")))
        }),
        ("senders of a device", |s, _| say(s.directory.senders(s.phone, s.contact))),
        ("reach", |s, a| say(s.directory.reach(a, s.assistant))),
        ("access", |s, a| say(s.directory.access(a, s.contact, &PageRequest::default()))),
        ("members", |s, a| say(s.directory.members(a, s.organisation, &PageRequest::default()))),
        ("mailboxes", |s, a| say(s.directory.mailboxes(a, s.organisation, &PageRequest::default()))),
        ("aliases", |s, a| say(s.directory.aliases(a, s.organisation, &PageRequest::default()))),
        ("devices", |s, a| say(s.directory.devices(a, s.organisation, &PageRequest::default()))),
        ("invitations", |s, a| say(s.directory.invitations(a, s.organisation, &PageRequest::default()))),
        ("domains", |s, a| say(s.directory.domains(a, s.organisation, &PageRequest::default()))),
        ("invitation", |s, a| say(s.directory.invitation(a, s.invitation))),
        ("device", |s, a| say(s.directory.device(a, s.phone))),
        ("mailbox by address", |s, a| say(s.directory.mailbox_by_address(a, &addr("hello@bakery.example")))),
        ("user by login", |s, a| say(s.directory.user_by_login(a, &addr("ada@people.example")))),
        ("history", |s, a| {
            let filter = HistoryFilter::default();
            say(s.directory.history(a, s.organisation, &filter, &PageRequest::default()))
        }),
        ("mailbox history", |s, a| {
            let filter = HistoryFilter::default();
            say(s.directory.mailbox_history(a, s.contact, &filter, &PageRequest::default()))
        }),
        ("at", |s, a| {
            let then = s.directory.at(a, s.organisation, s.now())?;
            say(then.access(a, s.contact, &PageRequest::default()))
        }),
    ];
    let setting = Setting::new();
    let before = setting.dump();
    // By an owner, and by somebody with a grant and nothing else.
    for actor in [setting.owner, setting.heir].map(Actor::User) {
        for (name, question) in &questions {
            let calls = setting.store.calls();
            let usual = question(&setting, &actor);
            let usual_code = usual.as_ref().err().map(|error| error.code());
            let calls = setting.store.calls() - calls;
            for fault in FAULTS {
                for nth in 1..=calls {
                    let what = format!("{name} by {actor:?}, {fault:?} at call {nth} of {calls}");
                    setting.store.fail(nth, fault);
                    match question(&setting, &actor) {
                        Ok(answer) => assert_eq!(Some(&answer), usual.as_ref().ok(), "{what}"),
                        Err(error) if Some(error.code()) == usual_code => {}
                        Err(error) => assert_of_the_store(&error, fault, &what),
                    }
                    assert!(setting.store.has_failed(), "{what}: no such call");
                }
            }
        }
    }
    assert!(setting.dump() == before);
}

#[test]
fn a_login_goes_on_without_writes_and_tells_a_fault_from_a_wrong_password() {
    let reference = Setting::new();
    let calls = reference.store.calls();
    let login =
        |setting: &Setting, password: &str| setting.login("contact@bakery.example", password, Protocol::Imap);
    login(&reference, &reference.rotated).unwrap();
    let calls = reference.store.calls() - calls;
    let after = reference.dump();
    for fault in FAULTS {
        for nth in 1..=calls {
            let what = format!("{fault:?} at call {nth} of {calls}");
            let setting = Setting::new();
            let before = setting.dump();
            setting.store.fail(nth, fault);
            let answer = login(&setting, &setting.rotated);
            assert!(setting.store.has_failed(), "{what}: no such call");
            let now = setting.dump();
            match answer {
                // The first use is written down, or will be with the next one.
                Ok(_) => assert!(now == after || now == before, "{what}"),
                Err(refusal) => {
                    assert!(matches!(refusal.reason(), Reason::Failed(_)), "{what}: {}", refusal.reason());
                    assert!(now == before, "{what}");
                }
            }
            login(&setting, &setting.rotated).unwrap();
            let refusal = login(&setting, &setting.former).unwrap_err();
            assert_eq!(refusal.reason().to_string(), "the device's password, but: replaced", "{what}");
        }
    }
}

/// A store that goes dark right after a commit, so that nobody hears what became of it.
struct Dark {
    inner: Arc<MemoryStore>,
    /// After the next commit.
    soon: AtomicBool,
    now: AtomicBool,
}

impl Dark {
    fn light(&self) -> Result<(), StoreError> {
        match self.now.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable("dark".into())),
            false => Ok(()),
        }
    }
}

impl Store for Dark {
    fn read(
        &self,
        body: &mut dyn FnMut(&mut dyn ReadTxn) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.light()?;
        self.inner.read(body)
    }

    fn commit(&self, change: &ChangeSet) -> Result<(), StoreError> {
        self.light()?;
        self.inner.commit(change)?;
        if self.soon.swap(false, Ordering::SeqCst) {
            self.now.store(true, Ordering::SeqCst);
        }
        self.light()
    }

    fn attempt(&self, key: &Key, at: Timestamp) -> Result<u32, StoreError> {
        self.light()?;
        self.inner.attempt(key, at)
    }

    fn note(&self, notes: &[Note]) -> Result<(), StoreError> {
        self.light()?;
        self.inner.note(notes)
    }
}

#[test]
fn a_request_whose_fate_nobody_heard_is_not_done_twice() {
    let mut dark = None;
    let world = World::through(|inner| {
        let store = Arc::new(Dark { inner, soon: AtomicBool::new(false), now: AtomicBool::new(false) });
        dark = Some(store.clone());
        store
    });
    let dark = dark.unwrap();
    let business = Business::in_world(world);
    let owner = Actor::User(business.owner);
    let request = business.directory.request_id().unwrap();
    let open = || OpenMailbox::new(business.organisation, addr("new@bakery.example"));
    dark.soon.store(true, Ordering::SeqCst);
    let error = business.directory.run_once(request, &owner, open()).unwrap_err();
    assert_eq!(error.code(), Code::StoreUnavailable);
    assert!(error.is_retryable());
    dark.now.store(false, Ordering::SeqCst);
    let after = business.store.dump();
    let error = business.directory.run_once(request, &owner, open()).unwrap_err();
    assert_eq!(error.code(), Code::RequestDone);
    assert!(after == business.store.dump());
    business.directory.mailbox_by_address(&owner, &addr("new@bakery.example")).unwrap();
    // Without an id of its own it would have been refused for another reason.
    business.refused(owner, open(), "address.taken");
}

#[test]
fn the_same_seed_clock_and_commands_make_the_same_store() {
    let play = || {
        let setting = Setting::new();
        let world = &setting.business.world;
        let mut said = Vec::new();
        for (name, change) in changes() {
            world.advance(std::time::Duration::from_millis(1_234));
            // Many are refused after what came before, and always the same ones.
            said.push((name, change(&setting).map_err(|error| error.code())));
        }
        let _ = setting.login("contact@bakery.example", &setting.rotated, Protocol::Imap);
        while !world.sys(Sweep::default()).finished {}
        world.directory.flush_uses().unwrap();
        (said, setting.dump())
    };
    let (first, second) = (play(), play());
    assert_eq!(first.0, second.0);
    assert!(first.1 == second.1, "byte by byte");
}
