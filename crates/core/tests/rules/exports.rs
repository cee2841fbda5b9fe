//! Export and import: what goes along, what stays behind, and what is refused.

use std::io::{Read, Write};
use std::sync::Arc;

use crate::common::agree::{Asked, answers};
use crate::common::*;
use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, DeviceSecret, For, RevokeDevice, RotateDevice};
use mailgrant::domain::{AddDomain, SetCatchAll, SetDomainAlias};
use mailgrant::grant::GrantAccess;
use mailgrant::mailbox::{CloseMailbox, DeleteMailbox, HoldSending, SetMailboxName};
use mailgrant::membership::{AddMember, Leave, SuspendMember};
use mailgrant::organisation::{DeleteOrganisation, RenameOrganisation, SuspendOrganisation, Sweep};
use mailgrant::user::{
    AddressKind, ConfirmAddress, DeleteUser, IssueConfirmation, RenameUser, SetRecoveryAddress, SuspendUser,
};
use mailgrant::*;
use mailgrant_store_check::faults::{Fault, FaultyStore};
use serde_json::{Value, json};

/// A business with something of everything.
struct Setting {
    business: Business,
    admin: UserId,
    phone: DeviceId,
    phone_password: String,
    invitation: InvitationId,
    token: String,
    spare: MailboxId,
}

impl std::ops::Deref for Setting {
    type Target = Business;

    fn deref(&self) -> &Business {
        &self.business
    }
}

impl Setting {
    fn new() -> Self {
        let b = Business::new();
        let (organisation, contact) = (b.organisation, b.contact);
        let admin = b.member(organisation, "adam@people.example", Role::Admin);
        b.run(b.owner, SetRecoveryAddress { user: b.owner, address: addr("olivia@recovery.example") });
        let issued = b.sys(IssueConfirmation { user: b.owner, of: AddressKind::Recovery });
        b.run(Actor::Bearer, ConfirmAddress { token: (&*issued.token.reveal()).into() });
        b.run(b.owner, AddAlias::new(contact, addr("hello@bakery.example")));
        let other: DomainName = b.domain(organisation, "cake.example");
        let main: DomainName = "bakery.example".parse().unwrap();
        let on_dependants = OnDependants::Refuse;
        b.run(b.owner, SetDomainAlias { organisation, domain: other, of: Some(main.clone()), on_dependants });
        b.run(b.owner, AddDomain { organisation, name: "pending.example".parse().unwrap() });
        b.run(b.owner, SetCatchAll { organisation, domain: main, mailbox: Some(contact), on_dependants });
        let spare = b.mailbox(organisation, "spare@bakery.example");
        b.run(b.owner, SetMailboxName { mailbox: spare, name: Some("Spare".into()) });
        let grant = GrantAccess::new(spare, admin).rights([Right::Send, Right::Devices]).reason("holiday");
        b.run(b.owner, grant.expires(b.now().plus(std::time::Duration::from_secs(86_400))));
        b.run(b.owner, HoldSending { mailbox: spare });
        let phone = b.device(b.assistant, contact, [Protocol::Imap, Protocol::Smtp]);
        let (phone, phone_password) = (phone.id, phone.password.reveal().to_string());
        let robot = b.run(
            b.owner,
            AddDevice::new(contact, "CRM")
                .holder(For::Nobody { handed_to: Some("the shop".into()) })
                .protocols([Protocol::Smtp])
                .networks(["192.0.2.0/24".parse().unwrap()]),
        );
        let old = b.robot(contact, [Protocol::Imap]);
        b.run(b.owner, RevokeDevice { device: old.id });
        let _ = robot.password.reveal();
        let gone = b.mailbox(organisation, "gone@bakery.example");
        b.grant(gone, b.assistant, [Right::Send]);
        b.run(b.owner, DeleteMailbox { mailbox: gone, on_dependants });
        let (invitation, token) =
            b.invite(b.owner, organisation, "nora@invited.example", offer_of(contact, [Right::Send]));
        Self { business: b, admin, phone, phone_password, invitation, token, spare }
    }

    fn export(&self, actor: impl IntoActor, history: History) -> String {
        export(&self.directory, self.organisation, actor, history)
    }
}

fn export(
    directory: &Directory,
    organisation: OrganisationId,
    actor: impl IntoActor,
    history: History,
) -> String {
    let mut file = Vec::new();
    let counted = directory.export(&actor.into_actor(), organisation, history, &mut file).unwrap();
    let file = String::from_utf8(file).unwrap();
    let lines = |word: &str| file.lines().filter(|line| line.starts_with(&format!("{{\"{word}\""))).count();
    assert_eq!(counted.entries as usize, lines("entry"));
    assert_eq!(
        counted.rows as usize,
        file.lines().count() - lines("entry") - lines("gone") - lines("export") - lines("end")
    );
    file
}

/// Another place, at the same hour.
fn elsewhere(setting: &World) -> World {
    let world = World::with(|builder| builder.entropy(Seeded::new(99)));
    world.set(setting.now());
    world
}

#[track_caller]
fn import(world: &World, file: &str) -> Imported {
    world.directory.import(&world.system, file.as_bytes()).unwrap_or_else(|error| panic!("{error:?}"))
}

#[track_caller]
fn refused(file: impl AsRef<[u8]>) -> Error {
    let world = World::new();
    let before = world.store.dump();
    let error = world.directory.import(&world.system, file.as_ref()).unwrap_err();
    assert!(before == world.store.dump(), "refused, and something changed: {error:?}");
    error
}

/// Refused for this reason, at this place.
#[track_caller]
fn invalid(file: impl AsRef<[u8]>, reason: &str, place: &str) {
    let error = refused(file);
    assert_eq!(error.code(), Code::ImportInvalid, "{error:?}");
    assert_eq!(error.details()["reason"], reason, "{error:?}");
    let found = error.details()["place"].as_str().unwrap();
    assert_eq!(found, place, "{error:?}");
    assert!(error.details()["line"].as_u64().unwrap() > 0);
}

