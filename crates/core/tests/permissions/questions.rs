//! The table of "Who may do what", for questions: who sees what.

use std::collections::BTreeSet;

use mailgrant::device::DeviceEvent;
use mailgrant::domain::OfferedDomain;
use mailgrant::report::{ReviewRow, ReviewRows, Subject};
use mailgrant::*;

use crate::cast::{ALIAS, COMING, DOMAIN, Granted, OFFERED, Person, Stage};
use crate::common::addr;

/// What was seen, in a few words, or the code of the refusal.
pub type Seen = Result<String, &'static str>;

pub struct Case {
    pub about: &'static str,
    pub ask: fn(&Stage, &Person) -> Seen,
    pub expect: fn(&Stage, &Person) -> Seen,
}

fn answer<T>(result: Result<T, Error>, say: impl FnOnce(T) -> String) -> Seen {
    result.map(say).map_err(|error| error.code().as_str())
}

fn seen() -> Seen {
    Ok("seen".to_owned())
}

fn see<T>(_: T) -> String {
    "seen".to_owned()
}

fn acting(w: &Person, otherwise: Seen) -> Seen {
    if w.user_suspended { Err("actor.suspended") } else { otherwise }
}

fn offers(all: Vec<OfferedDomain>) -> String {
    all.iter().map(|offered| offered.domain.as_str()).collect::<Vec<_>>().join(" ")
}

fn if_else(allowed: bool, refusal: &'static str) -> Seen {
    if allowed { seen() } else { Err(refusal) }
}

fn member(w: &Person) -> Seen {
    acting(w, if_else(w.is_system() || w.is_member(), "organisation.not_found"))
}

/// Members know that there is an organisation, and are told that they may not.
fn admin(_: &Stage, w: &Person) -> Seen {
    member(w).and_then(|_| if_else(w.admin(), "access.denied"))
}

fn mailbox(_: &Stage, w: &Person) -> Seen {
    acting(w, if_else(w.sees(), "mailbox.not_found"))
}

fn ungranted(_: &Stage, w: &Person) -> Seen {
    acting(w, if_else(w.mail(), "mailbox.not_found"))
}

fn foreign(_: &Stage, w: &Person) -> Seen {
    acting(w, if_else(w.is_system() || w.elsewhere, "mailbox.not_found"))
}

fn device(_: &Stage, w: &Person) -> Seen {
    acting(w, if_else(w.sees(), "device.not_found"))
}

fn own_account(s: &Stage, w: &Person) -> UserId {
    w.user().unwrap_or(s.others.stranger)
}

fn oneself(_: &Stage, w: &Person) -> Seen {
    acting(w, if_else(!w.is_bearer(), "user.not_found"))
}

/// The people whom the library shows only to themselves and the host.
fn somebody_else(_: &Stage, w: &Person) -> Seen {
    acting(w, if_else(w.is_system(), "user.not_found"))
}

/// "Owner and Admin within their organisation."
fn a_member(_: &Stage, w: &Person) -> Seen {
    acting(w, if_else(w.admin(), "user.not_found"))
}

fn page() -> PageRequest {
    PageRequest::first(1_000)
}

fn all<T>(question: impl FnMut(&PageRequest) -> Result<Page<T>, Error>) -> Result<Vec<T>, Error> {
    every(question).collect()
}

fn networks(device: &Device) -> &'static str {
    if device.bounds.networks.is_some() { "with networks" } else { "without networks" }
}

fn access(s: &Stage, w: &Person) -> Seen {
    if !is_chosen(w) {
        let one = s.world.directory.access(&w.actor, s.mailboxes.open, &PageRequest::first(1));
        return answer(one, see);
    }
    answer(all(|page| s.world.directory.access(&w.actor, s.mailboxes.open, page)), |all| {
        let used = all.iter().any(|access| access.last_used.is_some());
        let annas =
            |access: &Access| matches!(&access.who, Reacher::Device { id, .. } if *id == s.devices.annas);
        format!("anna's: {}, last use: {used}", all.iter().any(annas))
    })
}

