//! The rules about devices: who adds, rotates, narrows, widens and revokes them, and when one opens its mailbox.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::*;
use mailgrant::device::*;
use mailgrant::grant::{ChangeGrant, GrantAccess, SetGrantExpiry};
use mailgrant::mailbox::{HoldSending, SuspendMailbox};
use mailgrant::organisation::{SetPolicy, SuspendOrganisation};
use mailgrant::user::SuspendUser;
use mailgrant::*;

const CONTACT: &str = "contact@bakery.example";
const TICK: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(86_400);

fn add(mailbox: MailboxId, protocols: impl Into<Protocols>) -> AddDevice {
    AddDevice::new(mailbox, "phone").protocols(protocols)
}

fn nobody() -> For {
    For::Nobody { handed_to: None }
}

fn bounds(protocols: impl Into<Protocols>) -> Bounds {
    Bounds { protocols: protocols.into(), networks: None, expires: None }
}

fn rights(b: &Business, rights: impl Into<Rights>) {
    b.sys(ChangeGrant { mailbox: b.contact, user: b.assistant, rights: rights.into() });
}

fn device(b: &Business, device: DeviceId) -> Device {
    b.directory.device(&b.system, device).unwrap()
}

// Adding

#[test]
fn a_grant_with_devices_adds_one_for_oneself() {
    let b = Business::new();
    let phone = b.run(b.assistant, add(b.contact, [Protocol::Imap]));
    let found = device(&b, phone.id);
    assert_eq!((found.holder, found.known_to), (Some(b.assistant), vec![b.assistant]));
    assert_eq!(b.opens(CONTACT, &phone.password.reveal(), Protocol::Imap), Ok(()));
    let named = b.run(b.assistant, add(b.contact, [Protocol::Imap]).holder(For::User(b.assistant)));
    assert_eq!(device(&b, named.id).holder, Some(b.assistant));
}

#[test]
fn a_grant_without_devices_adds_none() {
    let b = Business::new();
    rights(&b, Rights::ALL.without(Right::Devices));
    let error = b.refused(b.assistant, add(b.contact, [Protocol::Imap]), "access.denied");
    assert_eq!(error.details()["needs"], "devices");
}

#[test]
fn only_managers_add_devices_for_others_or_for_nobody() {
    let b = Business::new();
    let crowd = b.crowd();
    let imap = [Protocol::Imap];
    b.refused(crowd.guest, add(b.contact, imap).holder(For::User(b.assistant)), "access.denied");
    b.refused(crowd.guest, add(b.contact, imap).holder(nobody()), "access.denied");
    for manager in [b.owner, crowd.admin, crowd.mail] {
        let phone = b.run(manager, add(b.contact, imap).holder(For::User(b.assistant)));
        assert_eq!(device(&b, phone.id).known_to, [manager]);
        b.run(manager, add(b.contact, imap).holder(nobody()));
    }
    let by_host = b.sys(add(b.contact, imap).holder(For::User(b.assistant)));
    assert!(device(&b, by_host.id).known_to.is_empty());
}

#[test]
fn those_who_may_not_see_the_mailbox_add_no_device() {
    let b = Business::new();
    let crowd = b.crowd();
    for stranger in [crowd.collaborator, crowd.domains, crowd.dormant, b.outsider, crowd.rival] {
        for holder in [For::Myself, For::User(b.assistant), nobody()] {
            b.refused(stranger, add(b.contact, [Protocol::Imap]).holder(holder), "mailbox.not_found");
        }
    }
    b.refused(Actor::Bearer, add(b.contact, [Protocol::Imap]), "mailbox.not_found");
    b.refused(crowd.suspended, add(b.contact, [Protocol::Imap]), "actor.suspended");
}

#[test]
fn nobody_holds_a_device_without_a_grant() {
    let b = Business::new();
    let crowd = b.crowd();
    let imap = [Protocol::Imap];
    b.refused(b.owner, add(b.contact, imap), "device.holder");
    b.refused(b.owner, add(b.contact, imap).holder(For::User(crowd.collaborator)), "device.holder");
    b.refused(b.owner, add(b.contact, imap).holder(For::User(b.outsider)), "device.holder");
    b.refused(b.system.clone(), add(b.contact, imap), "device.holder");
}

#[test]
fn a_manager_with_a_grant_adds_a_device_for_herself() {
    let b = Business::new();
    b.grant(b.contact, b.owner, Rights::EMPTY);
    let phone = b.run(b.owner, add(b.contact, [Protocol::Imap]));
    assert_eq!(b.opens(CONTACT, &phone.password.reveal(), Protocol::Imap), Ok(()));
}

#[test]
fn an_expired_grant_carries_no_new_device() {
    let b = Business::new();
    b.sys(SetGrantExpiry { mailbox: b.contact, user: b.assistant, expires: Some(b.in_days(1)) });
    b.days(1);
    b.refused(b.assistant, add(b.contact, [Protocol::Imap]), "mailbox.not_found");
    b.refused(b.owner, add(b.contact, [Protocol::Imap]).holder(For::User(b.assistant)), "device.holder");
}

