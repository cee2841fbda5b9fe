//! How keys, claims, terms and streams are spelled. Nowhere else is such a text put together.

use std::sync::Arc;

use crate::address::{Address, DomainName};
use crate::id::{DeviceId, IdText, InvitationId, MailboxId, OrganisationId, UserId};
use crate::secret::Selector;
use crate::store::{Claim, Key, Stream, Term};

/// Parts as one text. In one piece: a string that grows bit by bit is what names cost most.
macro_rules! text {
    [$($part:expr),+] => { joined(&[$(AsRef::<str>::as_ref(&$part.part())),+]) };
}

/// What names are made of.
trait Part {
    type Text<'t>: AsRef<str>
    where
        Self: 't;

    fn part(&self) -> Self::Text<'_>;
}

macro_rules! parts {
    ($($id:ident),+) => {
        $(impl Part for $id {
            type Text<'t> = IdText;

            fn part(&self) -> IdText {
                self.text()
            }
        })+
    };
}

parts!(UserId, OrganisationId, MailboxId, DeviceId, InvitationId);

impl Part for str {
    type Text<'t> = &'t str;

    fn part(&self) -> &str {
        self
    }
}

impl Part for String {
    type Text<'t> = &'t str;

    fn part(&self) -> &str {
        self
    }
}

impl Part for Selector {
    type Text<'t> = &'t str;

    fn part(&self) -> &str {
        self.as_str()
    }
}

fn joined(parts: &[&str]) -> Arc<str> {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut room = [0; 256];
    match room.get_mut(..length) {
        Some(text) => {
            let bytes = parts.iter().flat_map(|part| part.as_bytes());
            text.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
            Arc::from(std::str::from_utf8(text).unwrap_or_default())
        }
        None => Arc::from(parts.concat()),
    }
}

pub(crate) mod stream {
    use super::*;

    pub(crate) fn user(user: UserId) -> Stream {
        Stream::new(text![user])
    }

    pub(crate) fn organisation(organisation: OrganisationId) -> Stream {
        Stream::new(text![organisation])
    }
}

pub(crate) mod key {
    use super::*;

    pub(crate) fn user(user: UserId) -> Key {
        Key::new(text![user])
    }

    pub(crate) fn organisation(organisation: OrganisationId) -> Key {
        Key::new(text![organisation])
    }

    pub(crate) fn domain(organisation: OrganisationId, name: &DomainName) -> Key {
        Key::new(text!["dom/", organisation, "/", name.as_str()])
    }

    pub(crate) fn domains(organisation: OrganisationId) -> String {
        format!("dom/{organisation}/")
    }

    pub(crate) fn membership(organisation: OrganisationId, user: UserId) -> Key {
        Key::new(text!["mem/", organisation, "/", user])
    }

    pub(crate) fn memberships(organisation: OrganisationId) -> String {
        format!("mem/{organisation}/")
    }

    pub(crate) fn mailbox(mailbox: MailboxId) -> Key {
        Key::new(text![mailbox])
    }

    pub(crate) fn alias(mailbox: MailboxId, address: &Address) -> Key {
        Key::new(text!["als/", mailbox, "/", address.canonical()])
    }

    pub(crate) fn aliases(mailbox: MailboxId) -> String {
        format!("als/{mailbox}/")
    }

    pub(crate) fn freed_addresses(organisation: OrganisationId) -> String {
        format!("fre/{organisation}/")
    }

    pub(crate) fn freed(organisation: OrganisationId, address: &Address) -> Key {
        Key::new(text!["fre/", organisation, "/", address.canonical()])
    }

    pub(crate) fn grant(mailbox: MailboxId, user: UserId) -> Key {
        Key::new(text!["grt/", mailbox, "/", user])
    }

    pub(crate) fn grants(mailbox: MailboxId) -> String {
        format!("grt/{mailbox}/")
    }

    pub(crate) fn device(device: DeviceId) -> Key {
        Key::new(text![device])
    }

    pub(crate) fn invitation(invitation: InvitationId) -> Key {
        Key::new(text![invitation])
    }

    /// The verifier of one secret of a device, told apart by its selector.
    pub(crate) fn device_secret(device: DeviceId, selector: &Selector) -> Key {
        Key::new(text![device, "/", selector])
    }

    /// The verifier of a device's legacy password.
    pub(crate) fn legacy_secret(device: DeviceId) -> Key {
        Key::new(text![device, "/legacy"])
    }

    /// The verifiers of all tokens that a user may have been sent.
    pub(crate) fn user_tokens(user: UserId) -> [Key; 3] {
        ["login", "recovery", "reset"].map(|purpose| user_token(user, purpose))
    }

    /// The verifier of a token that a user was sent: `login`, `recovery` or `reset`.
    pub(crate) fn user_token(user: UserId, purpose: &str) -> Key {
        Key::new(text![user, "/", purpose])
    }

    /// A verifier of nobody's.
    pub(crate) fn decoy(number: usize) -> Key {
        Key::new(text!["decoy/", number.to_string()])
    }

    /// The note of a device's last use by a protocol.
    pub(crate) fn last_use(device: DeviceId, protocol: &str) -> Key {
        Key::new(text![device, "/", protocol])
    }
}

pub(crate) mod claim {
    use super::*;

    pub(crate) fn login(login: &Address) -> Claim {
        Claim::new(text!["login/", login.canonical()])
    }

    pub(crate) fn domain(name: &DomainName) -> Claim {
        Claim::new(text!["domain/", name.as_str()])
    }