fn access_expected(s: &Stage, w: &Person) -> Seen {
    match is_chosen(w) {
        true => mailbox(s, w).map(|_| format!("anna's: true, last use: {}", w.mail())),
        false => mailbox(s, w),
    }
}

fn devices(s: &Stage, w: &Person) -> Seen {
    if !is_chosen(w) {
        return answer(s.world.directory.devices(&w.actor, s.organisation, &PageRequest::first(1)), see);
    }
    let devices = all(|page| s.world.directory.devices(&w.actor, s.organisation, page));
    answer(devices, |devices| {
        let annas = devices.iter().find(|listed| listed.device.id == s.devices.annas);
        let open: Vec<DeviceId> = devices
            .iter()
            .filter(|listed| listed.device.bounds.networks.is_some())
            .map(|listed| listed.device.id)
            .collect();
        let used = annas.is_some_and(|listed| listed.last_used.is_some());
        let networks = match open.as_slice() {
            [] => "none's",
            [one] if Some(*one) == w.own_device => "one's own",
            _ => "all",
        };
        format!("{}, networks: {networks}, last use: {used}", if annas.is_some() { "all" } else { "none" })
    })
}

fn devices_expected(_: &Stage, w: &Person) -> Seen {
    if !is_chosen(w) {
        return member(w);
    }
    let networks = match (w.mail(), w.sees() && w.own_device.is_some()) {
        (true, _) => "all",
        (false, true) => "one's own",
        (false, false) => "none's",
    };
    let listed = if w.sees() { "all" } else { "none" };
    member(w).map(|_| format!("{listed}, networks: {networks}, last use: {}", w.mail()))
}

/// Costly questions are for a few of each kind.
fn is_chosen(w: &Person) -> bool {
    let services = [Service::Sites, Service::Billing];
    let few = |rights: Rights| rights == Rights::ALL || rights == Rights::from([Right::Activity]);
    services.iter().all(|service| !w.services.contains_key(service))
        && w.services.values().all(|level| *level == Level::Manage)
        && match w.granted {
            Granted::Endless(rights) => few(rights),
            Granted::Nothing | Granted::Expired => true,
            Granted::Until => false,
        }
}

fn mailbox_history(s: &Stage, w: &Person, mailbox: MailboxId) -> Seen {
    if !is_chosen(w) {
        return Ok("not asked".to_owned());
    }
    let filter = HistoryFilter::default();
    let entries = all(|page| s.world.directory.mailbox_history(&w.actor, mailbox, &filter, page));
    answer(entries, |entries| {
        let recent = s.world.now().minus(std::time::Duration::from_secs(90 * 86_400));
        let mut said = BTreeSet::new();
        for entry in &entries {
            let age = if entry.at < recent { "old" } else { "recent" };
            let what = match &entry.event {
                Event::Grant(..) => "grant",
                Event::Device(_, _, _, DeviceEvent::Added { bounds, .. }) => match bounds.networks {
                    Some(_) => "device with networks",
                    None => "device",
                },
                Event::Device(..) => "device",
                _ => "mailbox",
            };
            said.insert(format!("{age} {what}"));
        }
        said.into_iter().collect::<Vec<_>>().join(", ")
    })
}

/// "Its grant and device changes of the last 90 days: anyone with access to it; the managers"; "a mailbox's
/// history: also a grant with `Activity`".
///
/// "A device's networks …: its holder; the managers": whoever holds a device in the story sees those of that one.
fn mailbox_history_expected(w: &Person, whole: bool) -> Seen {
    if !is_chosen(w) {
        return Ok("not asked".to_owned());
    }
    acting(w, if_else(w.sees(), "mailbox.not_found"))?;
    let networks = w.mail() || w.own_device.is_some();
    Ok(match (whole, networks) {
        (true, true) => {
            "old device, old device with networks, old grant, old mailbox, recent grant, recent mailbox"
        }
        (true, false) => "old device, old grant, old mailbox, recent grant, recent mailbox",
        (false, _) => "recent grant",
    }
    .to_owned())
}

