//! The rules about invitations: sending, renewing, taking back, accepting, declining.

use std::time::Duration;

use crate::common::*;
use mailgrant::grant::*;
use mailgrant::invitation::*;
use mailgrant::mailbox::{CloseMailbox, DeleteMailbox};
use mailgrant::membership::*;
use mailgrant::organisation::*;
use mailgrant::user::{DeleteUser, RegisterUser, SuspendUser, Warning};
use mailgrant::*;

const NEW: &str = "new@people.example";

fn invite(organisation: OrganisationId, address: &str, offer: Offer) -> Invite {
    Invite { organisation, address: addr(address), offer }
}

fn accept(token: &str) -> AcceptInvitation {
    AcceptInvitation { token: token.into() }
}

fn accept_as_new(token: &str, name: &str) -> AcceptInvitationAsNew {
    AcceptInvitationAsNew { token: token.into(), name: name.into(), password: PASSWORD.into() }
}

fn decline(token: &str) -> DeclineInvitation {
    DeclineInvitation { token: token.into() }
}

fn until(offer: Offer, expires: Timestamp) -> Offer {
    let mailboxes = offer.mailboxes.into_iter().map(|promise| Promise { expires: Some(expires), ..promise });
    Offer { mailboxes: mailboxes.collect(), ..offer }
}

fn rights(rights: &[Right]) -> Rights {
    rights.iter().copied().collect()
}

#[track_caller]
fn invitation_of(business: &Business, id: InvitationId) -> Invitation {
    business.directory.invitation(&business.system, id).unwrap()
}

/// The grant of a user on a mailbox: its rights and its end.
#[track_caller]
fn grant_of(business: &Business, user: UserId, mailbox: MailboxId) -> Option<(Rights, Option<Timestamp>)> {
    let reach = business.directory.reach(&business.system, user).unwrap();
    let mailboxes = reach.organisations.into_iter().flat_map(|organisation| organisation.mailboxes);
    mailboxes.into_iter().find(|reached| reached.id == mailbox).map(|reached| (reached.rights, reached.until))
}

#[track_caller]
fn member_of(business: &Business, user: UserId) -> (Role, Services) {
    let members = every(|page| business.directory.members(&business.system, business.organisation, page));
    let member = members.map(Result::unwrap).find(|member| member.person.id == user).unwrap();
    (member.role, member.services)
}

/// Whoever holds `Sharing` on contact@ besides other rights, where the policy lets them invite.
#[track_caller]
fn sharer(business: &Business, own: &[Right], expires: Option<Timestamp>) -> UserId {
    let policy = Policy { sharing_invites: SharingInvites::Allowed, ..Policy::default() };
    let organisation = business.organisation;
    business.sys(SetPolicy { organisation, policy, on_dependants: OnDependants::Refuse });
    let user = business.member(organisation, "shaun@people.example", Role::Collaborator);
    let all: Rights = own.iter().copied().chain([Right::Sharing]).collect();
    let grant = GrantAccess::new(business.contact, user).rights(all);
    business.sys(match expires {
        Some(expires) => grant.expires(expires),
        None => grant,
    });
    user
}

// Who may invite.

#[test]
fn owners_admins_and_the_host_invite_to_any_role_but_owner() {
    let business = Business::new();
    let admin = business.member(business.organisation, "alma@people.example", Role::Admin);
    for actor in [Actor::User(business.owner), Actor::User(admin), business.system.clone()] {
        for role in [Role::Admin, Role::Collaborator, Role::External] {
            business.invite(&actor, business.organisation, NEW, offer(role));
        }
    }
}

#[test]
fn only_an_owner_and_the_host_make_an_invitation_that_makes_an_owner() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    business.refused(admin, invite(organisation, NEW, offer(Role::Owner)), "access.denied");
    let (invitation, _) = business.invite(business.owner, organisation, NEW, offer(Role::Owner));
    all_refused!(
        business,
        Actor::User(admin),
        "access.denied",
        [
            ResendInvitation { invitation },
            RevokeInvitation { invitation },
            invite(organisation, NEW, offer(Role::External)),
        ]
    );
    business.sys(ResendInvitation { invitation });
}

#[test]
fn those_who_manage_mail_invite_externals_to_mailboxes_and_nobody_else() {
    let business = Business::new();
    let organisation = business.organisation;
    let manager = business.manager(organisation, "mia@people.example", Service::Mail);
    for role in [Role::Owner, Role::Admin, Role::Collaborator] {
        business.refused(manager, invite(organisation, NEW, offer(role)), "access.denied");
    }
    business.invite(manager, organisation, NEW, offer_of(business.contact, [Right::Send, Right::Security]));
}

#[test]
fn other_members_invite_nobody() {
    let business = Business::new();
    let organisation = business.organisation;
    let people = [
        business.member(organisation, "carl@people.example", Role::Collaborator),
        business.manager(organisation, "dora@people.example", Service::Domains),
        business.assistant,
    ];
    for actor in people {
        for role in [Role::Admin, Role::Collaborator, Role::External] {
            business.refused(actor, invite(organisation, NEW, offer(role)), "access.denied");
        }
    }
    let to_contact = invite(organisation, NEW, offer_of(business.contact, []));
    business.refused(business.assistant, to_contact, "access.denied");
}

