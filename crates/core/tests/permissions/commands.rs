//! The table of "Who may do what", for commands.

use std::time::Duration;

use mailgrant::alias::{AddAlias, AliasSending, RemoveAlias, SetAliasSending};
use mailgrant::device::*;
use mailgrant::domain::*;
use mailgrant::grant::*;
use mailgrant::invitation::*;
use mailgrant::mailbox::*;
use mailgrant::membership::*;
use mailgrant::organisation::*;
use mailgrant::user::*;
use mailgrant::*;

use crate::Expect;
use crate::cast::{ALIAS, COMING, DOMAIN, Granted, OFFERED, PENDING, PHC, Person, SPARE, Scene, Stage};
use crate::common::{PASSWORD, addr};

pub struct Case {
    /// Which relation between the actor and what it is about.
    pub about: &'static str,
    pub command: fn(&Stage, &Person) -> AnyCommand,
    pub expect: fn(&Stage, &Person) -> Expect,
}

const DENIED: Expect = Err("access.denied");

fn only(allowed: bool) -> Expect {
    if allowed { Ok(()) } else { DENIED }
}

/// The host alone.
fn system(s: &Stage, w: &Person) -> Expect {
    only(w.is_system()).and_then(|()| unsuspended(s))
}

/// The host alone, about things that are in no organisation.
fn system_anywhere(_: &Stage, w: &Person) -> Expect {
    only(w.is_system())
}

/// "Any right of a user needs an active user".
fn acting(w: &Person, otherwise: Expect) -> Expect {
    if w.user_suspended { Err("actor.suspended") } else { otherwise }
}

/// "In a suspended organisation only reading, export and … go on", for the host too.
fn unsuspended(s: &Stage) -> Expect {
    if s.is_suspended() { Err("organisation.suspended") } else { Ok(()) }
}

/// Whoever may see that the organisation is there. "Outsiders see nothing of an organisation."
fn belongs(w: &Person) -> Expect {
    acting(w, if w.is_system() || w.is_member() { Ok(()) } else { Err("organisation.not_found") })
}

/// A change of the organisation.
fn inside(s: &Stage, w: &Person) -> Expect {
    belongs(w).and_then(|()| unsuspended(s))
}

fn owner(s: &Stage, w: &Person) -> Expect {
    inside(s, w).and_then(|()| only(w.owner()))
}

fn admin(s: &Stage, w: &Person) -> Expect {
    inside(s, w).and_then(|()| only(w.admin()))
}

/// "Both owners' word": the other organisation's, about something of this one.
fn owner_elsewhere(s: &Stage, w: &Person) -> Expect {
    let there = if w.is_system() || w.elsewhere { Ok(()) } else { Err("organisation.not_found") };
    acting(w, there).and_then(|()| unsuspended(s))
}

fn domains(s: &Stage, w: &Person) -> Expect {
    inside(s, w).and_then(|()| only(w.domains()))
}

fn managers(s: &Stage, w: &Person) -> Expect {
    inside(s, w).and_then(|()| only(w.mail()))
}

/// What only owners do, in whatever state the organisation is.
fn end_of_organisation(w: &Person) -> Expect {
    belongs(w).and_then(|()| only(w.owner()))
}

/// A change of one of the mailboxes that the cast has grants on, or of what belongs to one.
fn at(s: &Stage, w: &Person, hidden: &'static str) -> Expect {
    acting(w, if w.sees() { Ok(()) } else { Err(hidden) }).and_then(|()| unsuspended(s))
}

fn at_mailbox(s: &Stage, w: &Person) -> Expect {
    at(s, w, "mailbox.not_found")
}

fn at_device(s: &Stage, w: &Person) -> Expect {
    at(s, w, "device.not_found")
}

fn manage_mailbox(s: &Stage, w: &Person) -> Expect {
    at_mailbox(s, w).and_then(|()| only(w.mail()))
}

/// A mailbox on which nobody in the cast has a grant.
fn manage_ungranted(s: &Stage, w: &Person) -> Expect {
    acting(w, if w.mail() { Ok(()) } else { Err("mailbox.not_found") }).and_then(|()| unsuspended(s))
}

/// "What System suspended only System resumes."
fn undo_the_hosts(s: &Stage, w: &Person) -> Expect {
    manage_ungranted(s, w).and_then(|()| only(w.is_system()))
}

/// "Oneself (System may too)", where it is the actor's own account, if they have one.
fn oneself(_: &Stage, w: &Person) -> Expect {
    acting(w, if w.is_bearer() { Err("user.not_found") } else { Ok(()) })
}

/// The same, where it is somebody else's account.
fn somebody_else(_: &Stage, w: &Person) -> Expect {
    if w.is_system() { Ok(()) } else { Err("user.not_found") }
}

fn whoever_holds_the_token(_: &Stage, _: &Person) -> Expect {
    Ok(())
}

/// The same, where the token is an invitation.
fn whoever_holds_the_invitation(s: &Stage, _: &Person) -> Expect {
    unsuspended(s)
}

fn put_on_offer(s: &Stage, name: &str, to: OrganisationId) -> OfferDomain {
    let (name, access) = (name.parse().unwrap(), OfferedAccess::GoesOn);
    OfferDomain { organisation: s.organisation, name, to, access }
}

fn take_over(organisation: OrganisationId, from: OrganisationId, name: &str) -> AcceptDomain {
    let (name, access) = (name.parse().unwrap(), OfferedAccess::GoesOn);
    AcceptDomain { organisation, from, name, access, on_dependants: OnDependants::Refuse }
}

type Terms = (Rights, Option<Timestamp>);

/// "The managers; `Sharing`: others' grants, never one's own or a manager's, whose rights before and after lie
/// within one's own and that end no later."
fn share(s: &Stage, w: &Person, of_a_manager: bool, terms: &[Terms]) -> Expect {
    at_mailbox(s, w)?;
    if w.mail() {
        return Ok(());
    }
    if !w.holds(Right::Sharing) || of_a_manager {
        return DENIED;
    }
    within(s, w, terms)
}

fn within(s: &Stage, w: &Person, terms: &[Terms]) -> Expect {
    let own = w.rights().unwrap_or(Rights::EMPTY);
    let later = |end: &Option<Timestamp>| w.granted == Granted::Until && end.is_none_or(|end| end > s.until);
    if terms.iter().any(|(rights, end)| !rights.is_subset(own) || later(end)) {
        return Err("grant.exceeds");
    }
    Ok(())
}

