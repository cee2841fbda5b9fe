//! The story itself. Every change is one command, run by whoever makes it; every table answers one question.

mod looking_back;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use mailgrant::store::Store;
use mailgrant::{
    Actor, Address, DeviceId, DeviceLogin, DeviceSession, Directory, DomainName, HeldDevices, Level,
    MailboxId, ManualClock, Offer, OrganisationId, PageRequest, Policy, Promise, Proof, Protocol, Revealed,
    Right, Role, Service, Services, Timestamp, UserId, every,
};
use mailgrant::{
    alias::*, device::*, domain::*, grant::*, invitation::*, mailbox::*, membership::*, organisation::*,
    user::*,
};

use crate::OLIVIA;
use crate::page::{Page, day_and_hour};
use crate::words::{self, link, list, opens, refused, short, words};

pub(crate) type Told<T = ()> = Result<T, Box<dyn Error>>;

const CONTACT: &str = "contact@bakery.example";
const HELLO: &str = "hello@bakery.example";
const INFO: &str = "info@bakery.example";

const FIVE_MINUTES: Duration = Duration::from_secs(300);

const CRM_NETWORK: &str = "203.0.113.0/24";
const CRM_SERVER: &str = "203.0.113.25";
const AT_HOME: &str = "198.51.100.7";
const OFFICE: &str = "198.51.100.80";
const FAR_AWAY: &str = "192.0.2.66";

/// What the story is told with.
pub(crate) struct Story<'p> {
    directory: Directory,
    clock: Arc<ManualClock>,
    /// The program that uses the library: the panel of a hosting company, say.
    host: Actor,
    page: &'p mut Page,
}

/// The people and things that several chapters are about.
struct Bakery {
    organisation: OrganisationId,
    contact: MailboxId,
    olivia: Actor,
    olivia_id: UserId,
    ada: Actor,
    ada_id: UserId,
}

/// A mail program, with the password that was typed into it.
struct Program {
    name: &'static str,
    device: DeviceId,
    password: Revealed,
}

impl Program {
    fn new(name: &'static str, issued: Issued) -> Self {
        Self { name, device: issued.id, password: issued.password.reveal() }
    }
}

impl<'p> Story<'p> {
    /// Before anything has happened. A host leaves the clock out: it has the time of its machine then.
    pub(crate) fn new(store: Arc<dyn Store>, page: &'p mut Page) -> Told<Self> {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH));
        let directory = Directory::builder(store).clock(clock.clone()).build()?;
        Ok(Self { directory, clock, host: Actor::system("quickstart"), page })
    }

    pub(crate) fn tell(mut self) -> Told {
        let (olivia, organisation) = self.a_bakery_is_founded()?;
        let contact = self.a_mailbox_opens(olivia, organisation)?;
        let ada_id = self.an_assistant_accepts(&olivia.into(), organisation, contact)?;
        let bakery = Bakery {
            organisation,
            contact,
            olivia: olivia.into(),
            olivia_id: olivia,
            ada: ada_id.into(),
            ada_id,
        };
        let (crm, phone, scanner) = self.programs_get_passwords(&bakery)?;
        self.a_phone_is_lost(&bakery, &crm, &phone)?;
        let new_phone = self.the_scanner_becomes_the_bakerys(&bakery)?;
        self.the_assistant_leaves(&bakery, &crm, new_phone, scanner)?;
        self.looking_back(&bakery)
    }

    fn a_bakery_is_founded(&mut self) -> Told<(UserId, OrganisationId)> {
        self.chapter("2026-03-03T09:00:00Z", "A bakery moves in")?;
        let olivia = self.register(OLIVIA, "Olivia Moser")?;
        self.page.say(&format!(
            "Olivia Moser registers with {OLIVIA}, and the host has seen that the address is hers. She founds \
             Moser Bakery and adds its domain, bakery.example. Whoever adds a domain shows that it is theirs: \
             the host asks her to put this into the DNS."
        ))?;
        let (organisation, challenge) = self.found(olivia, "Moser Bakery", "bakery.example")?;
        self.page.show(&format!("_mailgrant.bakery.example.  TXT  \"{challenge}\""))?;
        self.page.say(
            "The host finds it there and says so to the directory. From now on the domain holds addresses, \
             and nobody else can have it.",
        )?;
        Ok((olivia, organisation))
    }