/// What whoever may look at the past sees there.
fn past(s: &Stage, w: &Person) -> Seen {
    if !is_chosen(w) {
        return Ok("not asked".to_owned());
    }
    let then = s.world.directory.at(&w.actor, s.organisation, s.beginning);
    answer(then, |then| {
        let code = |result: Result<(), Error>| match result {
            Ok(()) => "seen".to_owned(),
            Err(error) => error.code().to_string(),
        };
        let members = code(then.members(&w.actor, s.organisation, &page()).map(drop));
        let of = |mailbox| code(then.access(&w.actor, mailbox, &page()).map(drop));
        let (open, closed) = (of(s.mailboxes.open), of(s.mailboxes.closed));
        let ungranted = of(s.mailboxes.ungranted);
        let device = match then.device(&w.actor, s.devices.annas) {
            Ok(device) => networks(&device).to_owned(),
            Err(error) => error.code().to_string(),
        };
        let reach = code(then.reach(&w.actor, s.others.anna).map(drop));
        let login = code(then.user_by_login(&w.actor, &addr("anna@people.example")).map(drop));
        let why = code(then.explain(&w.actor, s.others.anna, Right::Send, s.mailboxes.open).map(drop));
        format!(
            "members {members}, open {open}, closed {closed}, ungranted {ungranted}, device {device}, \
             reach {reach}, login {login}, explain {why}"
        )
    })
}

fn past_expected(_: &Stage, w: &Person) -> Seen {
    if !is_chosen(w) {
        return Ok("not asked".to_owned());
    }
    member(w)?;
    if w.admin() {
        // At the beginning nobody of the cast was there yet: today decides.
        return Ok(
            "members seen, open seen, closed seen, ungranted seen, device with networks, reach seen, \
                   login seen, explain seen"
                .to_owned(),
        );
    }
    if w.holds(Right::Activity) {
        // A right on a mailbox that is not open is none, and of open ones a guest sees what guests see.
        return Ok("members organisation.not_found, open seen, closed mailbox.not_found, \
                   ungranted mailbox.not_found, device without networks, reach user.not_found, \
                   login user.not_found, explain access.denied"
            .to_owned());
    }
    Err("access.denied")
}

/// "`review`: Owner, Admin, `Mail: Manage`".
fn review(_: &Stage, w: &Person) -> Seen {
    member(w).and_then(|_| if_else(w.mail(), "access.denied"))
}

/// Which pending invitations a review shows.
fn reviewed_invitations(s: &Stage, w: &Person) -> Seen {
    if !is_chosen(w) {
        return Ok("not asked".to_owned());
    }
    let rows = all(|page| s.world.directory.review(&w.actor, s.organisation, ReviewRows::All, page));
    answer(rows, |rows| {
        let seen = |id: InvitationId| {
            let row = |row: &ReviewRow| matches!(&row.subject, Subject::Invitation(found) if found.id == id);
            if rows.iter().any(row) { "seen" } else { "hidden" }
        };
        let found = &s.invitations;
        format!(
            "external {}, collaborator {}, owner {}",
            seen(found.external),
            seen(found.collaborator),
            seen(found.owner)
        )
    })
}

/// Those who manage mail "may invite Externals": they see what they could give themselves.
fn reviewed_invitations_expected(s: &Stage, w: &Person) -> Seen {
    if !is_chosen(w) {
        return Ok("not asked".to_owned());
    }
    let others = if w.admin() { "seen" } else { "hidden" };
    review(s, w).map(|_| format!("external seen, collaborator {others}, owner {others}"))
}

/// "See a device's networks, source addresses, last use; `blast_radius`: its holder; the managers."
fn radius(s: &Stage, w: &Person, device: DeviceId) -> Seen {
    answer(s.world.directory.blast_radius(&w.actor, device, &PageRequest::first(1)), see)
}

fn radius_of_anothers(s: &Stage, w: &Person) -> Seen {
    device(s, w).and_then(|_| if_else(w.mail(), "access.denied"))
}