#[test]
fn a_mailbox_that_one_does_not_see_is_not_found_in_an_offer() {
    let business = Business::new();
    let organisation = business.organisation;
    let carl = business.member(organisation, "carl@people.example", Role::Collaborator);
    business.refused(carl, invite(organisation, NEW, offer_of(business.contact, [])), "mailbox.not_found");
    let other = business.organisation(business.outsider, "mill.example");
    let theirs = business.mailbox(other, "info@mill.example");
    for actor in [Actor::User(business.owner), business.system.clone()] {
        business.refused(actor, invite(organisation, NEW, offer_of(theirs, [])), "mailbox.not_found");
    }
    let gone = business.mailbox(organisation, "gone@bakery.example");
    business.sys(DeleteMailbox { mailbox: gone, on_dependants: OnDependants::Refuse });
    business.refused(business.owner, invite(organisation, NEW, offer_of(gone, [])), "mailbox.not_found");
}

#[test]
fn outsiders_suspended_members_and_bearers_find_nothing() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let (invitation, _) = business.invite(admin, organisation, NEW, offer(Role::External));
    business.run(business.owner, SuspendMember { organisation, user: admin });
    for actor in [Actor::User(business.outsider), Actor::User(admin), Actor::Bearer] {
        let inviting = invite(organisation, NEW, offer(Role::External));
        business.refused(&actor, inviting, "organisation.not_found");
        all_refused!(
            business,
            actor,
            "invitation.not_found",
            [ResendInvitation { invitation }, RevokeInvitation { invitation },]
        );
        business.hidden(business.directory.invitation(&actor, invitation), "invitation.not_found");
    }
    business.refused(business.assistant, RevokeInvitation { invitation }, "invitation.not_found");
    let asked = business.directory.invitations(
        &Actor::User(business.assistant),
        organisation,
        &PageRequest::default(),
    );
    business.hidden(asked, "access.denied");
}

#[test]
fn a_suspended_user_invites_nobody() {
    let business = Business::new();
    let admin = business.member(business.organisation, "alma@people.example", Role::Admin);
    let (invitation, _) = business.invite(admin, business.organisation, NEW, offer(Role::External));
    business.sys(SuspendUser { user: admin });
    all_refused!(
        business,
        Actor::User(admin),
        "actor.suspended",
        [
            invite(business.organisation, NEW, offer(Role::External)),
            ResendInvitation { invitation },
            RevokeInvitation { invitation },
        ]
    );
}

// Those who share.

#[test]
fn holders_of_sharing_invite_only_where_the_policy_lets_them() {
    let business = Business::new();
    let user = business.member(business.organisation, "shaun@people.example", Role::Collaborator);
    business.grant(business.contact, user, [Right::Send, Right::Sharing]);
    let inviting = || invite(business.organisation, NEW, offer_of(business.contact, [Right::Send]));
    business.refused(user, inviting(), "access.denied");
    let policy = Policy { sharing_invites: SharingInvites::Allowed, ..Policy::default() };
    business.sys(SetPolicy {
        organisation: business.organisation,
        policy,
        on_dependants: OnDependants::Refuse,
    });
    business.run(user, inviting());
    business.refused(business.assistant, inviting(), "access.denied");
}

#[test]
fn holders_of_sharing_promise_no_more_than_they_have() {
    let business = Business::new();
    let end = business.now().plus(Duration::from_secs(3_600));
    let user = sharer(&business, &[Right::Send], Some(end));
    let within = || until(offer_of(business.contact, [Right::Send, Right::Sharing]), end);
    business.invite(user, business.organisation, NEW, within());
    for too_much in [
        until(offer_of(business.contact, [Right::Devices]), end),
        until(offer_of(business.contact, [Right::Send]), end.plus(Duration::from_millis(1))),
        offer_of(business.contact, [Right::Send]),
    ] {
        business.refused(user, invite(business.organisation, NEW, too_much), "grant.exceeds");
    }
}

#[test]
fn holders_of_sharing_invite_externals_to_their_mailboxes_alone() {
    let business = Business::new();
    let user = sharer(&business, &[Right::Send], None);
    let second = business.mailbox(business.organisation, "second@bakery.example");
    business.refused(user, invite(business.organisation, NEW, offer(Role::External)), "access.denied");
    business.refused(user, invite(business.organisation, NEW, offer(Role::Collaborator)), "access.denied");
    business.refused(user, invite(business.organisation, NEW, offer_of(second, [])), "mailbox.not_found");
    business.grant(second, user, [Right::Send]);
    let mut both = offer_of(business.contact, []);
    both.mailboxes.extend(offer_of(second, []).mailboxes);
    business.refused(user, invite(business.organisation, NEW, both), "access.denied");
}

#[test]
fn a_grant_with_sharing_that_is_past_its_expiry_invites_nobody() {
    let business = Business::new();
    let end = business.now().plus(Duration::from_secs(3_600));
    let user = sharer(&business, &[Right::Send], Some(end));
    let promise = || invite(business.organisation, NEW, until(offer_of(business.contact, []), end));
    business.set(end.minus(Duration::from_millis(1)));
    business.run(user, promise());
    business.set(end);
    let later = until(offer_of(business.contact, []), end.plus(Duration::from_secs(1)));
    business.refused(user, invite(business.organisation, NEW, later), "mailbox.not_found");
}

// Offers.