    fn a_mailbox_opens(&mut self, olivia: UserId, organisation: OrganisationId) -> Told<MailboxId> {
        self.chapter("2026-03-03T09:20:00Z", "contact@ opens, and nobody can read it")?;
        let owner = Actor::User(olivia);
        let open = OpenMailbox::new(organisation, CONTACT.parse()?).name("Moser Bakery");
        let contact = self.directory.run(&owner, open)?;
        self.page.say(&format!(
            "Olivia opens {CONTACT}. A mailbox has no password, and managing it is not reading it: nobody \
             can read this one yet, not even she. The directory explains why, link by link."
        ))?;
        let explanation = self.directory.explain(&owner, olivia, Right::Read, contact)?;
        let answer = if explanation.allowed { "yes" } else { "no" };
        self.page.table(["may Olivia read it?", answer], explanation.chain.iter().map(link))?;

        for alias in [HELLO, INFO] {
            self.directory.run(&owner, AddAlias::new(contact, alias.parse()?))?;
        }
        self.page.say(
            "She adds two aliases: other entrances to the same mailbox, with which nobody can log in. This is \
             what a mail server is told when it asks where mail goes:",
        )?;
        let mut rows = Vec::new();
        for address in [CONTACT, HELLO, INFO, "info+cakes@bakery.example", "sales@bakery.example"] {
            let address: Address = address.parse()?;
            let resolution = self.directory.resolve(&address)?;
            let mailbox = match resolution.mailbox {
                Some(mailbox) => short(&self.directory.mailbox(&owner, mailbox)?.address),
                None => "nobody".to_owned(),
            };
            rows.push([short(&address), words(resolution.delivery), mailbox, list(resolution.way)]);
        }
        self.page.table(["mail to", "answer", "for", "it is"], rows)?;
        Ok(contact)
    }

    fn an_assistant_accepts(
        &mut self,
        olivia: &Actor,
        organisation: OrganisationId,
        contact: MailboxId,
    ) -> Told<UserId> {
        self.chapter("2026-03-03T10:00:00Z", "An assistant, for one mailbox and nothing else")?;
        let ada = self.ada_of_the_cycling_club()?;
        self.page.say(
            "Ada Lind writes letters for small firms. She has an account already: she signs in as \
             ada@home.example, and looks after the web site and the newsletter of the Cycling Club.",
        )?;
        let address: Address = "office@letters.example".parse()?;
        let offer = one_mailbox(contact);
        let invited = self.directory.run(olivia, Invite { organisation, address, offer })?;
        self.page.say(&format!(
            "Olivia invites office@letters.example, the address on Ada's card, to {CONTACT} alone: no sites, \
             no domains, no billing. The host mails the invitation. It is good until {}.",
            day_and_hour(invited.expires)
        ))?;

        self.clock.set("2026-03-03T11:05:00Z".parse()?);
        let token = invited.token.reveal();
        self.directory.run(&ada.into(), AcceptInvitation { token: (&*token).into() })?;
        self.page.say(
            "An hour later Ada opens the link. She needs no second account: the token proves that she was \
             meant, so she accepts with the one she has. This is what she reaches now, with one login:",
        )?;
        let reach = self.directory.reach(&ada.into(), ada)?;
        let rows = reach.organisations.iter().map(|there| {
            let services = there.services.iter().map(|(service, level)| format!("{service}: {level}"));
            let mailboxes = there.mailboxes.iter().map(|mailbox| mailbox.address.to_string());
            [there.name.clone(), words(there.role), list(services), list(mailboxes)]
        });
        self.page.table(["organisation", "she is", "services", "mailboxes"], rows)?;
        let seen = self.directory.reach(olivia, ada)?.organisations;
        self.page.say(&format!(
            "Olivia may ask the same about Ada, and is told of {} alone.",
            list(seen.iter().map(|there| &there.name))
        ))?;
        Ok(ada)
    }