/// A file with its lines as JSON, to be tampered with.
struct File(Vec<Value>);

impl File {
    fn of(text: &str) -> Self {
        Self(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    /// The first line of a word for which something holds.
    fn find(&mut self, word: &str, holds: impl Fn(&Value) -> bool) -> &mut Value {
        let found = self.0.iter_mut().find(|line| line.get(word).is_some_and(&holds));
        &mut found.unwrap_or_else(|| panic!("no such {word}"))[word]
    }

    fn first(&mut self, word: &str) -> &mut Value {
        self.find(word, |_| true)
    }

    fn without(mut self, word: &str, holds: impl Fn(&Value) -> bool) -> Self {
        self.0.retain(|line| !line.get(word).is_some_and(&holds));
        self
    }

    /// Adds a line before the last.
    fn add(&mut self, line: Value) {
        let end = self.0.len() - 1;
        self.0.insert(end, line);
    }

    /// The text, with an end that counts right.
    fn text(mut self) -> String {
        let words: Vec<String> =
            self.0.iter().map(|line| line.as_object().unwrap().keys().next().unwrap().clone()).collect();
        let entries = words.iter().filter(|word| *word == "entry").count();
        let others = words.iter().filter(|word| ["export", "end", "gone"].contains(&word.as_str())).count();
        if words.last().is_some_and(|word| word == "end") {
            self.0.last_mut().unwrap()["end"] =
                json!({"rows": words.len() - entries - others, "entries": entries});
        }
        self.0.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// The file of the usual setting after something was done to it.
fn tampered(tamper: impl FnOnce(&mut File)) -> String {
    let mut file = File::of(&Setting::new().export(World::new().system, History::Without));
    tamper(&mut file);
    file.text()
}

fn tampered_history(tamper: impl FnOnce(&mut File)) -> String {
    let mut file = File::of(&Setting::new().export(World::new().system, History::With));
    tamper(&mut file);
    file.text()
}

// Who may.

#[test]
fn owners_admins_and_the_host_export() {
    let s = Setting::new();
    for actor in [Actor::User(s.owner), Actor::User(s.admin), s.system.clone()] {
        s.directory.export(&actor, s.organisation, History::With, Vec::new()).unwrap();
    }
    let code = |actor: Actor| {
        let mut file = Vec::new();
        let error = s.directory.export(&actor, s.organisation, History::Without, &mut file).unwrap_err();
        assert!(file.is_empty(), "nothing was written");
        error.code()
    };
    assert_eq!(code(Actor::User(s.assistant)), Code::AccessDenied);
    assert_eq!(code(Actor::User(s.outsider)), Code::OrganisationNotFound);
    assert_eq!(code(Actor::Bearer), Code::OrganisationNotFound);
}

#[test]
fn export_goes_on_in_a_suspended_organisation_and_not_in_a_deleted_one() {
    let s = Setting::new();
    let organisation = s.organisation;
    s.sys(SuspendOrganisation { organisation });
    let file = s.export(s.owner, History::With);
    import(&elsewhere(&s), &file);
    s.sys(DeleteOrganisation { organisation, on_dependants: OnDependants::GoOn });
    let error = s.directory.export(&s.system, organisation, History::With, Vec::new()).unwrap_err();
    assert_eq!(error.code(), Code::OrganisationNotFound);
}

#[test]
fn the_host_alone_imports() {
    let s = Setting::new();
    let file = s.export(s.owner, History::Without);
    let there = elsewhere(&s);
    let somebody = there.person("ida@people.example");
    let before = there.store.dump();
    for actor in [Actor::User(somebody), Actor::Bearer] {
        let error = there.directory.import(&actor, file.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::AccessDenied);
    }
    assert!(before == there.store.dump());
}

#[test]
fn a_past_exports_and_imports_nothing() {
    let s = Setting::new();
    let then = s.directory.at(&s.system, s.organisation, s.now()).unwrap();
    let error = then.export(&s.system, s.organisation, History::Without, Vec::new()).unwrap_err();
    assert_eq!(error.code(), Code::DirectoryPast);
    assert_eq!(then.import(&s.system, &b""[..]).unwrap_err().code(), Code::DirectoryPast);
}

// What goes along.

#[test]
fn no_secret_goes_along() {
    let s = Setting::new();
    let file = s.export(s.system.clone(), History::With);
    for secret in [&s.phone_password, &s.token] {
        assert!(!file.contains(secret.as_str()));
    }
    for line in s.store.dump().lines().filter(|line| line.starts_with("verifier ")) {
        let secret = line.split(' ').nth(3).unwrap();
        assert!(!file.contains(secret), "{line}");
    }
    assert!(!file.contains("$argon2"));
}

#[test]
fn an_owners_export_says_of_people_what_they_may_ask() {
    let s = Setting::new();
    let file = s.export(s.owner, History::With);
    for hidden in ["recovery", "registered_at", "epoch", "user.registered"] {
        assert!(!file.contains(hidden), "{hidden}");
    }
    let whole = s.export(s.system.clone(), History::With);
    for told in ["olivia@recovery.example", "registered_at", "user.registered"] {
        assert!(whole.contains(told), "{told}");
    }
    for never in ["user.joined", "user.recovery", "user.login_token", "user.password"] {
        assert!(!whole.contains(never), "{never}");
    }
}

#[test]
fn other_organisations_of_its_people_stay_out() {
    let s = Setting::new();
    let mill = s.organisation(s.assistant, "mill.example");
    let office = s.mailbox(mill, "office@mill.example");
    s.grant(office, s.assistant, Rights::ALL);
    let file = s.export(s.system.clone(), History::With);
    for foreign in [mill.to_string(), office.to_string(), "mill.example".into()] {
        assert!(!file.contains(&foreign), "{foreign}");
    }
}

#[test]
fn what_waits_for_the_sweep_stays_behind_and_the_history_still_tells_how_it_came() {
    let s = Setting::new();
    let heir = s.member(s.organisation, "henry@people.example", Role::Collaborator);
    s.grant(s.contact, heir, [Right::Devices]);
    s.device(heir, s.contact, [Protocol::Imap]);
    s.sys(DeleteUser { user: heir });
    for actor in [s.system.clone(), Actor::User(s.owner)] {
        for history in [History::With, History::Without] {
            let file = s.export(actor.clone(), history);
            let rows: Vec<&str> = file.lines().filter(|line| !line.starts_with("{\"entry\"")).collect();
            let about: Vec<&&str> = rows.iter().filter(|line| line.contains(&heir.to_string())).collect();
            assert_eq!(about.len(), 1, "{about:?}");
            assert!(about[0].starts_with("{\"gone\""));
            assert!(!rows.join("").contains("deleted"));
            let there = elsewhere(&s);
            import(&there, &file);
            asked(&there, s.organisation).past_agrees_with_present(&[]);
        }
    }
}

fn asked(world: &World, organisation: OrganisationId) -> Asked<'_> {
    Asked { directory: &world.directory, organisation, now: world.now() }
}

// Round trips.

const ADDRESSES: [&str; 8] = [
    "contact@bakery.example",
    "contact+x@bakery.example",
    "hello@bakery.example",
    "hello@cake.example",
    "gone@bakery.example",
    "nobody@bakery.example",
    "postmaster@bakery.example",
    "contact@elsewhere.example",
];

fn addresses() -> Vec<Address> {
    ADDRESSES.map(addr).into()
}

/// The answers that an import changes: devices have no password, and invitations are revoked.
fn is_as_before(line: &&String) -> bool {
    !["\"invitations\"", "\"devices\"", "(\"access\""].iter().any(|start| line.starts_with(start))
}

#[test]
fn every_question_has_the_same_answer_there() {
    let s = Setting::new();
    for (actor, history) in [
        (s.system.clone(), History::With),
        (s.system.clone(), History::Without),
        (Actor::User(s.owner), History::With),
        (Actor::User(s.owner), History::Without),
    ] {
        let there = elsewhere(&s);
        let imported = import(&there, &s.export(actor.clone(), history));
        assert_eq!((imported.devices, imported.invitations), (2, 1));
        let here = asked(&s, s.organisation);
        let users = here.ever_members();
        let before = answers(&s.directory, &here, &users, &addresses());
        let after = answers(&there.directory, &asked(&there, s.organisation), &users, &addresses());
        for (before, after) in before.iter().filter(is_as_before).zip(after.iter().filter(is_as_before)) {
            assert_eq!(before, after, "{actor:?} {history}");
        }
        let there = asked(&there, s.organisation);
        there.past_agrees_with_present(&addresses());
        there.journals_have_no_gaps(&[s.owner, s.assistant, s.admin]);
        there.access_agrees_with_may();
        there.addresses_are_unique();
    }
}

#[test]
fn the_export_of_an_import_is_the_export() {
    let s = Setting::new();
    for (actor, history) in [(s.system.clone(), History::Without), (Actor::User(s.owner), History::Without)] {
        let first = s.export(actor.clone(), history);
        let there = elsewhere(&s);
        import(&there, &first);
        let second = export(&there.directory, s.organisation, actor, history);
        let mut first = File::of(&first);
        for line in &mut first.0 {
            if let Some(device) = line.get_mut("device") {
                device["secret"] = json!("missing");
            }
            if let Some(invitation) = line.get_mut("invitation") {
                invitation["state"] = json!("revoked");
            }
            if let Some(user) = line.get_mut("user") {
                user["password"] = json!("missing");
                user["epoch"] = json!(user["epoch"].as_u64().unwrap() + 1);
            }
        }
        assert_eq!(first.0, File::of(&second).0);
        // From there on everything comes back as it was.
        let third = elsewhere(&s);
        import(&third, &second);
    }
}

#[test]
fn the_history_comes_as_it_was_and_an_import_of_an_import_too() {
    let s = Setting::new();
    s.advance(std::time::Duration::from_secs(3_600));
    let entries = |directory: &Directory| -> Vec<Entry> {
        let filter = HistoryFilter::default();
        every(|page| directory.history(&World::new().system, s.organisation, &filter, page))
            .collect::<Result<_, _>>()
            .unwrap()
    };
    let before = entries(&s.directory);
    let there = elsewhere(&s);
    import(&there, &s.export(s.system.clone(), History::With));
    let after = entries(&there.directory);
    assert_eq!(before, after[..before.len()]);
    assert!(after[before.len()..].iter().all(|entry| entry.command == "import" && entry.at == s.now()));
    let third = elsewhere(&s);
    import(&third, &export(&there.directory, s.organisation, there.system.clone(), History::With));
    assert_eq!(after, entries(&third.directory)[..after.len()]);
    asked(&third, s.organisation).past_agrees_with_present(&addresses());
}

#[test]
fn the_past_can_be_asked_about_there_too() {
    let s = Setting::new();
    let then = s.now();
    s.days(3);
    s.run(s.assistant, RenameUser { user: s.assistant, name: "Ada Lovelace".into() });
    s.run(s.owner, CloseMailbox { mailbox: s.spare, on_dependants: OnDependants::Refuse });
    s.run(s.owner, RenameOrganisation { organisation: s.organisation, name: "Bakery & Mill".into() });
    s.sys(SuspendUser { user: s.admin });
    let members = [s.owner, s.assistant, s.admin];
    for actor in [s.system.clone(), Actor::User(s.owner)] {
        let by_host = actor.is_system();
        let there = elsewhere(&s);
        import(&there, &s.export(actor, History::With));
        let at_then = |directory| Asked { directory, organisation: s.organisation, now: then };
        let before = s.directory.at(&s.system, s.organisation, then).unwrap();
        let after = there.directory.at(&there.system, s.organisation, then).unwrap();
        let before = answers(&before, &at_then(&before), &members, &addresses());
        let after = answers(&after, &at_then(&after), &members, &addresses());
        for (before, after) in before.iter().zip(&after) {
            // Of people an owner's export tells their present names.
            let tells_names =
                ["\"members\"", "(\"access\"", "(\"reach\""].iter().any(|start| before.starts_with(start));
            if by_host || !tells_names {
                assert_eq!(before, after);
            }
        }
    }
}

#[test]
fn without_history_there_is_no_past_before_the_import() {
    let s = Setting::new();
    let then = s.now();
    s.days(1);
    let there = elsewhere(&s);
    import(&there, &s.export(s.system.clone(), History::Without));
    let error = there.directory.at(&there.system, s.organisation, then).unwrap_err();
    assert_eq!(error.code(), Code::OrganisationNotFound);
    there.directory.at(&there.system, s.organisation, s.now()).unwrap();
}

#[test]
fn members_who_left_are_known_by_id() {
    let s = Setting::new();
    let leaver = s.member(s.organisation, "leo@people.example", Role::External);
    let then = s.now();
    s.days(1);
    s.run(leaver, Leave { organisation: s.organisation });
    let file = s.export(s.system.clone(), History::With);
    assert!(file.contains(&leaver.to_string()) && !file.contains("leo@people.example"));
    let there = elsewhere(&s);
    import(&there, &file);
    let past = there.directory.at(&there.system, s.organisation, then).unwrap();
    assert_eq!(past.members(&there.system, s.organisation, &PageRequest::default()).unwrap().items.len(), 3);
}

// What stays behind.

#[test]
fn a_device_opens_nothing_until_it_is_rotated_and_says_so() {
    let s = Setting::new();
    for history in [History::With, History::Without] {
        let there = elsewhere(&s);
        import(&there, &s.export(s.system.clone(), history));
        assert!(s.opens("contact@bakery.example", &s.phone_password, Protocol::Imap).is_ok());
        let refusal = there.opens("contact@bakery.example", &s.phone_password, Protocol::Imap);
        assert_eq!(refusal.unwrap_err(), "wrong password");
        let phone = there.directory.device(&s.assistant.into(), s.phone).unwrap();
        assert_eq!((phone.secret, phone.state), (DeviceSecret::Missing, DeviceState::Active));
        let blocked = |access: &Access| access.blocked.as_deref() == Some("password_missing");
        let access = there.directory.access(&there.system, s.contact, &PageRequest::default()).unwrap();
        assert_eq!(access.items.iter().filter(|access| blocked(access)).count(), 2);
        let senders = there.directory.senders(s.phone, s.contact).unwrap();
        assert!(senders.addresses.is_empty());

        let rotated = there.run(s.assistant, RotateDevice::new(s.phone)).password.reveal().to_string();
        there.opens("contact@bakery.example", &rotated, Protocol::Imap).unwrap();
        asked(&there, s.organisation).past_agrees_with_present(&[]);
    }
}

#[test]
fn people_have_no_password_and_no_session_until_they_reset() {
    let s = Setting::new();
    let session = s.sign_in("olivia@people.example", PASSWORD).unwrap();
    let there = elsewhere(&s);
    import(&there, &s.export(s.system.clone(), History::With));
    let refusal = there.signs_in("olivia@people.example", PASSWORD).unwrap_err();
    assert_eq!(refusal, "the user has no password");
    assert!(!there.directory.session_valid(&session).unwrap());
    let user = there.directory.user(&there.system, s.owner).unwrap();
    assert_eq!(user.password, PasswordState::Missing);
    assert_eq!(user.recovery.unwrap().address, addr("olivia@recovery.example"));
}

#[test]
fn an_invitation_that_waited_is_revoked_and_its_token_opens_nothing() {
    let s = Setting::new();
    for history in [History::With, History::Without] {
        let there = elsewhere(&s);
        import(&there, &s.export(s.owner, history));
        let invitation = there.directory.invitation(&s.owner.into(), s.invitation).unwrap();
        assert_eq!(invitation.state, InvitationState::Revoked);
        let newcomer = there.person("nora@invited.example");
        let accept = mailgrant::invitation::AcceptInvitation { token: s.token.as_str().into() };
        there.refused(newcomer, accept, "token.invalid");
        there.invite(s.owner, s.organisation, "nora@invited.example", offer(Role::External));
    }
}

#[test]
fn life_goes_on_there() {
    let s = Setting::new();
    for history in [History::With, History::Without] {
        let there = elsewhere(&s);
        import(&there, &s.export(s.owner, history));
        there.run(s.owner, SuspendMember { organisation: s.organisation, user: s.assistant });
        let newcomer = there.member(s.organisation, "ned@people.example", Role::External);
        there.grant(s.contact, newcomer, [Right::Send]);
        there.run(s.owner, DeleteMailbox { mailbox: s.contact, on_dependants: OnDependants::Refuse });
        while !there.sys(Sweep::default()).finished {}
        asked(&there, s.organisation).past_agrees_with_present(&addresses());
    }
}

// What is taken.

#[test]
fn what_is_here_already_is_named() {
    let s = Setting::new();
    let file = s.export(s.system.clone(), History::With);
    let taken = |prepare: &dyn Fn(&World)| {
        let there = elsewhere(&s);
        prepare(&there);
        let before = there.store.dump();
        let error = there.directory.import(&there.system, file.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::ImportTaken);
        assert!(before == there.store.dump());
        (
            error.details()["kind"].as_str().unwrap().to_owned(),
            error.details()["name"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(
        taken(&|there| {
            there.person("ADA@people.example");
        }),
        ("login".to_owned(), "ada@people.example".to_owned())
    );
    assert_eq!(
        taken(&|there| {
            let somebody = there.person("somebody@people.example");
            there.organisation(somebody, "bakery.example");
        }),
        ("domain".to_owned(), "bakery.example".to_owned())
    );
    assert_eq!(
        taken(&|there| {
            import(there, &file);
        }),
        ("id".to_owned(), s.organisation.to_string())
    );
    // Even after it was deleted: its history is still here.
    let (kind, _) = taken(&|there| {
        import(there, &file);
        there.sys(DeleteOrganisation { organisation: s.organisation, on_dependants: OnDependants::GoOn });
        while !there.sys(Sweep::default()).finished {}
    });
    assert_eq!(kind, "id");
}

#[test]
fn somebody_elses_pending_domain_takes_nothing() {
    let s = Setting::new();
    let there = elsewhere(&s);
    let somebody = there.person("somebody@people.example");
    let other = there.organisation(somebody, "other.example");
    there.run(somebody, AddDomain { organisation: other, name: "bakery.example".parse().unwrap() });
    import(&there, &s.export(s.owner, History::With));
}

// What is refused.

#[test]
fn what_is_no_export_is_refused() {
    invalid("", "empty", "");
    invalid("\n", "json", "");
    invalid("hello\n", "json", "");
    invalid("{}\n", "unknown", "");
    invalid("[]\n", "unknown", "");
    invalid("{\"export\":{}}\n", "format", "");
    invalid("{\"export\":{\"format\":\"other\",\"version\":1,\"rows\":1}}\n", "format", "");
    invalid("{\"mailbox\":{}}\n", "format", "");
    invalid(b"{\"export\":\"\xff\"}\n", "utf8", "");
    invalid([0u8; 64], "truncated", "");
    let file = Setting::new().export(World::new().system, History::With);
    for place in ["{\"entry\"", "{\"mailbox\"", "{\"end\""] {
        let mut bytes = file.clone().into_bytes();
        let at = file.find(place).unwrap();
        bytes[at + 2] = 0xff;
        invalid(bytes, "utf8", "");
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    let file = Setting::new().export(World::new().system, History::With);
    let lines: Vec<&str> = file.lines().collect();
    for kept in 1..lines.len() {
        invalid(format!("{}\n", lines[..kept].join("\n")), "truncated", "");
    }
    let ends: Vec<usize> = file.match_indices('\n').map(|(place, _)| place).collect();
    for cut in [1, ends[0] - 3, ends[3] + 10, file.len() - 1] {
        let error = refused(&file[..cut]);
        assert_eq!(error.details()["reason"], "truncated", "{cut}");
    }
    invalid(format!("{file}\n"), "unknown", "");
    invalid(format!("{file}{file}"), "unknown", "");
    // A line lost in the middle.
    let mut lost: Vec<&str> = lines.clone();
    lost.remove(lines.iter().position(|line| line.starts_with("{\"alias\"")).unwrap());
    invalid(format!("{}\n", lost.join("\n")), "truncated", "end");
}

#[test]
fn a_newer_version_is_refused_as_such() {
    for field in ["version", "rows"] {
        let file = tampered(|file| {
            let header = file.first("export");
            header[field] = json!(2);
            header["more"] = json!("of which nobody knows");
        });
        let error = refused(file);
        assert_eq!(error.code(), Code::ImportNewer);
    }
    let file = tampered_history(|file| file.first("entry")["version"] = json!(2));
    assert_eq!(refused(file).code(), Code::ImportNewer);
}

#[test]
fn unknown_fields_and_other_spellings_are_refused_and_named() {
    type Change = (&'static str, &'static str, fn(&mut Value));
    let changes: [Change; 12] = [
        ("export", "malformed", |header| header["more"] = json!(1)),
        ("organisation", "unknown_field", |row| row["plan"] = json!("gold")),
        ("organisation", "malformed", |row| row["policy"]["more"] = json!(1)),
        ("mailbox", "unknown_field", |row| row["password"] = json!("lamp")),
        ("mailbox", "unknown_field", |row| row["opened_at"] = Value::Null),
        ("device", "unknown_field", |row| row["secret"]["password"]["digest"] = json!("none")),
        ("device", "malformed", |row| row["bounds"]["protocols"] = json!(["telnet"])),
        ("user", "unknown_field", |row| row["admin"] = json!(true)),
        ("grant", "unknown_field", |row| row["rights"] = json!(["send", "send"])),
        ("domain", "unknown_field", |row| row["name"] = json!("BAKERY.example")),
        ("end", "malformed", |row| row["rows"] = json!("all")),
        ("member", "malformed", |row| row["role"] = json!("root")),
    ];
    for (word, reason, change) in changes {
        let mut file = File::of(&Setting::new().export(World::new().system, History::Without));
        change(file.first(word));
        let text: String = file.0.iter().map(|line| format!("{line}\n")).collect();
        let error = refused(text);
        let found = error.details()["reason"].as_str().unwrap();
        assert!(found == reason || (reason == "unknown_field" && found == "malformed"), "{word}: {error:?}");
        let place = error.details()["place"].as_str().unwrap();
        assert!(place.starts_with(word), "{word}: {place}");
    }
    let unknown = tampered(|file| file.first("mailbox")["password"] = json!("lamp"));
    invalid(unknown, "unknown_field", "mailbox.password");
    invalid(tampered(|file| file.add(json!({"verifier": {}}))), "unknown", "");
    let twice = Setting::new().export(World::new().system, History::Without).replacen(
        "\"role\":\"owner\"",
        "\"role\":\"owner\",\"role\":\"owner\"",
        1,
    );
    invalid(twice, "repeated", "");
}

#[test]
fn absurd_nesting_and_length_are_refused() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    invalid(format!("{{\"export\":{}}}\n", nested(100_000)), "nested", "");
    let file = tampered(|_| {});
    let deep = file.replacen("\"policy\":{", &format!("\"policy\":{{\"more\":{},", nested(40)), 1);
    invalid(deep, "nested", "");
    let long = "x".repeat(2 << 20);
    invalid(tampered(|file| file.first("mailbox")["name"] = json!(long)), "too_long", "");
    let long = "x".repeat(300_000);
    invalid(tampered(|file| file.first("mailbox")["name"] = json!(long)), "text", "mailbox.name");
    // A line without an end is not read into memory.
    struct Endless(u64);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += buffer.len() as u64;
            assert!(self.0 < 8 << 20, "read on and on");
            buffer.fill(b' ');
            Ok(buffer.len())
        }
    }
    let world = World::new();
    let error = world.directory.import(&world.system, std::io::BufReader::new(Endless(0))).unwrap_err();
    assert_eq!(error.details()["reason"], "too_long");
}

#[test]
fn a_secret_anywhere_is_refused_and_not_repeated() {
    let s = Setting::new();
    let digest = "0123456789abcdef".repeat(4);
    let phc = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";
    for secret in [s.phone_password.as_str(), s.token.as_str(), &digest, phc] {
        type Put = fn(&mut File, &str);
        let places: [(&str, Put); 4] = [
            ("mailbox.name", |file, secret| file.first("mailbox")["name"] = json!(format!("x {secret}"))),
            ("device.label", |file, secret| file.first("device")["label"] = json!(secret)),
            ("grant", |file, secret| file.first("grant")[secret] = json!(1)),
            ("user.name", |file, secret| file.first("user")["name"] = json!(secret)),
        ];
        for (place, put) in places {
            let error = refused(tampered(|file| put(file, secret)));
            assert_eq!(error.details()["reason"], "secret", "{error:?}");
            assert_eq!(error.details()["place"], place);
            assert!(!format!("{error:?} {error}").contains(secret));
        }
        let put = |file: &mut File| file.first("entry")["command"] = json!(secret);
        invalid(tampered_history(put), "secret", "entry.command");
    }
}

#[test]
fn dangling_references_are_refused() {
    let nobody = "usr_01h455vb4pex5vsknk084sn02q";
    let nothing = "mbx_01h455vb4pex5vsknk084sn02q";
    type Case = (&'static str, fn(&mut File, &str, &str));
    let cases: [Case; 9] = [
        ("grant.mailbox", |file, _, mailbox| file.first("grant")["mailbox"] = json!(mailbox)),
        ("grant.user", |file, user, _| file.first("grant")["user"] = json!(user)),
        ("alias.mailbox", |file, _, mailbox| file.first("alias")["mailbox"] = json!(mailbox)),
        ("device.mailbox", |file, _, mailbox| file.first("device")["mailbox"] = json!(mailbox)),
        ("device.holder", |file, user, _| file.first("device")["holder"] = json!(user)),
        ("domain.catch_all", |file, _, mailbox| {
            file.find("domain", |row| !row["catch_all"].is_null())["catch_all"] = json!(mailbox);
        }),
        ("domain.alias_of", |file, _, _| {
            file.find("domain", |row| !row["alias_of"].is_null())["alias_of"] = json!("none.example");
        }),
        ("invitation.offer.mailboxes", |file, _, mailbox| {
            file.first("invitation")["offer"]["mailboxes"][0]["mailbox"] = json!(mailbox);
        }),
        ("member.user", |file, user, _| {
            file.find("member", |row| row["role"] == "external")["user"] = json!(user);
        }),
    ];
    for (place, change) in cases {
        let error = refused(tampered(|file| change(file, nobody, nothing)));
        assert_eq!(error.details()["reason"], "dangling", "{place}: {error:?}");
        let found = error.details()["place"].as_str().unwrap();
        assert!(found == place || place == "member.user", "{found}, not {place}");
    }
    // A person who is no member, an address on a domain that is not here.
    let s = Setting::new();
    let assistant = s.assistant.to_string();
    let file = File::of(&s.export(s.system.clone(), History::Without))
        .without("member", |row| row["user"] == json!(assistant))
        .without("grant", |_| true)
        .without("device", |_| true);
    invalid(file.text(), "dangling", "user.id");
    let file = File::of(&s.export(s.system.clone(), History::Without))
        .without("domain", |row| row["name"] == "bakery.example");
    let error = refused(file.text());
    assert_eq!(error.details()["reason"], "dangling");
}

#[test]
fn nothing_stands_there_twice() {
    for word in [
        "organisation",
        "user",
        "member",
        "domain",
        "mailbox",
        "alias",
        "freed_address",
        "grant",
        "device",
        "invitation",
    ] {
        let file = tampered(|file| {
            let again = file.first(word).clone();
            file.add(json!({word: again}));
        });
        invalid(file, "duplicate", &format!("{word}.id"));
    }
    // Two mailboxes, a mailbox and an alias, an alias and a freed address with one address.
    let same = |word: &'static str, address: &'static str| {
        tampered(move |file| {
            let last = file.0.iter_mut().rev().find(|line| line.get(word).is_some()).unwrap();
            last[word]["address"] = json!(address);
        })
    };
    invalid(same("mailbox", "CONTACT@bakery.example"), "duplicate", "mailbox.address");
    invalid(same("alias", "Contact@bakery.example"), "duplicate", "alias.address");
    // The alias comes after it.
    invalid(same("freed_address", "hello@bakery.example"), "duplicate", "alias.address");
    invalid(same("mailbox", "c\u{43e}ntact@bakery.example"), "look_alike", "mailbox.address");
    let logins = tampered(|file| {
        let login = file.first("user")["login"].clone();
        let last = file.0.iter_mut().rev().find(|line| line.get("user").is_some()).unwrap();
        last["user"]["login"] = login;
    });
    invalid(logins, "duplicate", "user.login");
    let selectors = tampered(|file| {
        let secret = file.first("device")["secret"].clone();
        let last = file.0.iter_mut().rev().find(|line| line.get("device").is_some()).unwrap();
        last["device"]["secret"] = secret;
    });
    invalid(selectors, "duplicate", "device.secret");
    let people = tampered(|file| {
        let user = file.first("user").clone();
        let person =
            json!({"id": user["id"], "name": user["name"], "login": user["login"], "state": "active"});
        file.add(json!({"person": person}));
    });
    invalid(people, "duplicate", "user.id");
}

#[test]
fn an_organisation_without_an_owner_or_without_itself_is_refused() {
    let file = tampered(|file| file.find("member", |row| row["role"] == "owner")["role"] = json!("admin"));
    invalid(file, "no_owner", "member");
    let file = File::of(&tampered(|_| {})).without("organisation", |_| true);
    invalid(file.text(), "missing", "organisation");
}

#[test]
fn rows_of_another_organisation_are_refused() {
    let other = "org_01h455vb4pex5vsknk084sn02q";
    for word in ["domain", "member", "mailbox", "alias", "freed_address", "grant", "device", "invitation"] {
        let file = tampered(|file| file.first(word)["organisation"] = json!(other));
        invalid(file, "foreign", &format!("{word}.organisation"));
    }
    let file = tampered(|file| file.first("organisation")["id"] = json!(other));
    invalid(file, "missing", "organisation");
}

#[test]
fn what_no_command_would_have_let_happen_is_refused() {
    type Case = (&'static str, &'static str, fn(&mut File));
    let cases: [Case; 18] = [
        ("services", "member.services", |file| {
            file.find("member", |row| row["role"] == "external")["services"] = json!({"mail": "manage"});
        }),
        ("unverified", "mailbox.address", |file| {
            file.first("mailbox")["address"] = json!("contact@pending.example");
        }),
        ("unverified", "mailbox.address", |file| {
            file.first("mailbox")["address"] = json!("contact@cake.example")
        }),
        ("unverified", "domain.proof", |file| {
            let mailbox = file.first("mailbox")["id"].clone();
            file.find("domain", |row| row["name"] == "pending.example")["catch_all"] = mailbox;
        }),
        ("alias_domain", "domain.alias_of", |file| {
            file.find("domain", |row| row["name"] == "cake.example")["alias_of"] = json!("cake.example");
        }),
        ("alias_domain", "domain.catch_all", |file| {
            let mailbox = file.first("mailbox")["id"].clone();
            file.find("domain", |row| row["name"] == "cake.example")["catch_all"] = mailbox;
        }),
        ("policy", "organisation.policy", |file| {
            file.first("organisation")["policy"]["devices_per_mailbox"] = json!(0);
        }),
        ("policy", "organisation.policy", |file| {
            file.first("organisation")["policy"]["separator"] = json!("@")
        }),
        ("bounds", "device.bounds.protocols", |file| file.first("device")["bounds"]["protocols"] = json!([])),
        ("bounds", "device.bounds.networks", |file| file.first("device")["bounds"]["networks"] = json!([])),
        ("duplicate", "device.known_to", |file| {
            let somebody = file.first("user")["id"].clone();
            file.first("device")["known_to"] = json!([somebody, somebody]);
        }),
        ("rights", "grant.rights", |file| file.first("grant")["rights"] = json!(["read", "send"])),
        ("state", "mailbox.state", |file| file.first("mailbox")["state"] = json!("deleted")),
        ("state", "user.state", |file| file.first("user")["state"] = json!("deleted")),
        ("state", "organisation.state", |file| file.first("organisation")["state"] = json!("deleted")),
        ("state", "user.reset", |file| {
            file.first("user")["awaited_recovery"] = json!({"address": "eve@evil.example", "expires": null});
        }),
        ("text", "organisation.name", |file| file.first("organisation")["name"] = json!(" Bakery")),
        ("text", "device.label", |file| file.first("device")["label"] = json!("pho\u{7}ne")),
    ];
    for (reason, place, change) in cases {
        invalid(tampered(change), reason, place);
    }
    let gone = tampered(|file| {
        let somebody = file.first("user")["id"].clone();
        file.add(json!({"gone": somebody}));
    });
    invalid(gone, "contradiction", "gone");
}

#[test]
fn an_export_from_the_future_is_refused() {
    let file = tampered(|file| {
        let at = file.first("export")["at"].as_i64().unwrap();
        file.first("export")["at"] = json!(at + 3 * 86_400_000);
    });
    invalid(file, "time", "export.at");
}

#[test]
fn a_history_that_tells_it_otherwise_is_refused() {
    type Case = (&'static str, &'static str, fn(&mut File));
    let cases: [Case; 12] = [
        ("gap", "entry.seq", |file| file.find("entry", |entry| entry["seq"] == 2)["seq"] = json!(3)),
        ("gap", "entry.seq", |file| {
            let first = file.first("entry").clone();
            file.add(json!({"entry": first}));
        }),
        ("time", "entry.at", |file| file.find("entry", |entry| entry["seq"] == 2)["at"] = json!(1)),
        ("time", "entry.at", |file| {
            file.find("entry", |entry| entry["seq"] == 1)["at"] = json!(99_999_999_999_999i64);
        }),
        ("history", "member", |file| {
            // The rows say owner, the history says how: a role from nowhere.
            file.find("member", |row| row["role"] == "external")["role"] = json!("owner");
        }),
        ("history", "grant", |file| file.first("grant")["rights"] = json!(["send", "sharing"])),
        ("history", "user", |file| file.first("user")["name"] = json!("Somebody Else")),
        ("contradiction", "entry", |file| file.first("entry")["kind"] = json!("organisation.renamed")),
        ("contradiction", "entry", |file| {
            file.first("entry")["subject"] = json!("org_01h455vb4pex5vsknk084sn02q");
        }),
        ("unknown_field", "entry.body.more", |file| file.first("entry")["body"]["more"] = json!(1)),
        ("malformed", "entry.body", |file| {
            file.find("entry", |entry| entry["kind"] == "member.added")["body"]["role"] = json!("root");
        }),
        ("history", "entry", |file| file.first("export")["history"] = json!("without")),
    ];
    for (reason, place, change) in cases {
        invalid(tampered_history(change), reason, place);
    }
    // A row that the history does not know of, and one of which it tells and that is not there.
    let s = Setting::new();
    let whole = s.export(s.system.clone(), History::With);
    let alias = File::of(&whole).without("alias", |_| true).text();
    let error = refused(alias);
    assert_eq!(error.details()["reason"], "history");
    assert!(error.details()["place"].as_str().unwrap().starts_with("als/"));
    let mut added = File::of(&whole);
    let mut another = added.first("mailbox").clone();
    another["id"] = json!("mbx_01h455vb4pex5vsknk084sn02q");
    another["address"] = json!("another@bakery.example");
    added.add(json!({"mailbox": another}));
    invalid(added.text(), "history", "mailbox");
    let none = File::of(&whole).without("entry", |_| true).text();
    assert_eq!(refused(none).details()["reason"], "history");
}

#[test]
fn a_history_of_somebody_elses_is_refused() {
    let stranger = "usr_01h455vb4pex5vsknk084sn02q";
    let s = Setting::new();
    let whole = s.export(s.system.clone(), History::With);
    let entry = |stream: &str, kind: &str, body: Value| {
        json!({"entry": {
            "stream": stream, "seq": 1, "at": 1, "change": "chg_01h455vb4pex5vsknk084sn02q", "actor": "sys:x",
            "command": "x", "kind": kind, "version": 1, "subject": stream, "body": body,
        }})
    };
    let mut file = File::of(&whole);
    let login = json!({"address": "eve@evil.example", "proof": "verified"});
    let body = json!({"on": stranger, "kind": "user.registered", "login": login, "name": "Eve", "password": "missing"});
    file.add(entry(stranger, "user.registered", body));
    invalid(file.text(), "foreign", "entry.stream");
    let mut file = File::of(&whole);
    let other = "org_01h455vb4pex5vsknk084sn02q";
    file.add(entry(
        other,
        "organisation.founded",
        json!({"on": other, "kind": "organisation.founded", "name": "Evil"}),
    ));
    invalid(file.text(), "foreign", "entry.stream");
    // What is not told of people: how they sign in, and where else they belong.
    let owner = s.owner.to_string();
    for (kind, more) in [
        ("user.password_reset", json!({})),
        ("user.joined", json!({"organisation": other})),
        ("user.recovery_asked", json!({"address": "eve@evil.example"})),
    ] {
        let mut file = File::of(&whole);
        let mut body = more;
        body["on"] = json!(owner);
        body["kind"] = json!(kind);
        file.add(entry(&owner, kind, body));
        invalid(file.text(), "foreign", "entry.stream");
    }
}

// Faults.

#[test]
fn an_import_is_whole_or_not_at_all_whatever_fails() {
    let s = Setting::new();
    let file = s.export(s.system.clone(), History::With);
    let place = || {
        let mut faulty = None;
        let world = World::through(|store| {
            let store = Arc::new(FaultyStore::new(store));
            faulty = Some(store.clone());
            store
        });
        world.set(s.now());
        (world, faulty.unwrap())
    };
    let (reference, store) = place();
    let before = reference.store.dump();
    let calls = store.calls();
    import(&reference, &file);
    let calls = store.calls() - calls;
    let after = reference.store.dump();
    for fault in [Fault::Unavailable, Fault::Full, Fault::Conflict, Fault::ReplyLost] {
        for nth in 1..=calls {
            let (there, store) = place();
            store.fail(nth, fault);
            let outcome = there.directory.import(&there.system, file.as_bytes());
            assert!(store.has_failed(), "{fault:?} at call {nth}: no such call");
            let now = there.store.dump();
            match outcome {
                Ok(_) => assert!(now == after, "{fault:?} at call {nth}: done, and not as usual"),
                Err(error) => {
                    assert!(
                        error.code().as_str().starts_with("store."),
                        "{fault:?} at call {nth}: {error:?}"
                    );
                    assert!(now == before, "{fault:?} at call {nth}: refused, and something changed");
                }
            }
        }
    }
}

#[test]
fn an_export_fails_whole_where_its_output_does() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| std::io::Error::other("full"))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let s = Setting::new();
    let length = s.export(s.owner, History::With).len();
    for room in [0, 100, length / 2, length - 1] {
        let error =
            s.directory.export(&s.owner.into(), s.organisation, History::With, Full(room)).unwrap_err();
        assert_eq!(error.code(), Code::ExportUnwritable, "{room}");
    }
    s.directory.export(&s.owner.into(), s.organisation, History::With, Full(length)).unwrap();
}

#[test]
fn an_import_says_where_its_input_failed() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let world = World::new();
    let error = world.directory.import(&world.system, std::io::BufReader::new(Broken)).unwrap_err();
    assert_eq!(error.code(), Code::ImportUnreadable);
}

/// Several organisations of one person: the first brings them, the second is refused.
#[test]
fn a_person_comes_once() {
    let s = Setting::new();
    let mill = s.organisation(s.owner, "mill.example");
    let there = elsewhere(&s);
    import(&there, &s.export(s.owner, History::With));
    let file = export(&s.directory, mill, s.owner, History::With);
    let error = there.directory.import(&there.system, file.as_bytes()).unwrap_err();
    assert_eq!((error.code(), &error.details()["name"]), (Code::ImportTaken, &json!(s.owner.to_string())));
}

#[test]
fn a_member_added_twice_is_there_from_the_first_time() {
    let s = Setting::new();
    let then = s.now();
    s.days(1);
    s.run(s.assistant, Leave { organisation: s.organisation });
    s.days(1);
    let (organisation, user) = (s.organisation, s.assistant);
    s.sys(AddMember { organisation, user, role: Role::External, services: Services::new() });
    let there = elsewhere(&s);
    import(&there, &s.export(s.owner, History::With));
    let past = there.directory.at(&there.system, organisation, then).unwrap();
    assert!(past.may(user, Right::Read, s.contact).unwrap().allowed());
}