#[test]
fn an_offer_that_nobody_could_keep_is_refused() {
    let business = Business::new();
    let organisation = business.organisation;
    let services = Services::from([(Service::Mail, Level::Use)]);
    let external = Offer { services, ..offer(Role::External) };
    business.refused(business.owner, invite(organisation, NEW, external), "member.external");
    let past = until(offer_of(business.contact, []), business.now());
    business.refused(business.owner, invite(organisation, NEW, past), "expiry.past");
    let mut twice = offer_of(business.contact, []);
    twice.mailboxes.extend(offer_of(business.contact, [Right::Send]).mailboxes);
    business.refused(business.owner, invite(organisation, NEW, twice), "value.invalid");
    let many = Offer {
        mailboxes: (0..1_001)
            .map(|n| Promise {
                mailbox: MailboxId::from_uuid(uuid::Uuid::from_u128(n)),
                rights: Rights::EMPTY,
                expires: None,
            })
            .collect(),
        ..offer(Role::External)
    };
    business.refused(business.owner, invite(organisation, NEW, many), "value.invalid");
}

#[test]
fn inviting_answers_the_same_whether_or_not_the_login_exists() {
    let business = Business::new();
    let organisation = business.organisation;
    let mut answers = Vec::new();
    for address in ["otto@people.example", NEW, "ada@people.example"] {
        let invited = business.run(business.owner, invite(organisation, address, offer(Role::External)));
        let answer = serde_json::to_value(&invited).unwrap();
        answers.push((answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>(), invited.expires));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn an_invitation_lives_as_long_as_the_policy_says() {
    let business = Business::new();
    let policy = Policy { invitation_days: 3, ..Policy::default() };
    business.run(
        business.owner,
        SetPolicy { organisation: business.organisation, policy, on_dependants: OnDependants::Refuse },
    );
    let invited = business.run(business.owner, invite(business.organisation, NEW, offer(Role::External)));
    assert_eq!(invited.expires, business.now().plus(Duration::from_secs(3 * 86_400)));
}

#[test]
fn the_token_stands_in_no_row_and_no_debug_text() {
    let business = Business::new();
    let invited = business.run(business.owner, invite(business.organisation, NEW, offer(Role::External)));
    assert!(!format!("{invited:?}").contains("tinv_"));
    let token = invited.token.reveal();
    assert!(token.starts_with("tinv_") && !business.store.dump().contains(&*token));
    assert!(!format!("{:?}", accept(&token)).contains("tinv_"));
}

// Renewing.

#[test]
fn inviting_again_renews_the_invitation_with_a_new_token_and_a_new_sender() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let (first, old) = business.invite(business.owner, organisation, NEW, offer(Role::Collaborator));
    business.days(3);
    let (second, token) = business.invite(admin, organisation, "NEW@people.example", offer(Role::External));
    assert_eq!(first, second);
    let renewed = invitation_of(&business, first);
    assert_eq!(
        (renewed.offer.role, renewed.sender, renewed.sent_at),
        (Role::External, By::User(admin), business.now())
    );
    assert_eq!(renewed.expires, business.now().plus(Duration::from_secs(7 * 86_400)));
    business.refused(business.outsider, accept(&old), "token.invalid");
    business.refused(Actor::Bearer, decline(&old), "token.invalid");
    business.accept(business.outsider, &token);
}

#[test]
fn an_expired_invitation_is_renewed_too_and_good_again() {
    let business = Business::new();
    let organisation = business.organisation;
    let (first, old) = business.invite(business.owner, organisation, NEW, offer(Role::External));
    business.days(30);
    business.refused(business.outsider, accept(&old), "invitation.expired");
    let (second, token) = business.invite(business.owner, organisation, NEW, offer(Role::External));
    assert_eq!(first, second);
    business.accept(business.outsider, &token);
}

#[test]
fn resending_keeps_the_offer_and_changes_token_sender_and_expiry() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let promised = offer_of(business.contact, [Right::Send]);
    let (invitation, old) = business.invite(business.owner, organisation, NEW, promised.clone());
    business.days(8);
    let resent = business.run(admin, ResendInvitation { invitation });
    assert_eq!(resent.expires, business.now().plus(Duration::from_secs(7 * 86_400)));
    let renewed = invitation_of(&business, invitation);
    assert_eq!((renewed.offer, renewed.sender), (promised, By::User(admin)));
    business.refused(business.outsider, accept(&old), "token.invalid");
    business.accept(business.outsider, &resent.token.reveal());
}

#[test]
fn renewing_needs_the_right_to_give_everything_in_the_old_offer() {
    let business = Business::new();
    let organisation = business.organisation;
    let manager = business.manager(organisation, "mia@people.example", Service::Mail);
    let (invitation, token) = business.invite(business.owner, organisation, NEW, offer(Role::Admin));
    let external = || invite(organisation, NEW, offer_of(business.contact, []));
    business.refused(manager, external(), "access.denied");
    business.refused(manager, ResendInvitation { invitation }, "access.denied");
    business.refused(manager, RevokeInvitation { invitation }, "access.denied");
    business.days(30);
    business.refused(manager, external(), "access.denied");
    business.set(TUESDAY.parse().unwrap());
    business.accept(business.outsider, &token);
}