#[test]
fn a_device_has_at_least_one_protocol() {
    let b = Business::new();
    b.refused(b.assistant, add(b.contact, Protocols::EMPTY), "device.protocols");
    b.refused(b.owner, add(b.contact, Protocols::EMPTY).holder(nobody()), "device.protocols");
}

#[test]
fn a_device_does_no_more_than_its_holders_grant() {
    let b = Business::new();
    rights(&b, [Right::Devices, Right::Filters]);
    for (protocol, needed) in [(Protocol::Smtp, "send"), (Protocol::ManageSieve, "forwarding, filters")] {
        for (actor, holder) in [(b.assistant, For::Myself), (b.owner, For::User(b.assistant))] {
            let command = add(b.contact, [Protocol::Imap, protocol]).holder(holder);
            let error = b.refused(actor, command, "device.exceeds_grant");
            assert_eq!(error.details()["protocol"], protocol.as_str());
            assert!(error.to_string().contains(needed), "{error}");
        }
    }
    b.run(b.owner, add(b.contact, Protocols::ALL).holder(nobody()));
    rights(&b, [Right::Devices, Right::Filters, Right::Forwarding, Right::Send]);
    b.run(b.assistant, add(b.contact, Protocols::ALL));
}

#[test]
fn a_list_of_networks_names_one_to_a_hundred() {
    let b = Business::new();
    let network = |number: u8| format!("10.0.{number}.0/24").parse().unwrap();
    let with = |count: u8| add(b.contact, [Protocol::Imap]).networks((0..count).map(network));
    b.refused(b.assistant, with(0), "device.bounds");
    b.refused(b.assistant, with(101), "device.bounds");
    b.run(b.assistant, with(100));
}

#[test]
fn a_devices_expiry_lies_ahead() {
    let b = Business::new();
    let imap = || add(b.contact, [Protocol::Imap]);
    b.refused(b.assistant, imap().expires(b.now()), "expiry.past");
    b.run(b.assistant, imap().expires(b.now().plus(TICK)));
}

#[test]
fn a_device_has_a_readable_label() {
    let b = Business::new();
    let called = |label: &str| AddDevice::new(b.contact, label).protocols([Protocol::Imap]);
    b.refused(b.assistant, called(""), "text.invalid");
    b.refused(b.assistant, called("a\u{7}"), "text.invalid");
    let blank = For::Nobody { handed_to: Some(" ".into()) };
    b.refused(b.owner, called("CRM").holder(blank), "text.invalid");
}

#[test]
fn a_mailbox_has_as_many_devices_as_the_policy_allows() {
    let b = Business::new();
    let policy = Policy { devices_per_mailbox: 2, ..Policy::default() };
    b.run(b.owner, SetPolicy { organisation: b.organisation, policy, on_dependants: OnDependants::Refuse });
    let first = b.run(b.assistant, add(b.contact, [Protocol::Imap])).id;
    b.robot(b.contact, [Protocol::Imap]);
    for (actor, holder) in [(b.assistant, For::Myself), (b.owner, nobody())] {
        let error = b.refused(actor, add(b.contact, [Protocol::Imap]).holder(holder), "device.limit");
        assert_eq!(error.details()["most"], 2);
    }
    b.run(b.assistant, RevokeDevice { device: first });
    b.run(b.assistant, add(b.contact, [Protocol::Imap]));
}

#[test]
fn no_device_is_added_to_a_mailbox_that_is_not_open_but_by_managers() {
    let b = Business::new();
    b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: OnDependants::Refuse });
    b.refused(b.assistant, add(b.contact, [Protocol::Imap]), "access.denied");
    b.run(b.owner, add(b.contact, [Protocol::Imap]).holder(nobody()));
}

#[test]
fn nothing_about_devices_changes_in_a_suspended_organisation() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    b.run(b.owner, SuspendOrganisation { organisation: b.organisation });
    let code = "organisation.suspended";
    for actor in [b.assistant, b.owner] {
        b.refused(actor, add(b.contact, [Protocol::Imap]), code);
        b.refused(actor, RevokeDevice { device: phone }, code);
        b.refused(actor, RotateDevice::new(phone), code);
        b.refused(actor, RenameDevice { device: phone, label: "x".into() }, code);
        b.refused(actor, NarrowDevice { device: phone, bounds: bounds([Protocol::Imap]) }, code);
        b.refused(actor, WidenDevice { device: phone, bounds: bounds([Protocol::Imap]) }, code);
    }
    b.refused(b.owner, RevokeDevicesOfMailbox { mailbox: b.contact, except: None }, code);
    let organisation = b.organisation;
    b.refused(b.owner, RevokeDevicesOfHolder { organisation, holder: b.assistant }, code);
    b.refused(b.owner, RevokeDevicesOfOrganisation { organisation }, code);
}

