//! The rules about erasing a person's data: no byte of it stays, and history keeps the id.

use crate::common::agree::Asked;
use crate::common::*;
use mailgrant::invitation::*;
use mailgrant::membership::AddMember;
use mailgrant::organisation::{DeleteOrganisation, FoundOrganisation, Sweep};
use mailgrant::user::*;
use mailgrant::*;

/// Everything by which Zelda could be known, in lower case.
const TRACES: [&str; 7] =
    ["zelda", "zimmer", "zz-first", "zz-login", "zz-recovery", "zz-asked", "203.0.113.77"];

struct Story {
    business: Business,
    zelda: UserId,
    phone: DeviceId,
}

impl std::ops::Deref for Story {
    type Target = Business;

    fn deref(&self) -> &Business {
        &self.business
    }
}

fn confirm(world: &World, user: UserId, of: AddressKind) {
    let token = world.sys(IssueConfirmation { user, of }).token.reveal().to_string();
    world.run(Actor::Bearer, ConfirmAddress { token: token.as_str().into() });
}

impl Story {
    /// Zelda came by an invitation, changed everything that one can change, and was seen.
    fn new() -> Self {
        let business = Business::new();
        let world = &business.world;
        let (organisation, contact) = (business.organisation, business.contact);
        let offer = offer_of(contact, [Right::Send, Right::Devices]);
        let (_, token) = world.invite(business.owner, organisation, "zz-first@zz-first.example", offer);
        let (token, password) = (token.as_str().into(), PASSWORD.into());
        let accept = AcceptInvitationAsNew { token, name: "Zelda".into(), password };
        let zelda = world.run(Actor::Bearer, accept).user;
        world.run(zelda, RenameUser { user: zelda, name: "Zelda Zimmer".into() });
        world.run(zelda, ChangeLogin { user: zelda, login: addr("zz-login@people.example") });
        confirm(world, zelda, AddressKind::Login);
        world.run(zelda, SetRecoveryAddress { user: zelda, address: addr("zz-recovery@people.example") });
        confirm(world, zelda, AddressKind::Recovery);
        world.sys(StartReset { user: zelda, to: AddressKind::Recovery });
        world.run(zelda, SetRecoveryAddress { user: zelda, address: addr("zz-asked@people.example") });
        let phone = world.device(zelda, contact, [Protocol::Imap]);
        let (password, from) = (phone.password.reveal(), Some("203.0.113.77".parse().unwrap()));
        let login = DeviceLogin {
            address: "contact@bakery.example",
            password: &password,
            protocol: Protocol::Imap,
            from,
        };
        world.directory.login_device(&login).unwrap();
        world.directory.note_opened(zelda, contact, from);
        world.directory.flush_uses().unwrap();
        drop(password);
        Self { phone: phone.id, zelda, business }
    }

    fn delete(&self) {
        self.run(self.zelda, DeleteUser { user: self.zelda });
    }

    fn erase(&self) -> UserErased {
        self.sys(EraseUser { user: self.zelda })
    }

    /// What of Zelda is left anywhere in the store.
    fn traces(&self) -> Vec<&'static str> {
        let dump = self.store.dump().to_lowercase();
        TRACES.into_iter().filter(|trace| dump.contains(trace)).collect()
    }

    fn her_history(&self) -> Vec<Entry> {
        let filter = HistoryFilter::default();
        every(|page| self.directory.user_history(&self.system, self.zelda, &filter, page))
            .collect::<Result<_, _>>()
            .unwrap()
    }

    #[track_caller]
    fn past_agrees(&self) {
        let asked = Asked { directory: &self.directory, organisation: self.organisation, now: self.now() };
        asked.journals_have_no_gaps(&[self.zelda]);
        asked.past_agrees_with_present(&[addr("contact@bakery.example")]);
    }
}

#[test]
fn no_byte_is_left() {
    let story = Story::new();
    story.delete();
    assert_eq!(story.traces(), TRACES);
    let erased = story.erase();
    assert_eq!(story.traces(), [""; 0]);
    assert_eq!(erased.invitations.len(), 1);
    // Registered, renamed, asked and confirmed twice, a reset, asked again; and the invitation.
    assert_eq!(erased.entries, 9);
    story.past_agrees();
}

#[test]
fn no_byte_is_left_where_it_was_swept_before() {
    let story = Story::new();
    story.delete();
    while !story.sys(Sweep {}).finished {}
    story.erase();
    assert_eq!(story.traces(), [""; 0]);
    story.past_agrees();
    while !story.sys(Sweep {}).finished {}
    story.past_agrees();
}