#[test]
fn a_sender_who_lost_the_right_does_not_renew_what_they_sent() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let (invitation, _) = business.invite(admin, organisation, NEW, offer(Role::Admin));
    business.run(business.owner, SetRole { organisation, user: admin, role: Role::Collaborator });
    business.refused(admin, ResendInvitation { invitation }, "access.denied");
    assert_eq!(business.directory.invitation(&Actor::User(admin), invitation).unwrap().id, invitation);
}

#[test]
fn a_sender_who_lost_the_right_may_still_take_back_what_they_sent() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let (invitation, _) = business.invite(admin, organisation, NEW, offer(Role::Admin));
    business.run(business.owner, SetRole { organisation, user: admin, role: Role::Collaborator });
    business.run(admin, RevokeInvitation { invitation });
}

#[test]
fn one_address_may_be_invited_by_two_organisations_at_once() {
    let business = Business::new();
    let other = business.organisation(business.outsider, "mill.example");
    let (first, one) = business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    let (second, two) = business.invite(business.outsider, other, NEW, offer(Role::Admin));
    assert_ne!(first, second);
    let user = business.run(Actor::Bearer, accept_as_new(&one, "Nina")).user;
    business.accept(user, &two);
    assert_eq!(business.directory.reach(&Actor::User(user), user).unwrap().organisations.len(), 2);
}

#[test]
fn after_an_answer_inviting_again_makes_another_invitation() {
    let business = Business::new();
    let (first, token) = business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    business.run(Actor::Bearer, decline(&token));
    let (second, _) = business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    assert_ne!(first, second);
}

// Single use.

#[test]
fn an_invitation_is_accepted_once() {
    let business = Business::new();
    let (invitation, token) =
        business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    business.accept(business.outsider, &token);
    let other = business.person("other@people.example");
    for actor in [business.outsider, other] {
        business.refused(actor, accept(&token), "invitation.closed");
    }
    business.refused(Actor::Bearer, accept_as_new(&token, "Nina"), "invitation.closed");
    business.refused(Actor::Bearer, decline(&token), "invitation.closed");
    business.refused(business.owner, ResendInvitation { invitation }, "invitation.closed");
    business.refused(business.owner, RevokeInvitation { invitation }, "invitation.closed");
    let answered = invitation_of(&business, invitation);
    assert_eq!(
        (answered.state, answered.accepted_by),
        (InvitationState::Accepted, Some(By::User(business.outsider)))
    );
}

#[test]
fn a_declined_invitation_is_closed() {
    let business = Business::new();
    let (invitation, token) =
        business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    business.run(Actor::Bearer, decline(&token));
    let error = business.refused(business.outsider, accept(&token), "invitation.closed");
    assert_eq!(error.details()["state"], "declined");
    business.refused(Actor::Bearer, decline(&token), "invitation.closed");
    assert_eq!(invitation_of(&business, invitation).state, InvitationState::Declined);
}

#[test]
fn an_invitation_that_was_taken_back_is_closed() {
    let business = Business::new();
    let (invitation, token) =
        business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    business.run(business.owner, RevokeInvitation { invitation });
    business.refused(business.outsider, accept(&token), "invitation.closed");
    business.refused(business.owner, RevokeInvitation { invitation }, "invitation.closed");
}

#[test]
fn an_invitation_is_good_to_the_last_millisecond_and_then_expired() {
    let business = Business::new();
    let invited = business.run(business.owner, invite(business.organisation, NEW, offer(Role::External)));
    let (token, expires) = (invited.token.reveal(), invited.expires);
    business.set(expires);
    business.refused(business.outsider, accept(&token), "invitation.expired");
    business.refused(Actor::Bearer, accept_as_new(&token, "Nina"), "invitation.expired");
    business.refused(Actor::Bearer, decline(&token), "invitation.expired");
    business.set(expires.minus(Duration::from_millis(1)));
    business.accept(business.outsider, &token);
}

#[test]
fn a_clock_that_goes_back_makes_no_expired_invitation_good_again() {
    let business = Business::new();
    let organisation = business.organisation;
    let (_, token) = business.invite(business.owner, organisation, NEW, offer(Role::External));
    business.days(8);
    business.run(business.owner, RenameOrganisation { organisation, name: "Later".into() });
    business.set(TUESDAY.parse().unwrap());
    business.refused(business.outsider, accept(&token), "invitation.expired");
}

#[test]
fn of_two_who_accept_at_the_same_time_one_is_let_in() {
    let business = Business::new();
    let (_, token) = business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    let people = [business.outsider, business.person("other@people.example")];
    let let_in = std::thread::scope(|scope| {
        let answers = people.map(|user| {
            let (directory, token) = (&business.directory, &token);
            scope.spawn(move || directory.run(&Actor::User(user), accept(token)).is_ok())
        });
        answers.into_iter().map(|answer| answer.join().unwrap()).filter(|ok| *ok).count()
    });
    assert_eq!(let_in, 1);
}

#[test]
fn an_acceptance_that_was_carried_out_is_not_carried_out_again() {
    let business = Business::new();
    let (_, token) = business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    let request = business.directory.request_id().unwrap();
    business.directory.run_once(request, &Actor::Bearer, accept_as_new(&token, "Nina")).unwrap();
    let before = business.store.dump();
    let again = business.directory.run_once(request, &Actor::Bearer, accept_as_new(&token, "Nina"));
    assert_eq!(code(again), Some(Code::RequestDone));
    assert_eq!(business.store.dump(), before);
}