// Who changes a device

#[test]
fn a_holder_and_each_manager_rename_narrow_rotate_and_revoke_a_device() {
    each_manager(|b, _, manager| {
        for actor in [Actor::User(b.assistant), manager] {
            let phone = b.device(b.assistant, b.contact, [Protocol::Imap, Protocol::Smtp]).id;
            b.run(&actor, RenameDevice { device: phone, label: "tablet".into() });
            b.run(&actor, NarrowDevice { device: phone, bounds: bounds([Protocol::Imap]) });
            b.run(&actor, RotateDevice::new(phone));
            b.run(&actor, RevokeDevice { device: phone });
            let found = device(b, phone);
            assert_eq!(found.label, "tablet");
            assert_eq!(found.bounds, bounds([Protocol::Imap]));
            assert_eq!(found.state, DeviceState::Revoked { at: b.now(), by: By::from(&actor) });
        }
    });
}

#[test]
fn others_with_the_mailbox_change_no_device_of_it() {
    let b = Business::new();
    let crowd = b.crowd();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    let robot = b.robot(b.contact, [Protocol::Imap]).id;
    for device in [phone, robot] {
        b.refused(crowd.guest, RenameDevice { device, label: "x".into() }, "access.denied");
        b.refused(crowd.guest, NarrowDevice { device, bounds: bounds([Protocol::Imap]) }, "access.denied");
        b.refused(crowd.guest, WidenDevice { device, bounds: bounds([Protocol::Imap]) }, "access.denied");
        b.refused(crowd.guest, RotateDevice::new(device), "access.denied");
        b.refused(crowd.guest, RevokeDevice { device }, "access.denied");
    }
}

#[test]
fn those_who_may_not_see_the_mailbox_find_no_device_of_it() {
    let b = Business::new();
    let crowd = b.crowd();
    let device = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    for stranger in [crowd.collaborator, crowd.domains, crowd.dormant, b.outsider, crowd.rival] {
        b.refused(stranger, RenameDevice { device, label: "x".into() }, "device.not_found");
        b.refused(stranger, NarrowDevice { device, bounds: bounds([Protocol::Imap]) }, "device.not_found");
        b.refused(stranger, WidenDevice { device, bounds: bounds([Protocol::Imap]) }, "device.not_found");
        b.refused(stranger, RotateDevice::new(device), "device.not_found");
        b.refused(stranger, RevokeDevice { device }, "device.not_found");
    }
    b.refused(Actor::Bearer, RevokeDevice { device }, "device.not_found");
    b.refused(crowd.suspended, RevokeDevice { device }, "actor.suspended");
}

#[test]
fn an_unknown_device_is_not_found() {
    let b = Business::new();
    let device = "dev_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    b.refused(b.owner, RevokeDevice { device }, "device.not_found");
    b.refused(b.system.clone(), RotateDevice::new(device), "device.not_found");
}

#[test]
fn nothing_about_a_revoked_device_changes_any_more() {
    let b = Business::new();
    let device = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    b.run(b.assistant, RevokeDevice { device });
    for actor in [b.assistant, b.owner] {
        b.refused(actor, RevokeDevice { device }, "device.revoked");
        b.refused(actor, RotateDevice::new(device), "device.revoked");
        b.refused(actor, RenameDevice { device, label: "x".into() }, "device.revoked");
        b.refused(actor, NarrowDevice { device, bounds: bounds([Protocol::Imap]) }, "device.revoked");
        b.refused(actor, WidenDevice { device, bounds: bounds([Protocol::Imap]) }, "device.revoked");
    }
}

#[test]
fn rotating_needs_devices_and_the_other_changes_do_not() {
    let b = Business::new();
    let device = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    rights(&b, Rights::EMPTY);
    b.refused(b.assistant, RotateDevice::new(device), "access.denied");
    b.run(b.assistant, RenameDevice { device, label: "tablet".into() });
    b.run(b.assistant, NarrowDevice { device, bounds: bounds([Protocol::Imap]) });
    b.run(b.owner, RotateDevice::new(device));
    b.run(b.assistant, RevokeDevice { device });
}

#[test]
fn a_holder_whose_mailbox_is_suspended_revokes_but_does_not_rotate() {
    let b = Business::new();
    let device = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    b.sys(SuspendMailbox { mailbox: b.contact, on_dependants: OnDependants::Refuse });
    b.refused(b.assistant, RotateDevice::new(device), "access.denied");
    b.run(b.assistant, RevokeDevice { device });
}

// Bounds