fn rights(rights: impl Into<Rights>) -> Rights {
    rights.into()
}

fn soon(s: &Stage) -> Option<Timestamp> {
    Some(s.world.now().plus(Duration::from_secs(86_400)))
}

fn own_account(s: &Stage, w: &Person) -> UserId {
    w.user().unwrap_or(s.others.stranger)
}

fn imap() -> Protocols {
    [Protocol::Imap].into()
}

fn bounds(networks: Option<&str>) -> Bounds {
    let networks = networks.map(|network| vec![network.parse().unwrap()]);
    Bounds { protocols: imap(), networks, expires: None }
}

/// A device of the actor's own, or Anna's where they hold none.
fn own_device(s: &Stage, w: &Person) -> DeviceId {
    w.own_device.unwrap_or(s.devices.annas)
}

fn made_device(s: &Stage, w: &Person) -> DeviceId {
    w.made_device.unwrap_or(s.devices.nobodys)
}

/// "Its holder; the managers", of the actor's own device.
fn own_device_changes(s: &Stage, w: &Person) -> Expect {
    at_device(s, w).and_then(|()| only(w.own_device.is_some() || w.mail()))
}

fn others_device_changes(s: &Stage, w: &Person) -> Expect {
    at_device(s, w).and_then(|()| only(w.mail()))
}

fn offer(role: Role, mailboxes: Vec<Promise>) -> Offer {
    Offer { role, services: Services::new(), mailboxes }
}

fn promise(s: &Stage, rights: impl Into<Rights>, expires: Option<Timestamp>) -> Promise {
    Promise { mailbox: s.mailboxes.open, rights: rights.into(), expires }
}

fn invite(s: &Stage, offer: Offer) -> AnyCommand {
    let address = addr("somebody@invited.example");
    AnyCommand::Invite(Invite { organisation: s.organisation, address, offer })
}

/// "`Mail: Manage` and, where policy allows, `Sharing` may invite Externals to mailboxes within their own bounds."
fn invite_external(s: &Stage, w: &Person, terms: &[Terms]) -> Expect {
    inside(s, w)?;
    if w.mail() {
        return Ok(());
    }
    if !terms.is_empty() && !w.sees() {
        return Err("mailbox.not_found");
    }
    if s.scene != Scene::SharingInvites || terms.is_empty() || !w.holds(Right::Sharing) {
        return DENIED;
    }
    within(s, w, terms)
}

/// An invitation that somebody else sent: "whoever could give everything in it", and nobody else sees it.
fn others_invitation(s: &Stage, w: &Person, could_give: bool) -> Expect {
    acting(w, if w.mail() { Ok(()) } else { Err("invitation.not_found") })
        .and_then(|()| unsuspended(s))
        .and_then(|()| only(could_give))
}

fn own_invitation(s: &Stage, w: &Person) -> InvitationId {
    w.sent.unwrap_or(s.invitations.with_mailbox)
}

fn sees_own_invitation(s: &Stage, w: &Person) -> Expect {
    let sent = w.sent.is_some() && w.is_member();
    acting(w, if w.mail() || sent { Ok(()) } else { Err("invitation.not_found") })
        .and_then(|()| unsuspended(s))
}

macro_rules! cases {
    ($($command:ident, $about:literal: |$s:ident, $w:ident| $make:expr, $expect:expr;)+) => {
        pub fn cases() -> Vec<Case> {
            vec![$(Case {
                about: $about,
                command: |$s, $w| {
                    let _ = ($s, $w);
                    AnyCommand::$command($make)
                },
                expect: $expect,
            },)+]
        }
    };
}

fn unwrapped_invite(command: AnyCommand) -> Invite {
    match command {
        AnyCommand::Invite(invite) => invite,
        other => panic!("{} is no invitation", other.name()),
    }
}

const REFUSE: OnDependants = OnDependants::Refuse;