// Accepting.

#[test]
fn accepting_gives_role_services_and_mailboxes_in_one_commit() {
    let business = Business::new();
    let services = Services::from([(Service::Sites, Level::Manage)]);
    let offer = Offer {
        role: Role::Collaborator,
        services: services.clone(),
        ..offer_of(business.contact, [Right::Send])
    };
    let (_, token) = business.invite(business.owner, business.organisation, NEW, offer);
    let accepted = business.accept(business.outsider, &token);
    assert_eq!((accepted.user, accepted.organisation), (business.outsider, business.organisation));
    assert_eq!((accepted.mailboxes, accepted.left_out), (vec![business.contact], vec![]));
    assert_eq!(member_of(&business, business.outsider), (Role::Collaborator, services));
    assert_eq!(
        grant_of(&business, business.outsider, business.contact),
        Some((rights(&[Right::Send]), None))
    );
    let happened = business.happened(business.organisation);
    let change = happened.last().unwrap().change;
    let kinds: Vec<&str> =
        happened.iter().filter(|entry| entry.change == change).map(|entry| entry.event.kind()).collect();
    assert_eq!(kinds, ["member.added", "grant.given", "invitation.accepted"]);
}

#[test]
fn what_an_invitation_gave_is_vouched_for_by_its_sender() {
    let business = Business::new();
    let (_, token) =
        business.invite(business.owner, business.organisation, NEW, offer_of(business.contact, []));
    business.accept(business.outsider, &token);
    let access =
        business.directory.access(&business.system, business.contact, &PageRequest::default()).unwrap();
    let of_outsider = access
        .items
        .iter()
        .find(|access| matches!(&access.who, Reacher::Person(person) if person.id == business.outsider));
    assert_eq!(of_outsider.unwrap().by, By::User(business.owner));
}

#[test]
fn the_token_is_the_proof_so_another_login_may_accept_and_the_history_says_so() {
    let business = Business::new();
    let (invitation, token) =
        business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    business.accept(business.outsider, &token);
    let happened = business.happened(business.organisation);
    let answer = happened.last().unwrap();
    let Event::Invitation(_, id, event) = &answer.event else { panic!("{answer:?}") };
    assert_eq!((*id, answer.by.clone()), (invitation, By::User(business.outsider)));
    assert!(format!("{event:?}").contains("existing"), "{event:?}");
}

#[test]
fn accepting_as_new_makes_a_user_whose_login_is_the_invited_address_and_proved() {
    let business = Business::new();
    let (_, token) = business.invite(
        business.owner,
        business.organisation,
        NEW,
        offer_of(business.contact, [Right::Send]),
    );
    let accepted = business.run(Actor::Bearer, accept_as_new(&token, "Nina"));
    assert!(accepted.warnings.is_empty());
    let user = business.directory.user(&business.system, accepted.user).unwrap();
    assert_eq!(
        (user.login, user.name.as_str()),
        (Contact { address: addr(NEW), proof: Proof::Verified }, "Nina")
    );
    assert_eq!(business.signs_in(NEW, PASSWORD), Ok(()));
    assert!(business.directory.may(accepted.user, Right::Send, business.contact).unwrap().allowed());
    let event = format!("{:?}", business.happened(business.organisation).last().unwrap().event);
    assert!(event.contains("new"), "{event}");
}

#[test]
fn accepting_as_new_at_an_address_hosted_here_is_warned_of() {
    let business = Business::new();
    let (_, token) =
        business.invite(business.owner, business.organisation, "new@bakery.example", offer(Role::External));
    let accepted = business.run(Actor::Bearer, accept_as_new(&token, "Nina"));
    assert_eq!(accepted.warnings, [Warning::LoginHostedHere]);
}

#[test]
fn accepting_as_new_is_refused_where_the_login_exists() {
    let business = Business::new();
    let (_, token) =
        business.invite(business.owner, business.organisation, "otto@people.example", offer(Role::External));
    business.refused(Actor::Bearer, accept_as_new(&token, "Otto"), "login.taken");
    business.accept(business.outsider, &token);
}

#[test]
fn accepting_as_new_needs_a_name_and_a_good_password() {
    let business = Business::new();
    let (_, token) = business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    for name in ["", "a\tb\n c", &"x".repeat(201)] {
        business.refused(Actor::Bearer, accept_as_new(&token, name), "text.invalid");
    }
    for (password, reason) in [
        ("short", "too_short"),
        ("correct horse battery staple", "common"),
        ("new people example 12", "own_words"),
        ("bakery-bakery-example", "own_words"),
    ] {
        let weak = AcceptInvitationAsNew {
            token: token.as_str().into(),
            name: "Nina".into(),
            password: password.into(),
        };
        let error = business.refused(Actor::Bearer, weak, "password.refused");
        assert_eq!(error.details()["reason"], reason, "{password}");
    }
}

#[test]
fn nobody_without_an_account_accepts_with_one() {
    let business = Business::new();
    let (_, token) = business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    business.refused(Actor::Bearer, accept(&token), "user.not_found");
    business.refused(business.system.clone(), accept(&token), "user.not_found");
    business.sys(SuspendUser { user: business.outsider });
    business.refused(business.outsider, accept(&token), "actor.suspended");
}