#[test]
fn narrowing_lets_a_device_do_less_and_never_more() {
    let b = Business::new();
    let wide: ipnet::IpNet = "192.0.2.0/24".parse().unwrap();
    let inner: ipnet::IpNet = "192.0.2.128/25".parse().unwrap();
    let other: ipnet::IpNet = "198.51.100.0/24".parse().unwrap();
    let end = b.in_days(10);
    let command = add(b.contact, [Protocol::Imap, Protocol::Smtp]).networks([wide]).expires(end);
    let device = b.run(b.assistant, command).id;
    let imap = || Protocols::from([Protocol::Imap]);
    let within = |protocols, networks: Option<ipnet::IpNet>, expires| {
        let networks = networks.map(|one| vec![one]);
        NarrowDevice { device, bounds: Bounds { protocols, networks, expires } }
    };
    let more = imap().union([Protocol::Smtp, Protocol::Pop3].into());
    for actor in [b.assistant, b.owner] {
        b.refused(actor, within(more, Some(wide), Some(end)), "device.bounds");
        b.refused(actor, within(imap(), None, Some(end)), "device.bounds");
        b.refused(actor, within(imap(), Some(other), Some(end)), "device.bounds");
        b.refused(actor, within(imap(), Some(wide), None), "device.bounds");
        b.refused(actor, within(imap(), Some(wide), Some(end.plus(TICK))), "device.bounds");
    }
    b.run(b.assistant, within(imap(), Some(inner), Some(b.in_days(5))));
    b.refused(b.assistant, within(imap(), Some(wide), Some(b.in_days(5))), "device.bounds");
}

#[test]
fn narrowing_leaves_a_device_that_can_work() {
    let b = Business::new();
    let device = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    b.refused(b.assistant, NarrowDevice { device, bounds: bounds(Protocols::EMPTY) }, "device.protocols");
    let past = Bounds { expires: Some(b.now()), ..bounds([Protocol::Imap]) };
    b.refused(b.assistant, NarrowDevice { device, bounds: past }, "expiry.past");
    let nowhere = Bounds { networks: Some(vec![]), ..bounds([Protocol::Imap]) };
    b.refused(b.assistant, NarrowDevice { device, bounds: nowhere }, "device.bounds");
}

#[test]
fn a_narrowed_device_does_what_is_left() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap, Protocol::Smtp]);
    let (device, password) = (phone.id, phone.password.reveal());
    let session = b.login(CONTACT, &password, Protocol::Smtp).unwrap();
    b.run(b.assistant, NarrowDevice { device, bounds: bounds([Protocol::Imap]) });
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Smtp), "protocol");
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "-");
    assert!(!b.directory.session_valid(&session).unwrap());
}

#[test]
fn only_managers_widen_a_device() {
    each_manager(|b, _, manager| {
        let phone = b.device(b.assistant, b.contact, [Protocol::Imap]);
        let (device, password) = (phone.id, phone.password.reveal());
        let widen = || WidenDevice { device, bounds: bounds([Protocol::Imap, Protocol::Smtp]) };
        b.refused(b.assistant, widen(), "access.denied");
        b.run(&manager, widen());
        assert_eq!(b.opens(CONTACT, &password, Protocol::Smtp), Ok(()));
    });
}

#[test]
fn a_device_is_widened_within_its_holders_grant() {
    let b = Business::new();
    rights(&b, [Right::Devices]);
    let device = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    let widen = |protocols: Protocols| WidenDevice { device, bounds: bounds(protocols) };
    b.refused(b.owner, widen([Protocol::Smtp].into()), "device.exceeds_grant");
    b.refused(b.owner, widen([Protocol::ManageSieve].into()), "device.exceeds_grant");
    b.refused(b.owner, widen(Protocols::EMPTY), "device.protocols");
    b.run(b.owner, widen([Protocol::Imap, Protocol::Jmap].into()));
    let robot = b.robot(b.contact, [Protocol::Imap]).id;
    b.run(b.owner, WidenDevice { device: robot, bounds: bounds(Protocols::ALL) });
}

// What a device depends on

#[test]
fn a_device_opens_exactly_its_own_mailbox() {
    let b = Business::new();
    b.mailbox(b.organisation, "orders@bakery.example");
    let password = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    assert_eq!(hindrance(&b, "orders@bakery.example", &password, Protocol::Imap), "wrong password");
    assert_eq!(hindrance(&b, "contact+x@bakery.example", &password, Protocol::Imap), "unknown address");
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Pop3), "protocol");
}

#[test]
fn a_device_is_good_until_the_instant_of_its_expiry() {
    let b = Business::new();
    let end = b.in_days(1);
    let password = b.run(b.assistant, add(b.contact, [Protocol::Imap]).expires(end)).password.reveal();
    b.clock.set(end.minus(TICK));
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "-");
    b.advance(TICK);
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "expired");
}

#[test]
fn a_device_never_outlives_its_holders_grant() {
    let b = Business::new();
    let password = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    let end = b.in_days(1);
    b.sys(SetGrantExpiry { mailbox: b.contact, user: b.assistant, expires: Some(end) });
    b.clock.set(end.minus(TICK));
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "-");
    b.advance(TICK);
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "holder");
}