#[test]
fn no_byte_is_left_where_one_commit_does_it_all() {
    let story = Story::new();
    let user = story.zelda;
    story
        .directory
        .batch(|batch| {
            batch.run(&Actor::User(user), RenameUser { user, name: "Zelda Zimmermann".into() })?;
            batch.run(&story.system, DeleteUser { user })?;
            batch.run(&story.system, EraseUser { user })
        })
        .unwrap();
    assert_eq!(story.traces(), [""; 0]);
    story.past_agrees();
}

/// The story somewhere else, where an import brought it.
fn elsewhere(story: &Story, history: History) -> World {
    let mut file = Vec::new();
    story.directory.export(&story.system, story.organisation, history, &mut file).unwrap();
    let world = World::with(|builder| builder.entropy(Seeded::new(99)));
    world.set(story.now());
    world.directory.import(&world.system, file.as_slice()).unwrap();
    world
}

fn traces_in(world: &World) -> Vec<&'static str> {
    let dump = world.store.dump().to_lowercase();
    TRACES.into_iter().filter(|trace| dump.contains(trace)).collect()
}

#[test]
fn no_byte_is_left_of_somebody_imported() {
    let story = Story::new();
    let offer = offer(Role::External);
    story.invite(story.owner, story.organisation, "zz-login@people.example", offer);
    for history in [History::With, History::Without] {
        let there = elsewhere(&story, history);
        assert!(traces_in(&there).len() > 3);
        there.sys(DeleteUser { user: story.zelda });
        let erased = there.sys(EraseUser { user: story.zelda });
        assert_eq!(traces_in(&there), [""; 0], "{history:?}");
        assert_eq!(erased.invitations.len(), 2);
        let asked = Asked { directory: &there.directory, organisation: story.organisation, now: there.now() };
        asked.journals_have_no_gaps(&[story.zelda]);
        asked.past_agrees_with_present(&[addr("contact@bakery.example")]);
    }
}

#[test]
fn no_byte_is_left_of_somebody_imported_where_the_organisation_was_swept_before() {
    let story = Story::new();
    for history in [History::With, History::Without] {
        let there = elsewhere(&story, history);
        let organisation = story.organisation;
        there.run(story.owner, DeleteOrganisation { organisation, on_dependants: OnDependants::GoOn });
        while !there.sys(Sweep {}).finished {}
        there.sys(DeleteUser { user: story.zelda });
        there.sys(EraseUser { user: story.zelda });
        assert_eq!(traces_in(&there), [""; 0], "{history:?}");
    }
}

#[test]
fn history_keeps_every_entry_and_the_id() {
    let story = Story::new();
    story.delete();
    let (before, there) = (story.her_history(), story.happened(story.organisation));
    story.days(1);
    story.erase();
    let (after, here) = (story.her_history(), story.happened(story.organisation));
    let bare = |entry: &Entry| {
        (entry.place.clone(), entry.at, entry.by.clone(), entry.event.kind(), entry.command.clone())
    };
    assert_eq!(
        after.iter().take(before.len()).map(bare).collect::<Vec<_>>(),
        before.iter().map(bare).collect::<Vec<_>>()
    );
    assert_eq!(
        here.iter().take(there.len()).map(bare).collect::<Vec<_>>(),
        there.iter().map(bare).collect::<Vec<_>>()
    );
    assert_eq!(after.last().unwrap().event.kind(), "user.erased");
    assert_eq!(here.last().unwrap().event.kind(), "invitation.erased");
    // What is not hers is as it was.
    for (before, after) in there.iter().zip(&here) {
        assert!(before == after || after.event.kind() == "invitation.sent", "{before:?}\n{after:?}");
    }
}

#[test]
fn the_past_answers_with_the_id() {
    let story = Story::new();
    let then = story.now();
    story.days(1);
    story.delete();
    story.erase();
    let past = story.directory.at(&Actor::User(story.owner), story.organisation, then).unwrap();
    assert!(past.may(story.zelda, Right::Send, story.contact).unwrap().allowed());
    let members = past.members(&story.system, story.organisation, &PageRequest::default()).unwrap().items;
    let person = &members.iter().find(|member| member.person.id == story.zelda).unwrap().person;
    assert_eq!(person.name, "erased");
    assert_eq!(person.login.address.canonical(), format!("{}@erased.invalid", story.zelda));
}

#[test]
fn an_account_is_deleted_first() {
    let story = Story::new();
    let error = story.refused(story.system.clone(), EraseUser { user: story.zelda }, "user.state");
    assert_eq!(error.details()["state"], "active");
    story.sys(SuspendUser { user: story.zelda });
    story.refused(story.system.clone(), EraseUser { user: story.zelda }, "user.state");
}