#[test]
fn malformed_and_foreign_tokens_are_invalid() {
    let business = Business::new();
    let (_, token) = business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    let login = business.sys(RegisterUser::new(addr("x@people.example"), "X")).user;
    let of = mailgrant::user::AddressKind::Login;
    let other = business.sys(mailgrant::user::IssueConfirmation { user: login, of }).token.reveal();
    let last = if token.ends_with('0') { "1" } else { "0" };
    for wrong in [
        "",
        "tinv_",
        "x",
        &other,
        &token[..token.len() - 1],
        &format!("{token}0"),
        &token.to_uppercase(),
        &format!("{}{last}", &token[..token.len() - 1]),
        &token.replace("tinv_", "inv_"),
        &"tinv_".repeat(9_999),
    ] {
        business.refused(business.outsider, accept(wrong), "token.invalid");
        business.refused(Actor::Bearer, accept_as_new(wrong, "Nina"), "token.invalid");
        business.refused(Actor::Bearer, decline(wrong), "token.invalid");
    }
}

// Never less than before.

#[test]
fn accepting_never_lowers_a_role_and_never_removes_a_service() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.person("alma@people.example");
    let services = Services::from([(Service::Mail, Level::Manage), (Service::Sites, Level::Use)]);
    business.sys(AddMember { organisation, user: admin, role: Role::Admin, services });
    let offered = Services::from([
        (Service::Mail, Level::Use),
        (Service::Sites, Level::Manage),
        (Service::Billing, Level::Use),
    ]);
    let (_, token) = business.invite(
        business.owner,
        organisation,
        NEW,
        Offer { services: offered, ..offer(Role::Collaborator) },
    );
    business.accept(admin, &token);
    let best = Services::from([
        (Service::Mail, Level::Manage),
        (Service::Sites, Level::Manage),
        (Service::Billing, Level::Use),
    ]);
    assert_eq!(member_of(&business, admin), (Role::Admin, best));
}

#[test]
fn an_owner_who_accepts_stays_owner() {
    let business = Business::new();
    let (_, token) = business.invite(business.owner, business.organisation, NEW, offer(Role::External));
    business.accept(business.owner, &token);
    assert_eq!(member_of(&business, business.owner).0, Role::Owner);
}

#[test]
fn accepting_raises_a_role() {
    let business = Business::new();
    let services = Services::from([(Service::Mail, Level::Manage)]);
    let (_, token) = business.invite(
        business.owner,
        business.organisation,
        NEW,
        Offer { services: services.clone(), ..offer(Role::Collaborator) },
    );
    business.accept(business.assistant, &token);
    assert_eq!(member_of(&business, business.assistant), (Role::Collaborator, services));
}

#[test]
fn accepting_never_removes_a_right_and_never_shortens_a_grant() {
    let business = Business::new();
    let end = business.now().plus(Duration::from_secs(3_600));
    let promised = until(offer_of(business.contact, [Right::Aliases]), end);
    let (_, token) = business.invite(business.owner, business.organisation, NEW, promised);
    let accepted = business.accept(business.assistant, &token);
    let before = Some((Policy::default().mailbox_rights, None));
    assert_eq!(grant_of(&business, business.assistant, business.contact), before);
    assert_eq!((accepted.mailboxes, accepted.unchanged), (vec![business.contact], vec![business.contact]));
}

#[test]
fn accepting_adds_the_rights_that_were_promised_for_as_long_as_the_grant_lasts() {
    let business = Business::new();
    let promised = offer_of(business.contact, [Right::Aliases]);
    let (_, token) = business.invite(business.owner, business.organisation, NEW, promised);
    let accepted = business.accept(business.assistant, &token);
    let both = Policy::default().mailbox_rights.union(rights(&[Right::Aliases]));
    assert_eq!(grant_of(&business, business.assistant, business.contact), Some((both, None)));
    assert_eq!((accepted.mailboxes, accepted.unchanged), (vec![business.contact], vec![]));
}

/// Eve's grant on contact@, `Send` for an hour, after she accepted a promise.
#[track_caller]
fn after_promise(promised: &[Right], hours: u64) -> (Rights, u64) {
    let business = Business::new();
    let user = business.member(business.organisation, "eve@people.example", Role::External);
    let start = business.now();
    let end = |hours: u64| start.plus(Duration::from_secs(hours * 3_600));
    business.sys(GrantAccess::new(business.contact, user).rights([Right::Send]).expires(end(1)));
    let promise = until(offer_of(business.contact, rights(promised)), end(hours));
    let (_, token) = business.invite(business.owner, business.organisation, NEW, promise);
    business.accept(user, &token);
    let (rights, expires) = grant_of(&business, user, business.contact).unwrap();
    (rights, expires.unwrap().since(start).as_secs() / 3_600)
}

#[test]
fn accepting_extends_a_grant_only_for_what_was_promised_so_long() {
    let both = rights(&[Right::Send, Right::Folders]);
    assert_eq!(after_promise(&[Right::Send], 2), (rights(&[Right::Send]), 2));
    assert_eq!(after_promise(&[Right::Send, Right::Folders], 2), (both, 2));
    assert_eq!(after_promise(&[Right::Folders], 2), (both, 1));
    assert_eq!(after_promise(&[], 2), (rights(&[Right::Send]), 1));
}