/// "`at`": owners, admins; "a mailbox's … past: also a grant with `Activity`".
fn compared(s: &Stage, w: &Person) -> Seen {
    if !is_chosen(w) {
        return Ok("not asked".to_owned());
    }
    let (from, to) = (s.beginning, s.world.now());
    answer(s.world.directory.compare(&w.actor, s.organisation, from, to, &PageRequest::first(1)), see)
}

fn compared_expected(_: &Stage, w: &Person) -> Seen {
    if !is_chosen(w) {
        return Ok("not asked".to_owned());
    }
    member(w).and_then(|_| if_else(w.admin() || w.holds(Right::Activity), "access.denied"))
}

macro_rules! cases {
    ($($about:literal: |$s:ident, $w:ident, $d:ident| $ask:expr, $expect:expr;)+) => {
        pub fn cases() -> Vec<Case> {
            vec![$(Case {
                about: $about,
                ask: |$s, $w| {
                    let $d = &$s.world.directory;
                    let _ = ($w, $d);
                    $ask
                },
                expect: $expect,
            },)+]
        }
    };
}

fn addresses(mailboxes: Vec<Mailbox>) -> String {
    let mut names: Vec<String> = mailboxes.iter().map(|mailbox| mailbox.address.local().to_owned()).collect();
    names.sort();
    names.join(" ")
}