    /// Addresses are claimed within their organisation: the claim on the domain says which one that is.
    pub(crate) fn address(organisation: OrganisationId, address: &Address) -> Claim {
        Claim::new(text!["address/", organisation, "/", address.canonical()])
    }

    pub(crate) fn selector(mailbox: MailboxId, selector: &Selector) -> Claim {
        Claim::new(text!["selector/", mailbox, "/", selector])
    }

    /// One legacy password a mailbox, so that a login costs one slow hash.
    pub(crate) fn legacy(mailbox: MailboxId) -> Claim {
        Claim::new(text!["legacy/", mailbox])
    }

    pub(crate) fn invitation(organisation: OrganisationId, address: &Address) -> Claim {
        Claim::new(text!["invitation/", organisation, "/", address.canonical()])
    }
}

pub(crate) mod term {
    use super::*;

    /// Memberships of a user.
    pub(crate) fn memberships(user: UserId) -> Term {
        Term::new(text!["membership/", user])
    }

    /// Memberships with the role of an owner.
    pub(crate) fn owners(organisation: OrganisationId) -> Term {
        Term::new(text!["owner/", organisation])
    }

    pub(crate) fn mailboxes(organisation: OrganisationId) -> Term {
        Term::new(text!["mailbox/", organisation])
    }

    pub(crate) fn aliases(organisation: OrganisationId) -> Term {
        Term::new(text!["alias/", organisation])
    }

    /// Mailboxes and aliases on a domain.
    pub(crate) fn addresses(organisation: OrganisationId, domain: &DomainName) -> Term {
        Term::new(text!["on/", organisation, "/", domain.as_str()])
    }

    /// Mailboxes and aliases of a domain that look the same.
    pub(crate) fn look(organisation: OrganisationId, address: &Address) -> Term {
        Term::new(text!["look/", organisation, "/", address.domain().as_str(), "/", address.skeleton()])
    }

    /// Domains that are another name of a domain.
    pub(crate) fn alias_domains(organisation: OrganisationId, domain: &DomainName) -> Term {
        Term::new(text!["alias-of/", organisation, "/", domain.as_str()])
    }

    /// Domains that others offer to an organisation.
    pub(crate) fn domain_offers(to: OrganisationId) -> Term {
        Term::new(text!["offered/", to])
    }

    /// Domains whose catch-all is a mailbox.
    pub(crate) fn catch_alls(mailbox: MailboxId) -> Term {
        Term::new(text!["catch-all/", mailbox])
    }

    /// Grants of a user in an organisation.
    pub(crate) fn grants(organisation: OrganisationId, user: UserId) -> Term {
        Term::new(text!["grant/", organisation, "/", user])
    }

    /// Grants in an organisation.
    pub(crate) fn all_grants(organisation: OrganisationId) -> Term {
        Term::new(text!["grant/", organisation])
    }

    /// Active devices of an organisation.
    pub(crate) fn devices(organisation: OrganisationId) -> Term {
        Term::new(text!["device/", organisation])
    }

    /// Active devices of a mailbox.
    pub(crate) fn mailbox_devices(mailbox: MailboxId) -> Term {
        Term::new(text!["device/", mailbox])
    }

    /// Revoked devices of a mailbox.
    pub(crate) fn revoked_devices(mailbox: MailboxId) -> Term {
        Term::new(text!["revoked/", mailbox])
    }

    /// Revoked devices of an organisation.
    pub(crate) fn all_revoked_devices(organisation: OrganisationId) -> Term {
        Term::new(text!["revoked/", organisation])
    }

    /// Active devices that a user holds in an organisation.
    pub(crate) fn held_devices(organisation: OrganisationId, user: UserId) -> Term {
        Term::new(text!["held/", organisation, "/", user])
    }

    /// Devices that a user holds anywhere, or held until they were revoked.
    pub(crate) fn all_held_devices(user: UserId) -> Term {
        Term::new(text!["held/", user])
    }

    /// Active devices of which a secret was shown to a user.
    pub(crate) fn known_devices(organisation: OrganisationId, user: UserId) -> Term {
        Term::new(text!["known/", organisation, "/", user])
    }

    pub(crate) fn invitations(organisation: OrganisationId) -> Term {
        Term::new(text!["invitation/", organisation])
    }

    /// Invitations to an address, answered ones too.
    pub(crate) fn invited(address: &Address) -> Term {
        Term::new(text!["invited/", address.canonical()])
    }

    /// Invitations that a user accepted.
    pub(crate) fn accepted(user: UserId) -> Term {
        Term::new(text!["accepted/", user])
    }

    /// Pending invitations that a user sent.
    pub(crate) fn sent(organisation: OrganisationId, user: UserId) -> Term {
        Term::new(text!["sent/", organisation, "/", user])
    }

    /// Pending invitations that promise a mailbox.
    pub(crate) fn promises(mailbox: MailboxId) -> Term {
        Term::new(text!["promise/", mailbox])
    }

    /// Users and pending invitations whose mail goes to an address, whole or before a separator.
    pub(crate) fn mail(address: &Address) -> Term {
        Term::new(text!["mail/", address.canonical()])
    }

    /// Users and pending invitations whose mail goes to a domain.
    pub(crate) fn mail_domain(domain: &DomainName) -> Term {
        Term::new(text!["mail/@", domain.as_str()])
    }

    /// Deleted things whose dependents still wait for `Sweep`.
    pub(crate) fn deleted() -> Term {
        Term::new("deleted")
    }
}