#[test]
fn accepting_over_an_expired_grant_gives_a_new_one_and_no_device_lives_again() {
    let business = Business::new();
    let user = business.member(business.organisation, "eve@people.example", Role::External);
    let end = business.now().plus(Duration::from_secs(3_600));
    business.sys(GrantAccess::new(business.contact, user).rights([Right::Send, Right::Devices]).expires(end));
    let phone = business.device(user, business.contact, [Protocol::Imap]).password.reveal();
    business.set(end);
    let (_, token) = business.invite(
        business.owner,
        business.organisation,
        NEW,
        offer_of(business.contact, [Right::Folders]),
    );
    business.accept(user, &token);
    assert_eq!(grant_of(&business, user, business.contact), Some((rights(&[Right::Folders]), None)));
    assert_eq!(
        business.opens("contact@bakery.example", &phone, Protocol::Imap).unwrap_err(),
        "the device's password, but: revoked"
    );
}

#[test]
fn a_holder_of_sharing_extends_nothing_that_exceeds_their_own_by_an_invitation() {
    let business = Business::new();
    let user = sharer(&business, &[], None);
    let eve = business.member(business.organisation, "eve@people.example", Role::External);
    let end = business.now().plus(Duration::from_secs(3_600));
    business.sys(GrantAccess::new(business.contact, eve).rights([Right::Send, Right::Security]).expires(end));
    let direct = SetGrantExpiry { mailbox: business.contact, user: eve, expires: None };
    business.refused(user, direct, "grant.exceeds");
    let (_, token) =
        business.invite(user, business.organisation, "eve@people.example", offer_of(business.contact, []));
    let _ = business.directory.run(&Actor::User(eve), accept(&token));
    assert_eq!(
        grant_of(&business, eve, business.contact),
        Some((rights(&[Right::Send, Right::Security]), Some(end))),
        "rights that the sender does not have were extended"
    );
}

// The sender, checked again.

#[test]
fn the_invitation_of_a_demoted_sender_is_refused_until_the_sender_can_give_it_again() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let (_, token) = business.invite(admin, organisation, NEW, offer(Role::Collaborator));
    business.run(business.owner, SetRole { organisation, user: admin, role: Role::Collaborator });
    business.refused(business.outsider, accept(&token), "invitation.sender");
    business.refused(Actor::Bearer, accept_as_new(&token, "Nina"), "invitation.sender");
    business.run(business.owner, SetRole { organisation, user: admin, role: Role::Admin });
    business.accept(business.outsider, &token);
}

#[test]
fn the_invitation_of_an_owner_who_became_admin_makes_no_owner() {
    let business = Business::new();
    let organisation = business.organisation;
    let (_, token) = business.invite(business.owner, organisation, NEW, offer(Role::Owner));
    business.run(business.owner, TransferOwnership { organisation, to: business.assistant, from: None });
    business.refused(business.outsider, accept(&token), "invitation.sender");
}

#[test]
fn the_invitation_of_a_suspended_sender_waits_for_their_resumption() {
    for everywhere in [true, false] {
        let business = Business::new();
        let organisation = business.organisation;
        let admin = business.member(organisation, "alma@people.example", Role::Admin);
        let (_, token) = business.invite(admin, organisation, NEW, offer(Role::Collaborator));
        if everywhere {
            business.sys(SuspendUser { user: admin });
        } else {
            business.run(business.owner, SuspendMember { organisation, user: admin });
        }
        business.refused(business.outsider, accept(&token), "invitation.sender");
    }
}

#[test]
fn the_invitations_of_a_removed_sender_are_cancelled() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let (invitation, token) = business.invite(admin, organisation, NEW, offer(Role::Collaborator));
    business.run(business.owner, RemoveMember { organisation, user: admin });
    business.refused(business.outsider, accept(&token), "invitation.closed");
    assert_eq!(invitation_of(&business, invitation).state, InvitationState::Revoked);
}

#[test]
fn an_invitation_that_somebody_else_renewed_outlives_its_first_sender() {
    let business = Business::new();
    let organisation = business.organisation;
    let admin = business.member(organisation, "alma@people.example", Role::Admin);
    let (invitation, _) = business.invite(admin, organisation, NEW, offer(Role::Collaborator));
    let token = business.run(business.owner, ResendInvitation { invitation }).token.reveal();
    business.run(business.owner, RemoveMember { organisation, user: admin });
    business.accept(business.outsider, &token);
}

#[test]
fn the_invitation_of_a_deleted_sender_is_refused() {
    let business = Business::new();
    let admin = business.member(business.organisation, "alma@people.example", Role::Admin);
    let (_, token) = business.invite(admin, business.organisation, NEW, offer(Role::Collaborator));
    business.run(admin, DeleteUser { user: admin });
    business.refused(business.outsider, accept(&token), "invitation.sender");
}

#[test]
fn the_invitation_of_a_sharer_ends_with_their_right_to_share() {
    let business = Business::new();
    let user = sharer(&business, &[Right::Send], None);
    let (_, token) =
        business.invite(user, business.organisation, NEW, offer_of(business.contact, [Right::Send]));
    let change = |new: &[Right]| ChangeGrant { mailbox: business.contact, user, rights: rights(new) };
    business.run(business.owner, change(&[Right::Sharing]));
    business.refused(business.outsider, accept(&token), "invitation.sender");
    business.run(business.owner, change(&[Right::Send]));
    business.refused(business.outsider, accept(&token), "invitation.sender");
    business.run(business.owner, change(&[Right::Send, Right::Sharing]));
    business.accept(business.outsider, &token);
}