    /// Ada belonged to another organisation before.
    fn ada_of_the_cycling_club(&self) -> Told<UserId> {
        let (directory, host) = (&self.directory, &self.host);
        let ada = self.register("ada@home.example", "Ada Lind")?;
        let bruno = self.register("bruno@home.example", "Bruno Keller")?;
        let (club, _) = self.found(bruno, "Cycling Club", "club.example")?;
        let services = Services::from([(Service::Sites, Level::Manage)]);
        directory
            .run(host, AddMember { organisation: club, user: ada, role: Role::Collaborator, services })?;
        let news = directory.run(&bruno.into(), OpenMailbox::new(club, "news@club.example".parse()?))?;
        directory.run(&bruno.into(), GrantAccess::new(news, ada))?;
        Ok(ada)
    }

    fn programs_get_passwords(&mut self, bakery: &Bakery) -> Told<(Program, Program, Program)> {
        self.chapter("2026-03-03T11:30:00Z", "Every program gets a password of its own")?;
        let (directory, contact) = (&self.directory, bakery.contact);
        let crm = AddDevice::new(contact, "CRM")
            .holder(For::Nobody { handed_to: Some("Nimbus, who run our CRM".into()) })
            .protocols([Protocol::Imap, Protocol::Smtp])
            .networks([CRM_NETWORK.parse()?]);
        let phone = AddDevice::new(contact, "Ada's phone").protocols([Protocol::Imap, Protocol::Smtp]);
        let scanner = AddDevice::new(contact, "Scanner").protocols([Protocol::Smtp]);
        let crm = Program::new("CRM", directory.run(&bakery.olivia, crm)?);
        self.clock.advance(FIVE_MINUTES);
        let phone = Program::new("Ada's phone", directory.run(&bakery.ada, phone)?);
        self.clock.advance(FIVE_MINUTES);
        let scanner = Program::new("Scanner", directory.run(&bakery.ada, scanner)?);
        self.page.say(&format!(
            "Olivia makes one for the CRM, which no person holds: she hands it to the firm that runs it, and \
             it works from that firm's network alone, {CRM_NETWORK}. Ada makes one for her phone, and one for \
             the scanner in the office, which sends and cannot read."
        ))?;
        self.show_once(bakery, &[&crm, &phone, &scanner])?;
        self.page.say("Nothing can show these passwords again. Now the programs log in:")?;
        self.log_in(&[
            (&crm, CONTACT, Protocol::Imap, CRM_SERVER),
            (&phone, CONTACT, Protocol::Imap, AT_HOME),
            (&scanner, CONTACT, Protocol::Smtp, OFFICE),
            (&scanner, CONTACT, Protocol::Imap, OFFICE),
            (&phone, HELLO, Protocol::Imap, AT_HOME),
            (&crm, CONTACT, Protocol::Imap, FAR_AWAY),
        ])?;
        self.page.say(
            "Whoever is refused is told “login refused” and no more. The reason is for the host's log.",
        )?;
        Ok((crm, phone, scanner))
    }

    fn a_phone_is_lost(&mut self, bakery: &Bakery, crm: &Program, phone: &Program) -> Told {
        self.clock.set("2026-03-05T07:30:00Z".parse()?);
        let open = [(crm.name, self.session(crm, CRM_SERVER)?), (phone.name, self.session(phone, AT_HOME)?)];
        self.chapter("2026-03-05T18:40:00Z", "A phone is lost")?;
        self.page.say(
            "Ada left her phone on a train. What could whoever finds it do with the password that is in it?",
        )?;
        let radius = self.directory.blast_radius(&bakery.ada, phone.device, &PageRequest::default())?;
        self.page.table(["the password of", &radius.label], opens(&radius))?;
        self.directory.run(&bakery.ada, RevokeDevice { device: phone.device })?;
        self.page.say(
            "So she revokes it, and asks nobody. Both programs have been connected since the morning; when the \
             mail server asks again, one is told to go.",
        )?;
        let mut rows = Vec::new();
        for (name, session) in &open {
            let goes_on = self.directory.session_valid(session)?;
            rows.push([(*name).to_owned(), if goes_on { "goes on" } else { "ends" }.to_owned()]);
        }
        self.page.table(["connection of", "now"], rows)?;

        self.clock.set("2026-03-05T23:15:00Z".parse()?);
        self.page.say("Late in the evening somebody has found the phone and switched it on:")?;
        let known = self.log_in(&[
            (phone, CONTACT, Protocol::Imap, FAR_AWAY),
            (crm, CONTACT, Protocol::Imap, CRM_SERVER),
        ])?;
        for device in known {
            let device = self.directory.device(&bakery.olivia, device)?;
            if let DeviceState::Revoked { at, by } = &device.state {
                let by = by.user().map(|user| self.directory.user(&self.host, user)).transpose()?;
                let by = by.map_or("the host".to_owned(), |user| user.name);
                self.page.say(&format!(
                    "That was no guessing, and the host's log says whose password it was: of “{}”, revoked by \
                     {by} on {}.",
                    device.label,
                    day_and_hour(*at)
                ))?;
            }
        }
        Ok(())
    }