#[test]
fn to_erase_again_forgets_what_was_noted_since_and_nothing_else() {
    let story = Story::new();
    let held = HeldDevices::Revoke;
    let other = story.mailbox(story.organisation, "other@bakery.example");
    story.grant(other, story.zelda, []);
    story.run(story.owner, grant::RevokeGrant { mailbox: other, user: story.zelda, held });
    story.delete();
    let first = story.erase();
    let before = story.store.dump();
    // Another process writes what it noted before.
    for mailbox in [story.contact, other] {
        story.directory.note_opened(story.zelda, mailbox, Some("203.0.113.77".parse().unwrap()));
    }
    story.directory.flush_uses().unwrap();
    assert_eq!(story.traces(), ["203.0.113.77"]);
    let again = story.erase();
    assert!(first.entries > 0 && again.entries == 0 && again.invitations.is_empty());
    assert_eq!(story.traces(), [""; 0]);
    let notable = |dump: String| -> Vec<String> {
        dump.lines().filter(|line| !line.starts_with("changes")).map(str::to_owned).collect()
    };
    assert_eq!(notable(story.store.dump()), notable(before));
    while !story.sys(Sweep {}).finished {}
    assert_eq!(story.erase().entries, 0);
}

#[test]
fn what_was_sent_to_an_address_since_is_somebody_elses() {
    let story = Story::new();
    let (early, _) =
        story.invite(story.owner, story.organisation, "zz-recovery@people.example", offer(Role::External));
    story.delete();
    story.days(1);
    let (late, token) =
        story.invite(story.owner, story.organisation, "zz-login@people.example", offer(Role::External));
    let erased = story.erase();
    assert!(erased.invitations.contains(&early) && !erased.invitations.contains(&late));
    assert_eq!(story.traces(), ["zz-login"]);
    let heir = story.person("zz-login@people.example");
    story.accept(heir, &token);
}

#[test]
fn nobody_unknown_is_erased() {
    let world = World::new();
    let user: UserId = "usr_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    world.refused(world.system.clone(), EraseUser { user }, "user.not_found");
}

#[test]
fn the_host_alone_erases() {
    let story = Story::new();
    story.delete();
    for actor in [Actor::User(story.owner), Actor::User(story.zelda), Actor::Bearer] {
        story.refused(actor, EraseUser { user: story.zelda }, "access.denied");
    }
}

#[test]
fn others_are_untouched() {
    let story = Story::new();
    let world = &story.business.world;
    // Invited by the same person to the same mailbox, and someone who asked for Zelda's address and never proved it.
    let offer = offer_of(story.contact, [Right::Send]);
    let (_, token) = world.invite(story.owner, story.organisation, "otto@people.example", offer.clone());
    world.accept(story.outsider, &token);
    world.invite(story.owner, story.organisation, "new@people.example", offer);
    story.delete();
    let lines = |dump: String| -> Vec<String> { dump.lines().map(str::to_owned).collect() };
    let before = lines(story.store.dump());
    story.erase();
    let after = lines(story.store.dump());
    let changed: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    for line in &changed {
        assert!(
            TRACES.iter().any(|trace| line.to_lowercase().contains(trace)) || line.starts_with("changes"),
            "{line}"
        );
    }
    assert!(story.signs_in("otto@people.example", PASSWORD).is_ok());
}

#[test]
fn a_proved_address_that_somebody_else_has_proved_since_is_theirs() {
    let story = Story::new();
    let world = &story.business.world;
    story.delete();
    // The provider gave the address to somebody else.
    let heir = world.person("zz-login@people.example");
    let (invitation, token) =
        world.invite(story.owner, story.organisation, "zz-login@people.example", offer(Role::External));
    let erased = story.erase();
    assert!(!erased.invitations.contains(&invitation));
    assert!(world.signs_in("zz-login@people.example", PASSWORD).is_ok());
    world.accept(heir, &token);
    assert_eq!(story.traces(), ["zz-login"]);
}

#[test]
fn an_address_that_was_never_proved_makes_nothing_theirs() {
    let story = Story::new();
    let world = &story.business.world;
    let (invitation, token) =
        world.invite(story.owner, story.organisation, "zz-asked@people.example", offer(Role::External));
    story.delete();
    assert!(!story.erase().invitations.contains(&invitation));
    let somebody = world.person("someone@people.example");
    world.accept(somebody, &token);
}