cases! {
    // Users.
    RegisterUser, "anyone": |s, w| RegisterUser::new(addr("new@people.example"), "New"), system_anywhere;
    RenameUser, "oneself": |s, w| RenameUser { user: own_account(s, w), name: "Other".into() }, oneself;
    RenameUser, "a stranger": |s, w| RenameUser { user: s.others.stranger, name: "Other".into() }, somebody_else;
    RenameUser, "a member": |s, w| RenameUser { user: s.others.anna, name: "Other".into() }, somebody_else;
    ChangeLogin, "oneself":
        |s, w| ChangeLogin { user: own_account(s, w), login: addr("other@people.example") }, oneself;
    ChangeLogin, "a member":
        |s, w| ChangeLogin { user: s.others.anna, login: addr("other@people.example") }, somebody_else;
    SetRecoveryAddress, "oneself":
        |s, w| SetRecoveryAddress { user: own_account(s, w), address: addr("r@people.example") }, oneself;
    SetRecoveryAddress, "a member":
        |s, w| SetRecoveryAddress { user: s.others.anna, address: addr("r@people.example") }, somebody_else;
    RemoveRecoveryAddress, "oneself": |s, w| RemoveRecoveryAddress { user: own_account(s, w) }, oneself;
    RemoveRecoveryAddress, "a member": |s, w| RemoveRecoveryAddress { user: s.others.anna }, somebody_else;
    IssueConfirmation, "a stranger":
        |s, w| IssueConfirmation { user: s.others.unproved, of: AddressKind::Login }, system_anywhere;
    IssueConfirmation, "oneself":
        |s, w| IssueConfirmation { user: if w.is_system() { s.others.unproved } else { own_account(s, w) }, of: AddressKind::Login },
        system_anywhere;
    ConfirmAddress, "the token": |s, w| ConfirmAddress { token: s.tokens.confirmation.as_str().into() }, whoever_holds_the_token;
    ConfirmAddress, "no token": |s, w| ConfirmAddress { token: "".into() }, |_, _| Err("token.invalid");
    ConfirmAddress, "the token of a reset": |s, w| ConfirmAddress { token: s.tokens.reset.as_str().into() }, |_, _| Err("token.invalid");
    ChangePassword, "oneself":
        |s, w| ChangePassword { user: own_account(s, w), current: None, new: PASSWORD.into() }, oneself;
    ChangePassword, "a member":
        |s, w| ChangePassword { user: s.others.anna, current: None, new: PASSWORD.into() }, somebody_else;
    StartReset, "oneself": |s, w| StartReset { user: own_account(s, w), to: AddressKind::Login }, oneself;
    StartReset, "a member": |s, w| StartReset { user: s.others.anna, to: AddressKind::Login },
        |s, w| acting(w, match (w.is_system(), w.admin()) {
            (true, _) => Ok(()),
            (false, true) => unsuspended(s),
            (false, false) => Err("user.not_found"),
        });
    StartReset, "a stranger": |s, w| StartReset { user: s.others.stranger, to: AddressKind::Login },
        |s, w| acting(w, somebody_else(s, w));
    FinishReset, "the token":
        |s, w| FinishReset { token: s.tokens.reset.as_str().into(), password: PASSWORD.into() }, whoever_holds_the_token;
    FinishReset, "another token":
        |s, w| FinishReset { token: s.tokens.invitation.as_str().into(), password: PASSWORD.into() }, |_, _| Err("token.invalid");
    SuspendUser, "a member": |s, w| SuspendUser { user: s.others.anna }, system_anywhere;
    SuspendUser, "oneself":
        |s, w| SuspendUser { user: own_account(s, w) }, system_anywhere;
    SuspendUser, "an owner": |s, w| SuspendUser { user: s.others.boss }, system_anywhere;
    ResumeUser, "a stranger": |s, w| ResumeUser { user: s.others.suspended }, system_anywhere;
    EraseUser, "someone who is gone": |s, w| EraseUser { user: s.others.gone }, system_anywhere;
    EraseUser, "someone who stands":
        |s, w| EraseUser { user: own_account(s, w) }, |s, w| system_anywhere(s, w).and(Err("user.state"));
    DeleteUser, "oneself": |s, w| DeleteUser { user: own_account(s, w) },
        // A neighbour is the last owner of their own organisation.
        |s, w| if w.elsewhere { Err("owner.last") } else { oneself(s, w) };
    DeleteUser, "a member": |s, w| DeleteUser { user: s.others.anna }, somebody_else;

    // Organisations.
    FoundOrganisation, "for oneself":
        |s, w| FoundOrganisation { name: "New".into(), owner: if w.is_system() { Some(s.others.anna) } else { None } },
        |_, w| acting(w, only(!w.is_bearer()));
    FoundOrganisation, "for oneself, by name":
        |s, w| FoundOrganisation { name: "New".into(), owner: Some(own_account(s, w)) },
        |_, w| acting(w, only(!w.is_bearer()));
    FoundOrganisation, "for somebody else":
        |s, w| FoundOrganisation { name: "New".into(), owner: Some(s.others.anna) },
        |_, w| only(w.is_system());
    RenameOrganisation, "it": |s, w| RenameOrganisation { organisation: s.organisation, name: "Other".into() }, admin;
    SetPolicy, "it":
        |s, w| SetPolicy { organisation: s.organisation, policy: Policy::default(), on_dependants: REFUSE }, owner;
    SuspendOrganisation, "it": |s, w| SuspendOrganisation { organisation: s.organisation },
        |s, w| {
            end_of_organisation(w)?;
            match (s.scene, w.is_system()) {
                (Scene::Usual | Scene::SharingInvites, _) | (Scene::OwnerSuspended, true) => Ok(()),
                _ => Err("organisation.state"),
            }
        };
    ResumeOrganisation, "it": |s, w| ResumeOrganisation { organisation: s.organisation },
        |s, w| {
            end_of_organisation(w)?;
            match s.scene {
                Scene::Usual | Scene::SharingInvites => Err("organisation.state"),
                Scene::OwnerSuspended => Ok(()),
                Scene::SystemSuspended => only(w.is_system()),
            }
        };
    DeleteOrganisation, "it":
        |s, w| DeleteOrganisation { organisation: s.organisation, on_dependants: REFUSE },
        |s, w| {
            end_of_organisation(w)?;
            only(s.scene != Scene::SystemSuspended || w.is_system())
        };
    DeleteOrganisation, "another one":
        |s, w| DeleteOrganisation { organisation: s.foreign_organisation, on_dependants: REFUSE },
        |_, w| acting(w, if w.is_system() || w.elsewhere { Ok(()) } else { Err("organisation.not_found") });
    Sweep, "everything": |s, w| Sweep::default(), system_anywhere;

    // Domains.
    AddDomain, "a new one":
        |s, w| AddDomain { organisation: s.organisation, name: "new.example".parse().unwrap() }, domains;
    AddDomain, "elsewhere":
        |s, w| AddDomain { organisation: s.foreign_organisation, name: "new.example".parse().unwrap() },
        |_, w| acting(w, if w.is_system() || w.elsewhere { Ok(()) } else { Err("organisation.not_found") });
    VerifyDomain, "a pending one":
        |s, w| VerifyDomain { organisation: s.organisation, name: PENDING.parse().unwrap() }, system;
    RemoveDomain, "one without addresses":
        |s, w| RemoveDomain { organisation: s.organisation, name: SPARE.parse().unwrap(), on_dependants: REFUSE },
        domains;
    RemoveDomain, "one in use":
        |s, w| RemoveDomain { organisation: s.organisation, name: DOMAIN.parse().unwrap(), on_dependants: REFUSE },
        |s, w| domains(s, w).and(Err("domain.in_use"));
    SetCatchAll, "a mailbox":
        |s, w| SetCatchAll {
            organisation: s.organisation,
            domain: DOMAIN.parse().unwrap(),
            mailbox: Some(s.mailboxes.open),
            on_dependants: REFUSE,
        },
        managers;
    SetCatchAll, "another organisation's mailbox":
        |s, w| SetCatchAll {
            organisation: s.organisation,
            domain: DOMAIN.parse().unwrap(),
            mailbox: Some(s.mailboxes.foreign),
            on_dependants: REFUSE,
        },
        |s, w| managers(s, w).and(Err("mailbox.not_found"));
    SetDomainAlias, "a spare domain":
        |s, w| SetDomainAlias {
            organisation: s.organisation,
            domain: SPARE.parse().unwrap(),
            of: Some(DOMAIN.parse().unwrap()),
            on_dependants: REFUSE,
        },
        domains;
    OfferDomain, "one with mailboxes": |s, w| put_on_offer(s, DOMAIN, s.foreign_organisation), owner;
    OfferDomain, "one without": |s, w| put_on_offer(s, SPARE, s.foreign_organisation), owner;
    OfferDomain, "one on offer, anew": |s, w| put_on_offer(s, OFFERED, s.foreign_organisation), owner;
    OfferDomain, "a pending one": |s, w| put_on_offer(s, PENDING, s.foreign_organisation),
        |s, w| owner(s, w).and(Err("domain.unverified"));
    OfferDomain, "to oneself": |s, w| put_on_offer(s, SPARE, s.organisation), |s, w| owner(s, w).and(Err("value.invalid"));
    WithdrawDomainOffer, "one on offer":
        |s, w| WithdrawDomainOffer { organisation: s.organisation, name: OFFERED.parse().unwrap() }, owner;
    WithdrawDomainOffer, "one that is not":
        |s, w| WithdrawDomainOffer { organisation: s.organisation, name: SPARE.parse().unwrap() },
        |s, w| owner(s, w).and(Err("offer.not_found"));
    DeclineDomainOffer, "of another organisation's":
        |s, w| DeclineDomainOffer {
            organisation: s.organisation,
            from: s.foreign_organisation,
            name: COMING.parse().unwrap(),
        },
        owner;
    DeclineDomainOffer, "for another organisation":
        |s, w| DeclineDomainOffer {
            organisation: s.foreign_organisation,
            from: s.organisation,
            name: OFFERED.parse().unwrap(),
        },
        owner_elsewhere;
    AcceptDomain, "another organisation's":
        |s, w| take_over(s.organisation, s.foreign_organisation, COMING), owner;
    AcceptDomain, "another organisation's that is not on offer":
        |s, w| take_over(s.organisation, s.foreign_organisation, "garage.example"),
        |s, w| owner(s, w).and(Err("offer.not_found"));
    AcceptDomain, "for another organisation":
        |s, w| take_over(s.foreign_organisation, s.organisation, OFFERED), owner_elsewhere;

    // Members.
    AddMember, "a stranger":
        |s, w| AddMember { organisation: s.organisation, user: s.others.stranger, role: Role::External, services: Services::new() },
        system;
    AddMember, "oneself":
        |s, w| AddMember { organisation: s.organisation, user: own_account(s, w), role: Role::Owner, services: Services::new() },
        system;
    SetRole, "a member":
        |s, w| SetRole { organisation: s.organisation, user: s.others.plain, role: Role::Collaborator }, admin;
    SetRole, "a member, to admin":
        |s, w| SetRole { organisation: s.organisation, user: s.others.plain, role: Role::Admin }, admin;
    SetRole, "a member, to owner":
        |s, w| SetRole { organisation: s.organisation, user: s.others.plain, role: Role::Owner }, owner;
    SetRole, "an admin":
        |s, w| SetRole { organisation: s.organisation, user: s.others.adam, role: Role::External }, admin;
    SetRole, "an admin, to owner":
        |s, w| SetRole { organisation: s.organisation, user: s.others.adam, role: Role::Owner }, owner;
    SetRole, "an owner":
        |s, w| SetRole { organisation: s.organisation, user: s.others.boss, role: Role::Admin }, owner;
    SetRole, "a suspended owner":
        |s, w| SetRole { organisation: s.organisation, user: s.others.resting_owner, role: Role::External }, owner;
    SetRole, "oneself, to owner":
        |s, w| SetRole { organisation: s.organisation, user: w.user().unwrap_or(s.others.plain), role: Role::Owner }, owner;
    SetRole, "oneself, to external":
        |s, w| SetRole { organisation: s.organisation, user: w.user().unwrap_or(s.others.plain), role: Role::External }, admin;
    SetRole, "a stranger":
        |s, w| SetRole { organisation: s.organisation, user: s.others.stranger, role: Role::External },
        |s, w| admin(s, w).and(Err("member.not_found"));
    SetServices, "a member":
        |s, w| SetServices { organisation: s.organisation, user: s.others.carl, services: [(Service::Mail, Level::Manage)].into() },
        admin;
    SetServices, "an owner":
        |s, w| SetServices { organisation: s.organisation, user: s.others.boss, services: Services::new() }, owner;
    SetServices, "oneself":
        |s, w| SetServices { organisation: s.organisation, user: w.user().unwrap_or(s.others.carl), services: [(Service::Mail, Level::Manage)].into() },
        admin;
    SuspendMember, "a member": |s, w| SuspendMember { organisation: s.organisation, user: s.others.anna }, admin;
    SuspendMember, "an admin": |s, w| SuspendMember { organisation: s.organisation, user: s.others.adam }, admin;
    SuspendMember, "an owner": |s, w| SuspendMember { organisation: s.organisation, user: s.others.boss }, owner;
    SuspendMember, "a suspended member":
        |s, w| SuspendMember { organisation: s.organisation, user: s.others.resting },
        |s, w| admin(s, w).and_then(|()| if w.is_system() { Ok(()) } else { Err("member.state") });
    ResumeMember, "a suspended member": |s, w| ResumeMember { organisation: s.organisation, user: s.others.resting }, admin;
    ResumeMember, "a suspended owner": |s, w| ResumeMember { organisation: s.organisation, user: s.others.resting_owner }, owner;
    ResumeMember, "one whom the host suspended":
        |s, w| ResumeMember { organisation: s.organisation, user: s.others.banned },
        |s, w| admin(s, w).and_then(|()| only(w.is_system()));
    ResumeMember, "oneself":
        |s, w| ResumeMember { organisation: s.organisation, user: w.user().unwrap_or(s.others.resting) },
        |s, w| admin(s, w).and_then(|()| if w.is_system() { Ok(()) } else { Err("member.state") });
    RemoveMember, "a member": |s, w| RemoveMember { organisation: s.organisation, user: s.others.anna }, admin;
    RemoveMember, "an admin": |s, w| RemoveMember { organisation: s.organisation, user: s.others.adam }, admin;
    RemoveMember, "an owner": |s, w| RemoveMember { organisation: s.organisation, user: s.others.boss }, owner;
    RemoveMember, "a stranger": |s, w| RemoveMember { organisation: s.organisation, user: s.others.stranger },
        |s, w| admin(s, w).and(Err("member.not_found"));
    Leave, "it": |s, w| Leave { organisation: s.organisation },
        |s, w| acting(w, if w.role.is_some() { Ok(()) } else { Err("organisation.not_found") })
            .and_then(|()| unsuspended(s));
    TransferOwnership, "one's own":
        |s, w| TransferOwnership {
            organisation: s.organisation,
            to: s.others.adam,
            from: if w.is_system() { Some(s.others.boss) } else { None },
        },
        owner;
    TransferOwnership, "another owner's":
        |s, w| TransferOwnership { organisation: s.organisation, to: s.others.adam, from: Some(s.others.boss) },
        |s, w| owner(s, w).and_then(|()| only(w.is_system()));
    TransferOwnership, "one's own to oneself":
        |s, w| TransferOwnership { organisation: s.organisation, to: w.user().unwrap_or(s.others.boss), from: w.user().or(Some(s.others.boss)) },
        |s, w| owner(s, w).and(Err("member.state"));
    TransferOwnership, "one's own to a suspended member":
        |s, w| TransferOwnership { organisation: s.organisation, to: s.others.resting, from: w.user().or(Some(s.others.boss)) },
        |s, w| owner(s, w).and(Err("member.state"));
    TransferOwnership, "one's own to a stranger":
        |s, w| TransferOwnership { organisation: s.organisation, to: s.others.stranger, from: w.user().or(Some(s.others.boss)) },
        |s, w| owner(s, w).and(Err("member.not_found"));

    // Invitations.
    Invite, "an external": |s, w| unwrapped_invite(invite(s, offer(Role::External, vec![]))),
        |s, w| invite_external(s, w, &[]);
    Invite, "an external to read": |s, w| unwrapped_invite(invite(s, offer(Role::External, vec![promise(s, [], None)]))),
        |s, w| invite_external(s, w, &[(Rights::EMPTY, None)]);
    Invite, "an external to read for a while":
        |s, w| unwrapped_invite(invite(s, offer(Role::External, vec![promise(s, [], soon(s))]))),
        |s, w| invite_external(s, w, &[(Rights::EMPTY, soon(s))]);
    Invite, "an external to share":
        |s, w| unwrapped_invite(invite(s, offer(Role::External, vec![promise(s, [Right::Sharing], None)]))),
        |s, w| invite_external(s, w, &[(rights([Right::Sharing]), None)]);
    Invite, "an external to send":
        |s, w| unwrapped_invite(invite(s, offer(Role::External, vec![promise(s, [Right::Send], soon(s))]))),
        |s, w| invite_external(s, w, &[(rights([Right::Send]), soon(s))]);
    Invite, "an external to a mailbox that is not granted":
        |s, w| unwrapped_invite(invite(s, offer(Role::External, vec![
            Promise { mailbox: s.mailboxes.ungranted, rights: Rights::EMPTY, expires: None }
        ]))),
        |s, w| inside(s, w).and_then(|()| if w.mail() { Ok(()) } else { Err("mailbox.not_found") });
    Invite, "an external to another organisation's mailbox":
        |s, w| unwrapped_invite(invite(s, offer(Role::External, vec![
            Promise { mailbox: s.mailboxes.foreign, rights: Rights::EMPTY, expires: None }
        ]))),
        |s, w| inside(s, w).and(Err("mailbox.not_found"));
    Invite, "a collaborator": |s, w| unwrapped_invite(invite(s, offer(Role::Collaborator, vec![]))), admin;
    Invite, "an admin": |s, w| unwrapped_invite(invite(s, offer(Role::Admin, vec![]))), admin;
    Invite, "an owner": |s, w| unwrapped_invite(invite(s, offer(Role::Owner, vec![]))), owner;
    Invite, "an external, where an owner is invited":
        |s, w| Invite { organisation: s.organisation, address: addr("d@invited.example"), offer: offer(Role::External, vec![]) },
        |s, w| invite_external(s, w, &[]).and_then(|()| only(w.owner()));
    ResendInvitation, "an external's": |s, w| ResendInvitation { invitation: s.invitations.external },
        |s, w| others_invitation(s, w, w.mail());
    ResendInvitation, "an external's with a mailbox": |s, w| ResendInvitation { invitation: s.invitations.with_mailbox },
        |s, w| others_invitation(s, w, w.mail());
    ResendInvitation, "a collaborator's": |s, w| ResendInvitation { invitation: s.invitations.collaborator },
        |s, w| others_invitation(s, w, w.admin());
    ResendInvitation, "an owner's": |s, w| ResendInvitation { invitation: s.invitations.owner },
        |s, w| others_invitation(s, w, w.owner());
    // Sent as an admin; "renewing or resending needs the right to give everything in it", as of now.
    ResendInvitation, "one's own": |s, w| ResendInvitation { invitation: own_invitation(s, w) },
        |s, w| {
            sees_own_invitation(s, w)?;
            if w.mail() {
                return Ok(());
            }
            if !w.sees() {
                return Err("mailbox.not_found");
            }
            invite_external(s, w, &[(rights([Right::Send]), None)])
        };
    RevokeInvitation, "an external's": |s, w| RevokeInvitation { invitation: s.invitations.external },
        |s, w| others_invitation(s, w, w.mail());
    RevokeInvitation, "a collaborator's": |s, w| RevokeInvitation { invitation: s.invitations.collaborator },
        |s, w| others_invitation(s, w, w.admin());
    RevokeInvitation, "an owner's": |s, w| RevokeInvitation { invitation: s.invitations.owner },
        |s, w| others_invitation(s, w, w.owner());
    // Taking back what one promised gives nothing away.
    RevokeInvitation, "one's own": |s, w| RevokeInvitation { invitation: own_invitation(s, w) }, sees_own_invitation;
    AcceptInvitation, "with one's account": |s, w| AcceptInvitation { token: s.tokens.invitation.as_str().into() },
        |s, w| {
            if w.user().is_none() {
                return Err("user.not_found");
            }
            acting(w, unsuspended(s))?;
            if w.member_suspended { Err("invitation.suspended") } else { Ok(()) }
        };
    AcceptInvitationAsNew, "the token":
        |s, w| AcceptInvitationAsNew { token: s.tokens.invitation.as_str().into(), name: "New".into(), password: PASSWORD.into() },
        whoever_holds_the_invitation;
    DeclineInvitation, "the token":
        |s, w| DeclineInvitation { token: s.tokens.invitation.as_str().into() }, whoever_holds_the_invitation;
    DeclineInvitation, "another token":
        |s, w| DeclineInvitation { token: s.tokens.reset.as_str().into() }, |_, _| Err("token.invalid");

    // Mailboxes.
    OpenMailbox, "a new one": |s, w| OpenMailbox::new(s.organisation, addr("new@bakery.example")), managers;
    OpenMailbox, "postmaster": |s, w| OpenMailbox::new(s.organisation, addr("postmaster@bakery.example")), managers;
    OpenMailbox, "a quarantined address":
        |s, w| OpenMailbox::new(s.organisation, addr("gone@bakery.example")),
        |s, w| managers(s, w).and(Err("address.quarantined"));
    OpenMailbox, "a reclaimed address":
        |s, w| OpenMailbox::new(s.organisation, addr("gone@bakery.example")).reclaim(Reclaim::Yes), managers;
    RenameMailbox, "it":
        |s, w| RenameMailbox {
            mailbox: s.mailboxes.open,
            address: addr("new@bakery.example"),
            former: FormerAddress::Alias,
            reclaim: Reclaim::No,
            on_dependants: REFUSE,
        },
        manage_mailbox;
    SetMailboxName, "it": |s, w| SetMailboxName { mailbox: s.mailboxes.open, name: Some("Us".into()) }, manage_mailbox;
    SetMailboxName, "one that is not granted":
        |s, w| SetMailboxName { mailbox: s.mailboxes.ungranted, name: None }, manage_ungranted;
    SetMailboxName, "another organisation's":
        |s, w| SetMailboxName { mailbox: s.mailboxes.foreign, name: None },
        |_, w| acting(w, if w.is_system() || w.elsewhere { Ok(()) } else { Err("mailbox.not_found") });
    SuspendMailbox, "an open one": |s, w| SuspendMailbox { mailbox: s.mailboxes.open, on_dependants: REFUSE }, manage_mailbox;
    ResumeMailbox, "a suspended one": |s, w| ResumeMailbox { mailbox: s.mailboxes.suspended }, manage_mailbox;
    ResumeMailbox, "one the host suspended":
        |s, w| ResumeMailbox { mailbox: s.mailboxes.suspended_by_system }, undo_the_hosts;
    CloseMailbox, "an open one": |s, w| CloseMailbox { mailbox: s.mailboxes.open, on_dependants: REFUSE }, manage_mailbox;
    CloseMailbox, "one the host suspended":
        |s, w| CloseMailbox { mailbox: s.mailboxes.suspended_by_system, on_dependants: REFUSE }, undo_the_hosts;
    ReopenMailbox, "a closed one": |s, w| ReopenMailbox { mailbox: s.mailboxes.closed }, manage_mailbox;
    ReopenMailbox, "one the host closed": |s, w| ReopenMailbox { mailbox: s.mailboxes.closed_by_system }, undo_the_hosts;
    DeleteMailbox, "an open one": |s, w| DeleteMailbox { mailbox: s.mailboxes.open, on_dependants: REFUSE }, manage_mailbox;
    DeleteMailbox, "a closed one": |s, w| DeleteMailbox { mailbox: s.mailboxes.closed, on_dependants: REFUSE }, manage_mailbox;
    DeleteMailbox, "one the host closed":
        |s, w| DeleteMailbox { mailbox: s.mailboxes.closed_by_system, on_dependants: REFUSE }, undo_the_hosts;
    DeleteMailbox, "one the host held":
        |s, w| DeleteMailbox { mailbox: s.mailboxes.held_by_system, on_dependants: REFUSE }, undo_the_hosts;
    HoldSending, "an open one": |s, w| HoldSending { mailbox: s.mailboxes.open }, manage_mailbox;
    ReleaseSending, "a held one": |s, w| ReleaseSending { mailbox: s.mailboxes.held }, manage_mailbox;
    ReleaseSending, "one the host held": |s, w| ReleaseSending { mailbox: s.mailboxes.held_by_system }, undo_the_hosts;

    // Aliases.
    AddAlias, "of the own domain": |s, w| AddAlias::new(s.mailboxes.open, addr("new@bakery.example")),
        |s, w| at_mailbox(s, w).and_then(|()| only(w.mail() || w.holds(Right::Aliases)));
    AddAlias, "of another domain": |s, w| AddAlias::new(s.mailboxes.open, addr("new@spare.example")),
        |s, w| at_mailbox(s, w).and_then(|()| only(w.mail()));
    AddAlias, "postmaster": |s, w| AddAlias::new(s.mailboxes.open, addr("postmaster@bakery.example")),
        |s, w| at_mailbox(s, w).and_then(|()| match w.holds(Right::Aliases) && !w.mail() {
            true => Err("address.reserved"),
            false => only(w.mail()),
        });
    AddAlias, "a reclaimed address":
        |s, w| AddAlias::new(s.mailboxes.open, addr("gone@bakery.example")).reclaim(Reclaim::Yes),
        |s, w| at_mailbox(s, w).and_then(|()| match w.holds(Right::Aliases) && !w.mail() {
            true => Err("address.quarantined"),
            false => only(w.mail()),
        });
    // Nothing is done with a mailbox that is not open, save by its managers.
    AddAlias, "of a suspended mailbox": |s, w| AddAlias::new(s.mailboxes.suspended, addr("new@bakery.example")),
        |s, w| at_mailbox(s, w).and_then(|()| only(w.mail()));
    RemoveAlias, "of the own domain":
        |s, w| RemoveAlias { mailbox: s.mailboxes.open, address: addr(ALIAS), on_dependants: REFUSE },
        |s, w| at_mailbox(s, w).and_then(|()| only(w.mail() || w.holds(Right::Aliases)));
    SetAliasSending, "of the own domain":
        |s, w| SetAliasSending { mailbox: s.mailboxes.open, address: addr(ALIAS), sending: AliasSending::Refused },
        |s, w| at_mailbox(s, w).and_then(|()| only(w.mail() || w.holds(Right::Aliases)));

    // Grants.
    GrantAccess, "a member, to read": |s, w| GrantAccess::new(s.mailboxes.open, s.others.plain).rights([]),
        |s, w| share(s, w, false, &[(Rights::EMPTY, None)]);
    GrantAccess, "a member, to read for a while":
        |s, w| GrantAccess { expires: soon(s), ..GrantAccess::new(s.mailboxes.open, s.others.plain).rights([]) },
        |s, w| share(s, w, false, &[(Rights::EMPTY, soon(s))]);
    GrantAccess, "a member, to share":
        |s, w| GrantAccess::new(s.mailboxes.open, s.others.plain).rights([Right::Sharing]),
        |s, w| share(s, w, false, &[(rights([Right::Sharing]), None)]);
    GrantAccess, "a member, everything":
        |s, w| GrantAccess { expires: soon(s), ..GrantAccess::new(s.mailboxes.open, s.others.plain).rights(Rights::ALL) },
        |s, w| share(s, w, false, &[(Rights::ALL.without(Right::Read), soon(s))]);
    GrantAccess, "a manager": |s, w| GrantAccess::new(s.mailboxes.open, s.others.adam).rights([]),
        |s, w| share(s, w, true, &[]);
    GrantAccess, "oneself": |s, w| GrantAccess {
            held: Some(HeldDevices::Revoke),
            ..GrantAccess::new(s.mailboxes.open, w.user().unwrap_or(s.others.plain)).rights([])
        },
        |s, w| at_mailbox(s, w).and_then(|()| only(w.mail())).and_then(|()| match w.rights() {
            Some(_) => Err("grant.exists"),
            None => Ok(()),
        });
    GrantAccess, "a stranger": |s, w| GrantAccess::new(s.mailboxes.open, s.others.stranger).rights([]),
        |s, w| share(s, w, false, &[(Rights::EMPTY, None)]).and(Err("grant.not_member"));
    GrantAccess, "a suspended mailbox": |s, w| GrantAccess::new(s.mailboxes.suspended, s.others.plain).rights([]),
        |s, w| at_mailbox(s, w).and_then(|()| only(w.mail()));
    ChangeGrant, "a reader's": |s, w| ChangeGrant { mailbox: s.mailboxes.open, user: s.others.rita, rights: rights([Right::Sharing]) },
        |s, w| share(s, w, false, &[(Rights::EMPTY, None), (rights([Right::Sharing]), None)]);
    ChangeGrant, "a sender's": |s, w| ChangeGrant { mailbox: s.mailboxes.open, user: s.others.anna, rights: Rights::EMPTY },
        |s, w| share(s, w, false, &[(rights([Right::Send]), None), (Rights::EMPTY, None)]);
    ChangeGrant, "a manager's": |s, w| ChangeGrant { mailbox: s.mailboxes.open, user: s.others.mia, rights: rights([Right::Sharing]) },
        |s, w| share(s, w, true, &[]);
    ChangeGrant, "one's own":
        |s, w| ChangeGrant { mailbox: s.mailboxes.open, user: w.user().unwrap_or(s.others.rita), rights: rights([Right::Send]) },
        |s, w| at_mailbox(s, w).and_then(|()| only(w.mail())).and_then(|()| match w.granted {
            _ if w.is_system() => Ok(()),
            Granted::Nothing => Err("grant.not_found"),
            Granted::Expired => Err("grant.expired"),
            _ => Ok(()),
        });
    ChangeGrant, "of somebody without one":
        |s, w| ChangeGrant { mailbox: s.mailboxes.open, user: s.others.plain, rights: Rights::EMPTY },
        |s, w| share(s, w, false, &[]).and(Err("grant.not_found"));
    SetGrantExpiry, "a reader's": |s, w| SetGrantExpiry { mailbox: s.mailboxes.open, user: s.others.rita, expires: soon(s) },
        |s, w| share(s, w, false, &[(Rights::EMPTY, None), (Rights::EMPTY, soon(s))]);
    SetGrantExpiry, "a sender's": |s, w| SetGrantExpiry { mailbox: s.mailboxes.open, user: s.others.anna, expires: soon(s) },
        |s, w| share(s, w, false, &[(rights([Right::Send]), None), (rights([Right::Send]), soon(s))]);
    SetGrantExpiry, "a manager's": |s, w| SetGrantExpiry { mailbox: s.mailboxes.open, user: s.others.mia, expires: soon(s) },
        |s, w| share(s, w, true, &[]);
    SetGrantExpiry, "one's own":
        |s, w| SetGrantExpiry { mailbox: s.mailboxes.open, user: w.user().unwrap_or(s.others.rita), expires: soon(s) },
        |s, w| at_mailbox(s, w).and_then(|()| only(w.mail())).and_then(|()| match w.granted {
            _ if w.is_system() => Ok(()),
            Granted::Nothing => Err("grant.not_found"),
            Granted::Expired => Err("grant.expired"),
            _ => Ok(()),
        });
    RevokeGrant, "a reader's": |s, w| RevokeGrant { mailbox: s.mailboxes.open, user: s.others.rita, held: HeldDevices::Revoke },
        |s, w| share(s, w, false, &[(Rights::EMPTY, None)]);
    RevokeGrant, "a sender's": |s, w| RevokeGrant { mailbox: s.mailboxes.open, user: s.others.anna, held: HeldDevices::Revoke },
        |s, w| share(s, w, false, &[(rights([Right::Send]), None)]);
    // "`HeldDevices::Release` for those who may add a device for nobody."
    RevokeGrant, "a sender's, releasing":
        |s, w| RevokeGrant { mailbox: s.mailboxes.open, user: s.others.anna, held: HeldDevices::Release },
        |s, w| share(s, w, false, &[(rights([Right::Send]), None)]).and_then(|()| only(w.mail()));
    RevokeGrant, "a manager's": |s, w| RevokeGrant { mailbox: s.mailboxes.open, user: s.others.mia, held: HeldDevices::Revoke },
        |s, w| share(s, w, true, &[]);
    RevokeGrant, "one's own":
        |s, w| RevokeGrant { mailbox: s.mailboxes.open, user: w.user().unwrap_or(s.others.rita), held: HeldDevices::Revoke },
        |s, w| at_mailbox(s, w).and_then(|()| only(w.mail())).and_then(|()| match w.has_any_grant() || w.is_system() {
            true => Ok(()),
            false => Err("grant.not_found"),
        });
    GiveUpGrant, "one's own": |s, w| GiveUpGrant { mailbox: s.mailboxes.open },
        |s, w| {
            // Nobody but a person has a grant to give up.
            if w.user().is_none() {
                return Err("mailbox.not_found");
            }
            at_mailbox(s, w)?;
            if w.has_any_grant() { Ok(()) } else { Err("grant.not_found") }
        };

    // Devices.
    AddDevice, "for oneself": |s, w| AddDevice::new(s.mailboxes.open, "new").protocols(imap()),
        |s, w| at_mailbox(s, w).and_then(|()| match w.rights() {
            Some(_) => only(w.mail() || w.holds(Right::Devices)),
            None => Err("device.holder"),
        });
    AddDevice, "for oneself, by name":
        |s, w| AddDevice::new(s.mailboxes.open, "new").protocols(imap()).holder(For::User(own_account(s, w))),
        |s, w| at_mailbox(s, w).and_then(|()| only(w.mail() || w.holds(Right::Devices)))
            .and_then(|()| if w.rights().is_some() { Ok(()) } else { Err("device.holder") });
    AddDevice, "for somebody with a grant":
        |s, w| AddDevice::new(s.mailboxes.open, "new").protocols(imap()).holder(For::User(s.others.anna)), manage_mailbox;
    AddDevice, "for somebody without a grant":
        |s, w| AddDevice::new(s.mailboxes.open, "new").protocols(imap()).holder(For::User(s.others.plain)),
        |s, w| manage_mailbox(s, w).and(Err("device.holder"));
    AddDevice, "for somebody, beyond their grant":
        |s, w| AddDevice::new(s.mailboxes.open, "new").protocols([Protocol::Smtp]).holder(For::User(s.others.rita)),
        |s, w| manage_mailbox(s, w).and(Err("device.exceeds_grant"));
    AddDevice, "for nobody":
        |s, w| AddDevice::new(s.mailboxes.open, "new").protocols(imap()).holder(For::Nobody { handed_to: None }), manage_mailbox;
    AddDevice, "for oneself, to send":
        |s, w| AddDevice::new(s.mailboxes.open, "new").protocols([Protocol::Smtp]),
        |s, w| at_mailbox(s, w).and_then(|()| match w.rights() {
            Some(rights) => only(w.mail() || w.holds(Right::Devices))
                .and_then(|()| if rights.contains(Right::Send) { Ok(()) } else { Err("device.exceeds_grant") }),
            None => Err("device.holder"),
        });
    AddLegacyDevice, "for nobody":
        |s, w| AddLegacyDevice {
            mailbox: s.mailboxes.open,
            label: "old".into(),
            holder: For::Nobody { handed_to: None },
            protocols: imap(),
            phc: PHC.into(),
        },
        system;
    RenameDevice, "one's own": |s, w| RenameDevice { device: own_device(s, w), label: "other".into() }, own_device_changes;
    RenameDevice, "somebody's": |s, w| RenameDevice { device: s.devices.annas, label: "other".into() }, others_device_changes;
    RenameDevice, "nobody's": |s, w| RenameDevice { device: s.devices.nobodys, label: "other".into() }, others_device_changes;
    // Having made it, or knowing its password, gives no right.
    RenameDevice, "nobody's, of one's making": |s, w| RenameDevice { device: made_device(s, w), label: "other".into() }, others_device_changes;
    RenameDevice, "a revoked one": |s, w| RenameDevice { device: s.devices.revoked, label: "other".into() },
        |s, w| others_device_changes(s, w).and(Err("device.revoked"));
    NarrowDevice, "one's own":
        |s, w| NarrowDevice { device: own_device(s, w), bounds: bounds(Some("192.0.2.1/32")) }, own_device_changes;
    NarrowDevice, "one's own, wider":
        |s, w| NarrowDevice { device: own_device(s, w), bounds: bounds(None) },
        |s, w| own_device_changes(s, w).and(Err("device.bounds"));
    NarrowDevice, "somebody's":
        |s, w| NarrowDevice { device: s.devices.annas, bounds: bounds(Some("192.0.2.1/32")) }, others_device_changes;
    NarrowDevice, "nobody's, of one's making":
        |s, w| NarrowDevice { device: made_device(s, w), bounds: bounds(Some("192.0.2.1/32")) }, others_device_changes;
    // "The managers, who alone widen."
    WidenDevice, "one's own": |s, w| WidenDevice { device: own_device(s, w), bounds: bounds(None) },
        others_device_changes;
    WidenDevice, "somebody's": |s, w| WidenDevice { device: s.devices.annas, bounds: bounds(None) }, others_device_changes;
    WidenDevice, "nobody's": |s, w| WidenDevice { device: s.devices.nobodys, bounds: bounds(None) }, others_device_changes;
    WidenDevice, "somebody's, beyond their grant":
        |s, w| WidenDevice {
            device: s.devices.annas,
            bounds: Bounds { protocols: [Protocol::ManageSieve].into(), networks: None, expires: None },
        },
        |s, w| others_device_changes(s, w).and(Err("device.exceeds_grant"));
    // "Rotating needs `Devices`."
    RotateDevice, "one's own": |s, w| RotateDevice::new(own_device(s, w)),
        |s, w| own_device_changes(s, w).and_then(|()| only(w.mail() || w.holds(Right::Devices)));
    RotateDevice, "somebody's": |s, w| RotateDevice::new(s.devices.annas), others_device_changes;
    RotateDevice, "nobody's, of one's making": |s, w| RotateDevice::new(made_device(s, w)), others_device_changes;
    RevokeDevice, "one's own": |s, w| RevokeDevice { device: own_device(s, w) }, own_device_changes;
    RevokeDevice, "somebody's": |s, w| RevokeDevice { device: s.devices.annas }, others_device_changes;
    RevokeDevice, "nobody's, of one's making": |s, w| RevokeDevice { device: made_device(s, w) }, others_device_changes;
    RevokeDevicesOfMailbox, "all": |s, w| RevokeDevicesOfMailbox { mailbox: s.mailboxes.open, except: None }, manage_mailbox;
    RevokeDevicesOfHolder, "one's own":
        |s, w| RevokeDevicesOfHolder { organisation: s.organisation, holder: w.user().unwrap_or(s.others.anna) }, inside;
    RevokeDevicesOfHolder, "somebody's":
        |s, w| RevokeDevicesOfHolder { organisation: s.organisation, holder: s.others.anna }, managers;
    RevokeDevicesOfOrganisation, "all": |s, w| RevokeDevicesOfOrganisation { organisation: s.organisation }, managers;
}