    fn the_scanner_becomes_the_bakerys(&mut self, bakery: &Bakery) -> Told<Program> {
        self.chapter("2026-03-23T09:00:00Z", "The scanner becomes the bakery's")?;
        let (contact, user) = (bakery.contact, bakery.ada_id);
        self.directory.batch(|batch| {
            batch.run(&bakery.olivia, RevokeGrant { mailbox: contact, user, held: HeldDevices::Release })?;
            batch.run(&bakery.olivia, GrantAccess::new(contact, user).reason("until the end of the week"))
        })?;
        let phone = AddDevice::new(contact, "Ada's new phone").protocols([Protocol::Imap, Protocol::Smtp]);
        let phone = Program::new("Ada's new phone", self.directory.run(&bakery.ada, phone)?);
        self.page.say(
            "Ada will leave on Friday. The scanner is hers and would stop with her, so Olivia takes her grant \
             away, lets what hangs on it go on without a holder, and grants anew: two commands, one commit. \
             Ada sets up her new phone for the last days.",
        )?;
        self.show_once(bakery, &[&phone])?;
        self.page.say(&format!("Everyone and everything that reaches {CONTACT} today:"))?;
        self.show_access(None, bakery)?;

        let (organisation, address) = (bakery.organisation, "tim@people.example".parse()?);
        let offer = one_mailbox(contact);
        let invited = self.directory.run(&bakery.olivia, Invite { organisation, address, offer })?;
        self.page.say(&format!(
            "To follow Ada, Olivia invites Tim, who is learning the trade, as tim@people.example. His \
             invitation is good until {}.",
            day_and_hour(invited.expires)
        ))?;
        Ok(phone)
    }

    fn the_assistant_leaves(
        &mut self,
        bakery: &Bakery,
        crm: &Program,
        phone: Program,
        scanner: Program,
    ) -> Told {
        self.chapter("2026-03-27T17:00:00Z", "The assistant leaves")?;
        let gone = self.directory.run(&bakery.ada, Leave { organisation: bakery.organisation })?;
        self.page
            .say("Ada leaves the bakery. The report says what went with her, and what she still knows:")?;
        let grants =
            gone.grants.iter().map(|grant| [format!("her grant on {}", grant.address), "ended".into()]);
        let devices = gone.devices.iter().map(|device| [device.label.clone(), "revoked".into()]);
        let known = gone
            .still_known
            .iter()
            .map(|device| [device.label.clone(), "goes on; she knows its password".into()]);
        self.page.table(["what", "from now on"], grants.chain(devices).chain(known))?;

        let mut renewed = Vec::new();
        for device in &gone.still_known {
            let rotate = RotateDevice::new(device.device).grace(Duration::ZERO);
            renewed.push(Program::new("Scanner, new", self.directory.run(&bakery.olivia, rotate)?));
        }
        self.page.say("So Olivia gives the scanner a new password. The former one ends at once.")?;
        let renewed: Vec<&Program> = renewed.iter().collect();
        self.show_once(bakery, &renewed)?;
        let mut attempts = vec![
            (&scanner, CONTACT, Protocol::Smtp, OFFICE),
            (&phone, CONTACT, Protocol::Imap, AT_HOME),
            (crm, CONTACT, Protocol::Imap, CRM_SERVER),
        ];
        attempts.extend(renewed.iter().map(|scanner| (*scanner, CONTACT, Protocol::Smtp, OFFICE)));
        self.page.say("The next morning:")?;
        self.clock.set("2026-03-28T08:00:00Z".parse()?);
        self.log_in(&attempts)?;
        self.directory.run(&bakery.olivia, GrantAccess::new(bakery.contact, bakery.olivia_id))?;
        self.page.say(&format!(
            "Ada's account, and her work for the Cycling Club, are as they were. Until somebody follows her, \
             Olivia reads {CONTACT}: she grants it to herself, and whoever has it sees that she did."
        ))?;
        Ok(())
    }