cases! {
    // The organisation.
    "organisation": |s, w, d| answer(d.organisation(&w.actor, s.organisation), see), |_, w| member(w);
    "organisation_by_domain":
        |s, w, d| answer(d.organisation_by_domain(&w.actor, &DOMAIN.parse().unwrap()), see), |_, w| member(w);
    "another organisation": |s, w, d| answer(d.organisation(&w.actor, s.foreign_organisation), see),
        |_, w| acting(w, if_else(w.is_system() || w.elsewhere, "organisation.not_found"));
    "members": |s, w, d| answer(d.members(&w.actor, s.organisation, &page()), see), admin;
    "invitations": |s, w, d| answer(d.invitations(&w.actor, s.organisation, &page()), see), admin;
    "history":
        |s, w, d| answer(d.history(&w.actor, s.organisation, &HistoryFilter::default(), &PageRequest::first(1)), see),
        admin;
    "domains": |s, w, d| answer(d.domains(&w.actor, s.organisation, &page()), see),
        |_, w| member(w).and_then(|_| if_else(w.domains(), "access.denied"));
    "domain_offers": |s, w, d| answer(all(|page| d.domain_offers(&w.actor, s.organisation, page)), offers),
        |_, w| member(w).and_then(|_| if w.owner() { Ok(COMING.to_owned()) } else { Err("access.denied") });
    "domain_offers elsewhere":
        |s, w, d| answer(all(|page| d.domain_offers(&w.actor, s.foreign_organisation, page)), offers),
        |_, w| acting(w, match w.is_system() || w.elsewhere {
            true => Ok(OFFERED.to_owned()),
            false => Err("organisation.not_found"),
        });
    "at": |s, w, d| past(s, w), past_expected;
    "export": |s, w, d| match is_chosen(w) {
        true => answer(d.export(&w.actor, s.organisation, History::Without, std::io::sink()), see),
        false => admin(s, w),
    }, admin;
    "import": |_s, w, d| answer(d.import(&w.actor, &b""[..]), see),
        |_, w| Err(if w.is_system() { "import.invalid" } else { "access.denied" });

    // Mailboxes.
    "mailboxes": |s, w, d| answer(all(|page| d.mailboxes(&w.actor, s.organisation, page)), addresses),
        |_, w| member(w).map(|_| match (w.mail(), w.sees()) {
            (true, _) => "closed contact held host-closed host-held host-suspended suspended ungranted",
            (false, true) => "closed contact held suspended",
            (false, false) => "",
        }.to_owned());
    "aliases": |s, w, d| answer(all(|page| d.aliases(&w.actor, s.organisation, page)), |all| all.len().to_string()),
        |_, w| member(w).map(|_| if w.sees() { "2" } else { "0" }.to_owned());
    "aliases_of": |s, w, d| answer(d.aliases_of(&w.actor, s.mailboxes.open, &page()), see), mailbox;
    "aliases_of one that is not granted":
        |s, w, d| answer(d.aliases_of(&w.actor, s.mailboxes.ungranted, &page()), see), ungranted;
    "mailbox": |s, w, d| answer(d.mailbox(&w.actor, s.mailboxes.open), see), mailbox;
    "a closed mailbox": |s, w, d| answer(d.mailbox(&w.actor, s.mailboxes.closed), see), mailbox;
    "a mailbox that is not granted": |s, w, d| answer(d.mailbox(&w.actor, s.mailboxes.ungranted), see), ungranted;
    "another organisation's mailbox": |s, w, d| answer(d.mailbox(&w.actor, s.mailboxes.foreign), see), foreign;
    "mailbox_by_address":
        |s, w, d| answer(d.mailbox_by_address(&w.actor, &addr("contact@bakery.example")), see), mailbox;
    "mailbox_by_address, an alias": |s, w, d| answer(d.mailbox_by_address(&w.actor, &addr(ALIAS)), see), mailbox;
    "mailbox_by_address, one that is not granted":
        |s, w, d| answer(d.mailbox_by_address(&w.actor, &addr("ungranted@bakery.example")), see), ungranted;
    "mailbox_by_address, in another organisation":
        |s, w, d| answer(d.mailbox_by_address(&w.actor, &addr("office@garage.example")), see), foreign;
    "access": |s, w, d| access(s, w), access_expected;
    "access to one that is not granted":
        |s, w, d| answer(d.access(&w.actor, s.mailboxes.ungranted, &page()), see), ungranted;
    "mailbox_history": |s, w, d| mailbox_history(s, w, s.mailboxes.open),
        |_, w| mailbox_history_expected(w, w.admin() || w.holds(Right::Activity));
    "mailbox_history of one that is not granted":
        |s, w, d| answer(d.mailbox_history(&w.actor, s.mailboxes.ungranted, &HistoryFilter::default(), &page()), see),
        ungranted;

    // Devices.
    "devices": |s, w, d| devices(s, w), devices_expected;
    "device": |s, w, d| answer(d.device(&w.actor, s.devices.annas), |device| networks(&device).to_owned()),
        |s, w| device(s, w).map(|_| if w.mail() { "with networks" } else { "without networks" }.to_owned());
    "one's own device":
        |s, w, d| answer(d.device(&w.actor, w.own_device.unwrap_or(s.devices.annas)), |device| networks(&device).to_owned()),
        |s, w| device(s, w).map(|_| match w.mail() || w.own_device.is_some() {
            true => "with networks",
            false => "without networks",
        }.to_owned());
    "nobody's device": |s, w, d| answer(d.device(&w.actor, s.devices.nobodys), |device| networks(&device).to_owned()),
        |s, w| device(s, w).map(|_| if w.mail() { "with networks" } else { "without networks" }.to_owned());
    "a revoked device": |s, w, d| answer(d.device(&w.actor, s.devices.revoked), see), device;

    // Invitations.
    "invitation": |s, w, d| answer(d.invitation(&w.actor, s.invitations.external), see),
        |_, w| acting(w, if_else(w.admin(), "invitation.not_found"));
    "one's own invitation":
        |s, w, d| answer(d.invitation(&w.actor, w.sent.unwrap_or(s.invitations.external)), see),
        |_, w| acting(w, if_else(w.admin() || (w.sent.is_some() && w.is_member()), "invitation.not_found"));

    // People.
    "user, oneself": |s, w, d| answer(d.user(&w.actor, own_account(s, w)), see), oneself;
    "user, a member": |s, w, d| answer(d.user(&w.actor, s.others.anna), see), somebody_else;
    "user, a stranger": |s, w, d| answer(d.user(&w.actor, s.others.stranger), see), somebody_else;
    "user_by_login, a member":
        |s, w, d| answer(d.user_by_login(&w.actor, &addr("anna@people.example")), see), a_member;
    "user_by_login, a stranger":
        |s, w, d| answer(d.user_by_login(&w.actor, &addr("stranger@people.example")), see), somebody_else;
    "user_by_login, nobody":
        |s, w, d| answer(d.user_by_login(&w.actor, &addr("nobody@people.example")), see),
        |_, w| acting(w, Err("user.not_found"));
    "user_history, oneself":
        |s, w, d| answer(d.user_history(&w.actor, own_account(s, w), &HistoryFilter::default(), &page()), see), oneself;
    "user_history, a member":
        |s, w, d| answer(d.user_history(&w.actor, s.others.anna, &HistoryFilter::default(), &page()), see),
        somebody_else;
    "export_for, oneself": |s, w, d| match is_chosen(w) {
        true => answer(d.export_for(&w.actor, own_account(s, w)), see),
        false => oneself(s, w),
    }, oneself;
    "export_for, a member": |s, w, d| answer(d.export_for(&w.actor, s.others.anna), see), somebody_else;
    "reach, oneself": |s, w, d| answer(d.reach(&w.actor, own_account(s, w)), |reach| reach.organisations.len().to_string()),
        |s, w| oneself(s, w).map(|_| if w.role.is_some() || w.elsewhere { "1" } else { "0" }.to_owned());
    "reach, a member": |s, w, d| answer(d.reach(&w.actor, s.others.anna), see), a_member;
    "reach, an owner": |s, w, d| answer(d.reach(&w.actor, s.others.boss), see), a_member;
    "reach, a stranger": |s, w, d| answer(d.reach(&w.actor, s.others.stranger), see), somebody_else;
    "explain, oneself":
        |s, w, d| answer(d.explain(&w.actor, own_account(s, w), Right::Send, s.mailboxes.open), |why| why.allowed.to_string()),
        |s, w| acting(w, if_else(w.is_system() || w.mail() || w.has_any_grant(), "mailbox.not_found")).map(|_| {
            // A suspended organisation stops all rights.
            let allowed = !s.is_suspended() && w.holds(Right::Send);
            allowed.to_string()
        });
    "explain, oneself on one that is not granted":
        |s, w, d| answer(d.explain(&w.actor, own_account(s, w), Right::Read, s.mailboxes.ungranted), see), ungranted;
    "explain, oneself on another organisation's":
        |s, w, d| answer(d.explain(&w.actor, own_account(s, w), Right::Read, s.mailboxes.foreign), see), foreign;
    "explain, a member":
        |s, w, d| answer(d.explain(&w.actor, s.others.anna, Right::Send, s.mailboxes.open), see),
        |s, w| mailbox(s, w).and_then(|_| if_else(w.admin(), "access.denied"));

    // Reports.
    "review":
        |s, w, d| answer(d.review(&w.actor, s.organisation, ReviewRows::All, &PageRequest::first(1)), see), review;
    "review, the invitations": |s, w, d| reviewed_invitations(s, w), reviewed_invitations_expected;
    "review of another organisation":
        |s, w, d| answer(d.review(&w.actor, s.foreign_organisation, ReviewRows::All, &PageRequest::first(1)), see),
        |_, w| acting(w, if_else(w.is_system() || w.elsewhere, "organisation.not_found"));
    "login_risks": |s, w, d| answer(d.login_risks(&w.actor, s.organisation, &page()), see), admin;
    "blast_radius": |s, w, d| radius(s, w, s.devices.annas), radius_of_anothers;
    "blast_radius of one's own": |s, w, d| radius(s, w, w.own_device.unwrap_or(s.devices.annas)),
        |s, w| device(s, w).and_then(|_| if_else(w.mail() || w.own_device.is_some(), "access.denied"));
    "blast_radius of nobody's device": |s, w, d| radius(s, w, s.devices.nobodys), radius_of_anothers;
    "blast_radius of a revoked device": |s, w, d| radius(s, w, s.devices.revoked), radius_of_anothers;
    "compare": |s, w, d| compared(s, w), compared_expected;
}