#[test]
fn a_device_never_exceeds_its_holders_grant() {
    let b = Business::new();
    let sieve = [Right::Send, Right::Devices, Right::Filters, Right::Forwarding];
    rights(&b, sieve);
    let password = b.device(b.assistant, b.contact, Protocols::ALL).password.reveal();
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::ManageSieve), "-");
    for lost in [Right::Filters, Right::Forwarding] {
        rights(&b, Rights::from(sieve).without(lost));
        assert_eq!(hindrance(&b, CONTACT, &password, Protocol::ManageSieve), "holder_right");
        assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Smtp), "-");
    }
    rights(&b, Rights::from(sieve).without(Right::Send));
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Smtp), "holder_right");
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::ManageSieve), "-");
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "-");
}

#[test]
fn losing_devices_stops_no_device() {
    let b = Business::new();
    let password = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    rights(&b, Rights::EMPTY);
    assert_eq!(hindrance(&b, CONTACT, &password, Protocol::Imap), "-");
}

#[test]
fn a_device_stops_with_its_holders_account_and_a_robot_does_not() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    let robot = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    b.sys(SuspendUser { user: b.assistant });
    assert_eq!(hindrance(&b, CONTACT, &phone, Protocol::Imap), "holder");
    assert_eq!(hindrance(&b, CONTACT, &robot, Protocol::Imap), "-");
}

#[test]
fn every_device_stops_with_its_organisation() {
    let b = Business::new();
    let robot = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    b.run(b.owner, SuspendOrganisation { organisation: b.organisation });
    assert_eq!(hindrance(&b, CONTACT, &robot, Protocol::Imap), "organisation_suspended");
}

#[test]
fn a_device_comes_from_its_networks_alone() {
    let b = Business::new();
    let networks = ["192.0.2.0/24", "2001:db8::/32"].map(|network| network.parse().unwrap());
    let command = add(b.contact, [Protocol::Imap]).networks(networks);
    let password = b.run(b.assistant, command).password.reveal();
    let from = |source: Option<&str>| {
        let from = source.map(|source| source.parse().unwrap());
        let login = DeviceLogin { address: CONTACT, password: &password, protocol: Protocol::Imap, from };
        b.directory.login_device(&login).map(drop).map_err(|refusal| refusal.reason().to_string())
    };
    for inside in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"] {
        assert_eq!(from(Some(inside)), Ok(()), "{inside}");
    }
    for outside in [Some("192.0.3.7"), Some("::ffff:192.0.3.7"), Some("2001:db9::1"), None] {
        assert_eq!(from(outside).unwrap_err(), "the device's password, but: network", "{outside:?}");
    }
}

#[test]
fn the_session_carries_the_holders_rights_and_a_robots_protocols() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]).password.reveal();
    assert_eq!(b.login(CONTACT, &phone, Protocol::Imap).unwrap().rights, Policy::default().mailbox_rights);
    let robot = b.robot(b.contact, [Protocol::Imap, Protocol::Smtp]).password.reveal();
    assert_eq!(b.login(CONTACT, &robot, Protocol::Imap).unwrap().rights, [Right::Send].into());
    b.run(b.owner, HoldSending { mailbox: b.contact });
    assert_eq!(b.login(CONTACT, &robot, Protocol::Imap).unwrap().rights, Rights::EMPTY);
}

// Rotation

#[test]
fn both_passwords_work_until_the_grace_time_ends() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]);
    let (device, old) = (phone.id, phone.password.reveal());
    b.run(b.assistant, RotateDevice::new(device));
    b.advance(DAY - TICK);
    assert_eq!(hindrance(&b, CONTACT, &old, Protocol::Imap), "-");
    b.advance(TICK);
    assert_eq!(hindrance(&b, CONTACT, &old, Protocol::Imap), "replaced");
}

#[test]
fn the_first_use_of_the_new_password_ends_the_former_one_with_one_event() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]);
    let (device, old) = (phone.id, phone.password.reveal());
    let new = b.run(b.assistant, RotateDevice::new(device)).password.reveal();
    assert_eq!(hindrance(&b, CONTACT, &new, Protocol::Imap), "-");
    assert_eq!(hindrance(&b, CONTACT, &old, Protocol::Imap), "replaced");
    assert_eq!(hindrance(&b, CONTACT, &new, Protocol::Imap), "-");
    let filter = HistoryFilter { kinds: vec!["device.overlap_ended".into()], ..HistoryFilter::default() };
    let page = PageRequest::default();
    let ended = b.directory.history(&b.system, b.organisation, &filter, &page).unwrap();
    assert_eq!(ended.items.len(), 1);
}