    fn chapter(&mut self, at: &str, title: &str) -> Told {
        let at: Timestamp = at.parse()?;
        self.clock.set(at);
        Ok(self.page.chapter(at, title)?)
    }

    fn register(&self, login: &str, name: &str) -> Told<UserId> {
        let register = RegisterUser::new(login.parse()?, name).proof(Proof::Verified);
        Ok(self.directory.run(&self.host, register)?.user)
    }

    /// An organisation with a verified domain, and what the host asked to see.
    fn found(&self, owner: UserId, name: &str, domain: &str) -> Told<(OrganisationId, String)> {
        let (actor, domain): (Actor, DomainName) = (owner.into(), domain.parse()?);
        let found = FoundOrganisation { name: name.to_owned(), owner: None };
        let organisation = self.directory.run(&actor, found)?.organisation;
        let added = self.directory.run(&actor, AddDomain { organisation, name: domain.clone() })?;
        self.directory.run(&self.host, VerifyDomain { organisation, name: domain })?;
        Ok((organisation, added.challenge))
    }

    /// The only time that these passwords are seen.
    fn show_once(&mut self, bakery: &Bakery, programs: &[&Program]) -> Told {
        let mut rows = Vec::new();
        for program in programs {
            let device = self.directory.device(&bakery.olivia, program.device)?;
            let protocols = device.bounds.protocols.to_string();
            rows.push([program.name.to_owned(), program.password.to_string(), protocols]);
        }
        Ok(self.page.table(["for", "password, shown once", "by"], rows)?)
    }

    fn session(&self, program: &Program, from: &str) -> Told<DeviceSession> {
        let password = &program.password;
        let login =
            DeviceLogin { address: CONTACT, password, protocol: Protocol::Imap, from: Some(from.parse()?) };
        Ok(self.directory.login_device(&login)?)
    }

    /// Lets programs log in. Gives the devices that were recognised and refused.
    fn log_in(&mut self, attempts: &[(&Program, &str, Protocol, &str)]) -> Told<Vec<DeviceId>> {
        let (mut rows, mut known) = (Vec::new(), Vec::new());
        for (program, address, protocol, from) in attempts {
            let password = &program.password;
            let login = DeviceLogin { address, password, protocol: *protocol, from: Some(from.parse()?) };
            let answer = match self.directory.login_device(&login) {
                Ok(_) => "welcome".to_owned(),
                Err(refusal) => {
                    known.extend(refusal.device());
                    refused(&refusal)
                }
            };
            let (name, address, from) = (program.name.to_owned(), short(&address.parse()?), from.to_string());
            rows.push([name, address, protocol.to_string(), from, answer]);
        }
        self.page.table(["program", "as", "by", "from", "answer"], rows)?;
        Ok(known)
    }

    /// Who reaches contact@, now or as it was.
    fn show_access(&mut self, then: Option<&Directory>, bakery: &Bakery) -> Told {
        let directory = then.unwrap_or(&self.directory);
        let mut rows = Vec::new();
        for access in every(|page| directory.access(&bakery.olivia, bakery.contact, page)) {
            rows.push(words::access(&access?));
        }
        Ok(self.page.table(["who", "through", "may", "since"], rows)?)
    }
}

/// What somebody is offered who gets one mailbox and nothing else.
fn one_mailbox(mailbox: MailboxId) -> Offer {
    let rights = Policy::default().mailbox_rights;
    Offer {
        role: Role::External,
        services: Services::new(),
        mailboxes: vec![Promise { mailbox, rights, expires: None }],
    }
}