#[test]
fn what_was_accepted_by_somebody_else_stays() {
    let story = Story::new();
    let world = &story.business.world;
    // Sent to Zelda, and accepted by Otto, who had the token.
    let (invitation, token) =
        world.invite(story.owner, story.organisation, "zz-login@people.example", offer(Role::External));
    world.accept(story.outsider, &token);
    story.delete();
    assert!(!story.erase().invitations.contains(&invitation));
}

#[test]
fn an_invitation_that_waits_is_revoked() {
    let story = Story::new();
    let world = &story.business.world;
    let (invitation, token) =
        world.invite(story.owner, story.organisation, "zz-login@people.example", offer(Role::External));
    let (declined, other) =
        world.invite(story.owner, story.organisation, "zz-recovery@people.example", offer(Role::External));
    world.run(Actor::Bearer, DeclineInvitation { token: other.as_str().into() });
    story.delete();
    let erased = story.erase();
    assert!(erased.invitations.contains(&invitation) && erased.invitations.contains(&declined));
    assert_eq!(story.traces(), [""; 0]);
    let found =
        world.directory.invitations(&world.system, story.organisation, &PageRequest::default()).unwrap();
    let state = |id| found.items.iter().find(|invitation| invitation.id == id).unwrap().state;
    assert_eq!((state(invitation), state(declined)), (InvitationState::Revoked, InvitationState::Declined));
    let accept = AcceptInvitation { token: token.as_str().into() };
    world.refused(story.outsider, accept, "invitation.closed");
    // The address is free to be invited again.
    world.invite(story.owner, story.organisation, "zz-login@people.example", offer(Role::External));
    story.past_agrees();
}

#[test]
fn invitations_to_what_is_deleted_and_swept_are_erased_too() {
    let story = Story::new();
    let world = &story.business.world;
    let founder = world.person("founder@people.example");
    let gone = world.run(founder, FoundOrganisation { name: "Gone".into(), owner: None }).organisation;
    let (_, token) = world.invite(founder, gone, "zz-login@people.example", offer(Role::Admin));
    world.accept(story.zelda, &token);
    world.invite(founder, gone, "other@people.example", offer(Role::Admin));
    world.run(founder, DeleteOrganisation { organisation: gone, on_dependants: OnDependants::Refuse });
    while !world.sys(Sweep {}).finished {}
    story.delete();
    assert_eq!(story.erase().invitations.len(), 2);
    assert_eq!(story.traces(), [""; 0]);
    assert!(story.store.dump().contains("other@people.example"));
}

#[test]
fn the_login_is_free_and_its_new_owner_somebody_else() {
    let story = Story::new();
    story.delete();
    story.erase();
    let new = story.person("zz-login@people.example");
    assert_ne!(new, story.zelda);
    assert_eq!(story.sign_in("zz-login@people.example", PASSWORD).unwrap().user, new);
    assert!(!story.may(new, Right::Read, story.contact));
    story.sys(AddMember {
        organisation: story.organisation,
        user: new,
        role: Role::External,
        services: Services::new(),
    });
    story.past_agrees();
    // The placeholder is a login to nobody.
    let placeholder = format!("{}@erased.invalid", story.zelda);
    assert!(story.signs_in(&placeholder, PASSWORD).is_err());
}

#[test]
fn a_last_use_goes_with_what_was_used() {
    let story = Story::new();
    let uses = || {
        let access = story.directory.access(&story.system, story.contact, &PageRequest::default()).unwrap();
        access.items.iter().filter(|access| access.last_used.is_some()).count()
    };
    assert_eq!(uses(), 2);
    let held = HeldDevices::Revoke;
    story.run(story.owner, grant::RevokeGrant { mailbox: story.contact, user: story.zelda, held });
    // The revoked device is still recognised, and its last use still known; the grant is gone.
    assert!(story.directory.device(&story.system, story.phone).is_ok());
    assert_eq!(story.store.dump().matches("203.0.113.77").count(), 1);
    story.delete();
    story.erase();
    assert_eq!(story.store.dump().matches("203.0.113.77").count(), 0);
}

#[test]
fn a_use_that_waits_is_forgotten_too() {
    let story = Story::new();
    story.days(1);
    story.directory.note_opened(story.zelda, story.contact, Some("203.0.113.77".parse().unwrap()));
    story.delete();
    story.erase();
    story.directory.flush_uses().unwrap();
    assert_eq!(story.traces(), [""; 0]);
}

#[test]
fn a_preview_erases_nothing() {
    let story = Story::new();
    story.delete();
    let before = story.store.dump();
    let plan = story.directory.preview(&story.system, EraseUser { user: story.zelda }).unwrap();
    assert_eq!(plan.output.entries, 9);
    assert_eq!(story.store.dump(), before);
}