#[test]
fn after_a_leak_the_former_password_ends_at_once() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]);
    let (device, old) = (phone.id, phone.password.reveal());
    let session = b.login(CONTACT, &old, Protocol::Imap).unwrap();
    b.run(b.assistant, RotateDevice::new(device).grace(Duration::ZERO));
    assert_eq!(hindrance(&b, CONTACT, &old, Protocol::Imap), "replaced");
    assert!(!b.directory.session_valid(&session).unwrap());
}

#[test]
fn two_passwords_overlap_for_thirty_days_at_most() {
    let b = Business::new();
    let device = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    let longer = RotateDevice::new(device).grace(30 * DAY + Duration::from_secs(1));
    b.refused(b.assistant, longer, "device.grace");
    b.run(b.assistant, RotateDevice::new(device).grace(30 * DAY));
}

#[test]
fn a_second_rotation_ends_the_password_before_the_former_one() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]);
    let (device, first) = (phone.id, phone.password.reveal());
    let second = b.run(b.assistant, RotateDevice::new(device)).password.reveal();
    b.run(b.assistant, RotateDevice::new(device));
    assert_eq!(hindrance(&b, CONTACT, &first, Protocol::Imap), "wrong password");
    assert_eq!(hindrance(&b, CONTACT, &second, Protocol::Imap), "-");
}

#[test]
fn whoever_rotates_a_device_knows_it() {
    let b = Business::new();
    let device_id = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    b.run(b.owner, RotateDevice::new(device_id));
    b.run(b.owner, RotateDevice::new(device_id));
    b.sys(RotateDevice::new(device_id));
    assert_eq!(device(&b, device_id).known_to, [b.assistant, b.owner]);
}

#[test]
fn a_revoked_device_stays_recognisable_by_both_of_its_passwords() {
    let b = Business::new();
    let phone = b.device(b.assistant, b.contact, [Protocol::Imap]);
    let (device, old) = (phone.id, phone.password.reveal());
    let new = b.run(b.assistant, RotateDevice::new(device)).password.reveal();
    b.run(b.assistant, RevokeDevice { device });
    for password in [&old, &new] {
        let refusal = b.login(CONTACT, password, Protocol::Imap).unwrap_err();
        assert_eq!(refusal.device(), Some(device));
        assert_eq!(refusal.reason().to_string(), "the device's password, but: revoked");
        assert_eq!(refusal.retry_after(), None, "no guessing");
    }
}

// Revoking many

#[test]
fn each_manager_revokes_all_devices_of_a_mailbox_but_one() {
    each_manager(|b, crowd, actor| {
        let command = |except| RevokeDevicesOfMailbox { mailbox: b.contact, except };
        b.managers_alone(crowd, "mailbox.not_found", || command(None));
        let kept = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
        let robot = b.robot(b.contact, [Protocol::Imap]).id;
        assert_eq!(b.run(&actor, command(Some(kept))).devices, [robot]);
        assert_eq!(b.run(&actor, command(None)).devices, [kept]);
        assert!(b.run(&actor, command(None)).devices.is_empty());
    });
}

#[test]
fn an_exception_that_the_mailbox_does_not_have_revokes_nothing() {
    let b = Business::new();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    b.robot(b.contact, [Protocol::Imap]);
    let elsewhere = b.robot(orders, [Protocol::Imap]).id;
    let command = RevokeDevicesOfMailbox { mailbox: b.contact, except: Some(elsewhere) };
    b.refused(b.owner, command, "device.not_found");
}

#[test]
fn one_revokes_all_devices_that_one_holds_in_an_organisation() {
    let b = Business::new();
    let crowd = b.crowd();
    let organisation = b.organisation;
    let holder = b.assistant;
    let phone = b.device(holder, b.contact, [Protocol::Imap]).id;
    let robot = b.robot(b.contact, [Protocol::Imap]).password.reveal();
    let command = || RevokeDevicesOfHolder { organisation, holder };
    b.refused(crowd.guest, command(), "access.denied");
    b.refused(crowd.domains, command(), "access.denied");
    b.refused(b.outsider, command(), "organisation.not_found");
    b.refused(crowd.rival, command(), "organisation.not_found");
    b.refused(Actor::Bearer, command(), "organisation.not_found");
    assert_eq!(b.run(holder, command()).devices, [phone]);
    for manager in [b.owner, crowd.admin, crowd.mail] {
        let phone = b.device(holder, b.contact, [Protocol::Imap]).id;
        assert_eq!(b.run(manager, command()).devices, [phone]);
    }
    assert_eq!(hindrance(&b, CONTACT, &robot, Protocol::Imap), "-");
}