#[test]
fn the_invitation_of_a_sharer_ends_with_the_policy() {
    let business = Business::new();
    let user = sharer(&business, &[], None);
    let (_, token) = business.invite(user, business.organisation, NEW, offer_of(business.contact, []));
    let organisation = business.organisation;
    business.run(
        business.owner,
        SetPolicy { organisation, policy: Policy::default(), on_dependants: OnDependants::Refuse },
    );
    business.refused(business.outsider, accept(&token), "invitation.sender");
}

#[test]
fn the_host_vouches_for_what_it_sent() {
    let business = Business::new();
    let (_, token) = business.invite(business.system.clone(), business.organisation, NEW, offer(Role::Owner));
    business.accept(business.outsider, &token);
    assert_eq!(member_of(&business, business.outsider).0, Role::Owner);
}

#[test]
fn a_suspended_member_is_not_lifted_by_an_invitation() {
    let business = Business::new();
    let (organisation, user) = (business.organisation, business.assistant);
    let (invitation, token) =
        business.invite(business.owner, organisation, "ada@people.example", offer(Role::Admin));
    business.run(business.owner, SuspendMember { organisation, user });
    business.refused(user, accept(&token), "invitation.suspended");
    assert!(invitation_of(&business, invitation).is_pending());
}

// Promised mailboxes.

#[test]
fn a_promised_mailbox_that_is_gone_is_left_out_and_named() {
    let business = Business::new();
    let organisation = business.organisation;
    let gone = business.mailbox(organisation, "gone@bakery.example");
    let mut both = offer_of(business.contact, [Right::Send]);
    both.mailboxes.extend(offer_of(gone, [Right::Send]).mailboxes);
    let (invitation, token) = business.invite(business.owner, organisation, NEW, both);
    let deleted =
        business.run(business.owner, DeleteMailbox { mailbox: gone, on_dependants: OnDependants::Refuse });
    assert_eq!(deleted.invitations, [invitation]);
    let accepted = business.accept(business.outsider, &token);
    assert_eq!((accepted.mailboxes, accepted.left_out), (vec![business.contact], vec![gone]));
    let answer = format!("{:?}", business.happened(organisation).last().unwrap().event);
    assert!(answer.contains(&gone.to_string()), "{answer}");
}

#[test]
fn a_promised_mailbox_that_is_gone_and_swept_is_left_out_all_the_same() {
    let business = Business::new();
    let (_, token) =
        business.invite(business.owner, business.organisation, NEW, offer_of(business.contact, []));
    business.run(
        business.owner,
        DeleteMailbox { mailbox: business.contact, on_dependants: OnDependants::Refuse },
    );
    business.sys(Sweep::default());
    let accepted = business.accept(business.outsider, &token);
    assert_eq!((accepted.mailboxes, accepted.left_out), (vec![], vec![business.contact]));
}

#[test]
fn a_promised_mailbox_that_is_closed_is_granted_and_opens_later() {
    let business = Business::new();
    let (_, token) =
        business.invite(business.owner, business.organisation, NEW, offer_of(business.contact, []));
    business
        .run(business.owner, CloseMailbox { mailbox: business.contact, on_dependants: OnDependants::Refuse });
    assert_eq!(business.accept(business.outsider, &token).mailboxes, [business.contact]);
    business.run(business.owner, mailbox::ReopenMailbox { mailbox: business.contact });
    assert!(business.directory.may(business.outsider, Right::Read, business.contact).unwrap().allowed());
}

#[test]
fn a_promise_that_ended_before_the_acceptance_gives_nothing_and_is_not_listed_as_given() {
    let business = Business::new();
    let end = business.now().plus(Duration::from_secs(3_600));
    let (_, token) = business.invite(
        business.owner,
        business.organisation,
        NEW,
        until(offer_of(business.contact, []), end),
    );
    business.set(end);
    let accepted = business.accept(business.outsider, &token);
    assert_eq!(accepted.mailboxes, []);
    assert!(!business.directory.may(business.outsider, Right::Read, business.contact).unwrap().allowed());
}

#[test]
fn a_promise_carries_its_end_into_the_grant() {
    let business = Business::new();
    let end = business.now().plus(Duration::from_secs(3_600));
    let (_, token) = business.invite(
        business.owner,
        business.organisation,
        NEW,
        until(offer_of(business.contact, []), end),
    );
    business.accept(business.outsider, &token);
    assert!(business.directory.may(business.outsider, Right::Read, business.contact).unwrap().allowed());
    business.set(end);
    let verdict = business.directory.may(business.outsider, Right::Read, business.contact).unwrap();
    assert_eq!(verdict.obstacle(), Some(Obstacle::GrantExpired));
}

#[test]
fn a_preview_of_accepting_shows_what_one_gets_and_takes_nothing() {
    let business = Business::new();
    let (_, token) =
        business.invite(business.owner, business.organisation, NEW, offer_of(business.contact, []));
    let before = business.store.dump();
    let plan = business.directory.preview(&Actor::User(business.outsider), accept(&token)).unwrap();
    assert_eq!(plan.output.mailboxes, [business.contact]);
    assert_eq!(business.store.dump(), before);
    business.accept(business.outsider, &token);
}