#[test]
fn managers_alone_revoke_all_devices_of_an_organisation() {
    let b = Business::new();
    let crowd = b.crowd();
    let organisation = b.organisation;
    let theirs = b.robot(crowd.theirs, [Protocol::Imap]).password.reveal();
    let command = || RevokeDevicesOfOrganisation { organisation };
    for member in [b.assistant, crowd.guest, crowd.domains, crowd.collaborator] {
        b.refused(member, command(), "access.denied");
    }
    b.refused(crowd.rival, command(), "organisation.not_found");
    b.device(b.assistant, b.contact, [Protocol::Imap]);
    b.robot(b.contact, [Protocol::Imap]);
    assert_eq!(b.run(crowd.mail, command()).devices.len(), 2);
    assert_eq!(hindrance(&b, "sales@rival.example", &theirs, Protocol::Imap), "-");
}

// Selectors

/// Randomness of which every password looks the same while it is told to repeat; ids never do.
struct Repeating {
    seeded: Seeded,
    passwords: Arc<Mutex<Option<u8>>>,
}

impl Entropy for Repeating {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        match *self.passwords.lock().unwrap() {
            Some(byte) if bytes.len() == 19 => bytes.fill(byte),
            _ => self.seeded.fill(bytes)?,
        }
        Ok(())
    }
}

fn repeating() -> (Business, Arc<Mutex<Option<u8>>>) {
    let passwords = Arc::new(Mutex::new(None));
    let entropy = Repeating { seeded: Seeded::new(3), passwords: passwords.clone() };
    (Business::in_world(World::with(|builder| builder.entropy(entropy))), passwords)
}

#[test]
fn where_no_drawn_selector_is_free_the_device_may_be_tried_again() {
    let (b, passwords) = repeating();
    *passwords.lock().unwrap() = Some(7);
    let first = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    let error = b.refused(b.assistant, add(b.contact, [Protocol::Imap]), "device.retry");
    assert!(error.is_retryable());
    b.refused(b.assistant, RotateDevice::new(first), "device.retry");
    *passwords.lock().unwrap() = None;
    b.run(b.assistant, add(b.contact, [Protocol::Imap]));
}

#[test]
fn the_first_free_selector_of_several_drawn_wins() {
    struct Once {
        seeded: Seeded,
        drawn: u32,
    }
    impl Entropy for Once {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            if bytes.len() == 19 {
                self.drawn += 1;
                // The first password, then seven times the same selector, then another one.
                bytes.fill(if self.drawn <= 8 { 7 } else { 9 });
                return Ok(());
            }
            self.seeded.fill(bytes)
        }
    }
    let entropy = Once { seeded: Seeded::new(3), drawn: 0 };
    let b = Business::in_world(World::with(|builder| builder.entropy(entropy)));
    let first = b.device(b.assistant, b.contact, [Protocol::Imap]);
    let second = b.device(b.assistant, b.contact, [Protocol::Imap]);
    assert_ne!(first.password.selector(), second.password.selector());
}

#[test]
fn selectors_are_unique_within_their_mailbox_alone() {
    let (b, passwords) = repeating();
    let orders = b.mailbox(b.organisation, "orders@bakery.example");
    *passwords.lock().unwrap() = Some(7);
    let here = b.robot(b.contact, [Protocol::Imap]);
    let there = b.robot(orders, [Protocol::Imap]);
    assert_eq!(here.password.selector(), there.password.selector());
    let password = there.password.reveal();
    assert_eq!(b.login("orders@bakery.example", &password, Protocol::Imap).unwrap().device, there.id);
}

#[test]
fn a_revoked_device_keeps_its_selector() {
    let (b, passwords) = repeating();
    *passwords.lock().unwrap() = Some(7);
    let device = b.device(b.assistant, b.contact, [Protocol::Imap]).id;
    b.run(b.assistant, RevokeDevice { device });
    b.refused(b.assistant, add(b.contact, [Protocol::Imap]), "device.retry");
}

// Memory of the revoked

#[test]
fn a_mailbox_remembers_its_last_thousand_revoked_devices() {
    let b = Business::new();
    let policy = Policy { devices_per_mailbox: 1_000, ..Policy::default() };
    b.run(b.owner, SetPolicy { organisation: b.organisation, policy, on_dependants: OnDependants::Refuse });
    let oldest = b.robot(b.contact, [Protocol::Imap]);
    let (oldest, oldest_password) = (oldest.id, oldest.password.reveal());
    b.run(b.owner, RevokeDevice { device: oldest });
    b.advance(TICK);
    let recognised = || b.login(CONTACT, &oldest_password, Protocol::Imap).unwrap_err().device();
    let passwords: Vec<_> = b
        .directory
        .batch(|batch| {
            (0..999)
                .map(|_| batch.run(&b.system, add(b.contact, [Protocol::Imap]).holder(nobody())))
                .collect::<Result<Vec<_>, _>>()
        })
        .unwrap();
    b.run(b.owner, RevokeDevicesOfMailbox { mailbox: b.contact, except: None });
    assert_eq!(recognised(), Some(oldest), "999 others were revoked since");
    b.advance(TICK);
    let next = b.robot(b.contact, [Protocol::Imap]).id;
    assert_eq!(recognised(), Some(oldest), "it is the last but 999 of those revoked");
    b.run(b.owner, RevokeDevice { device: next });
    b.robot(b.contact, [Protocol::Imap]);
    assert_eq!(recognised(), None, "1,000 others were revoked since");
    let second = passwords.into_iter().next().unwrap();
    let id = second.id;
    let refusal = b.login(CONTACT, &second.password.reveal(), Protocol::Imap).unwrap_err();
    assert_eq!(refusal.device(), Some(id));
}

// Legacy passwords

const PHC: &str =
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn legacy(mailbox: MailboxId, holder: For) -> AddLegacyDevice {
    AddLegacyDevice {
        mailbox,
        label: "old".into(),
        holder,
        protocols: [Protocol::Imap].into(),
        phc: PHC.into(),
    }
}

fn allowing() -> Business {
    Business::in_world(World::with(|builder| builder.legacy_passwords(LegacyPasswords::Allowed)))
}

#[test]
fn a_directory_allows_legacy_passwords_only_where_it_was_told() {
    let b = Business::new();
    b.refused(b.system.clone(), legacy(b.contact, nobody()), "device.legacy_refused");
    let b = allowing();
    b.sys(legacy(b.contact, nobody()));
}

#[test]
fn only_the_host_adds_a_legacy_password() {
    let b = allowing();
    for actor in [b.owner, b.assistant, b.outsider] {
        b.refused(actor, legacy(b.contact, nobody()), "access.denied");
    }
}

#[test]
fn a_mailbox_has_one_legacy_password() {
    let b = allowing();
    let device = b.sys(legacy(b.contact, For::User(b.assistant)));
    b.refused(b.system.clone(), legacy(b.contact, nobody()), "device.legacy_taken");
    b.run(b.assistant, RevokeDevice { device });
    b.sys(legacy(b.contact, nobody()));
}

#[test]
fn a_rotated_legacy_device_is_one_like_any_other() {
    let b = allowing();
    let device_id = b.sys(legacy(b.contact, For::User(b.assistant)));
    let password = b.run(b.assistant, RotateDevice::new(device_id)).password.reveal();
    assert_eq!(b.opens(CONTACT, &password, Protocol::Imap), Ok(()));
    assert!(matches!(device(&b, device_id).secret, DeviceSecret::Password { former: None, .. }));
    b.sys(legacy(b.contact, nobody()));
}

#[test]
fn a_legacy_password_of_absurd_costs_is_refused() {
    let b = allowing();
    let mut command = legacy(b.contact, nobody());
    command.phc = PHC.replace("m=8", "m=4000000").into();
    b.refused(b.system.clone(), command, "device.legacy_refused");
}

#[test]
fn grants_carry_devices_of_the_person_they_were_given_to() {
    let b = Business::new();
    let crowd = b.crowd();
    b.sys(GrantAccess::new(b.contact, crowd.collaborator).rights([Right::Devices]));
    let phone = b.run(crowd.collaborator, add(b.contact, [Protocol::Imap])).id;
    b.refused(b.assistant, RevokeDevice { device: phone }, "access.denied");
}

#[test]
fn last_uses_that_could_not_be_written_wait_on() {
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Its notes can be refused.
    struct NoNotes(Arc<MemoryStore>, Arc<AtomicBool>);

    impl Store for NoNotes {
        fn read(
            &self,
            body: &mut dyn FnMut(
                &mut dyn mailgrant::store::ReadTxn,
            ) -> Result<(), mailgrant::store::StoreError>,
        ) -> Result<(), mailgrant::store::StoreError> {
            self.0.read(body)
        }

        fn commit(&self, change: &mailgrant::store::ChangeSet) -> Result<(), mailgrant::store::StoreError> {
            self.0.commit(change)
        }

        fn attempt(
            &self,
            key: &mailgrant::store::Key,
            at: Timestamp,
        ) -> Result<u32, mailgrant::store::StoreError> {
            self.0.attempt(key, at)
        }

        fn note(&self, notes: &[mailgrant::store::Note]) -> Result<(), mailgrant::store::StoreError> {
            match self.1.load(Ordering::SeqCst) {
                true => Err(mailgrant::store::StoreError::Full("for now".to_owned())),
                false => self.0.note(notes),
            }
        }
    }

    let business = Business::new();
    let full = Arc::new(AtomicBool::new(true));
    let store = NoNotes(business.store.clone(), full.clone());
    let directory = builder(store, &business.clock, 77).build().unwrap();
    directory.note_opened(business.assistant, business.contact, None);
    business.hidden(directory.flush_uses(), "store.full");
    full.store(false, Ordering::SeqCst);
    directory.flush_uses().unwrap();
    let access =
        business.directory.access(&business.system, business.contact, &PageRequest::default()).unwrap();
    assert_eq!(access.items[0].last_used.unwrap().at, business.now());
}
