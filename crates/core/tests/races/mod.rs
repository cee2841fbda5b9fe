//! Threads that want the same thing at the same moment, each with a directory of its own over one store, as other
//! processes would have it. Any store is raced on.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};

use mailgrant::alias::AddAlias;
use mailgrant::device::{AddDevice, For, RotateDevice};
use mailgrant::domain::{
    AcceptDomain, AddDomain, DeclineDomainOffer, OfferDomain, VerifyDomain, WithdrawDomainOffer,
};
use mailgrant::grant::{ChangeGrant, GrantAccess, RevokeGrant};
use mailgrant::invitation::{AcceptInvitation, AcceptInvitationAsNew, DeclineInvitation, Invite};
use mailgrant::mailbox::{CloseMailbox, FormerAddress, OpenMailbox, RenameMailbox, ReopenMailbox};
use mailgrant::membership::{AddMember, Leave, RemoveMember, SetRole, SuspendMember, TransferOwnership};
use mailgrant::organisation::{FoundOrganisation, SetPolicy};
use mailgrant::user::{DeleteUser, RegisterUser, SuspendUser};
use mailgrant::*;

use crate::common::agree::Asked;
use crate::common::{PASSWORD, TUESDAY, addr};

/// Where threads race.
pub struct Ground {
    store: Box<dyn Fn() -> Arc<dyn Store> + Sync>,
    clock: Arc<ManualClock>,
    /// How often each race is run.
    pub rounds: usize,
    pub main: Directory,
}

type Runner<'a, T> = Box<dyn FnOnce(&Directory) -> T + Send + 'a>;

/// The code of the refusal, or that it went through.
type Told = Result<(), &'static str>;

fn told<T>(result: Result<T, Error>) -> Told {
    result.map(drop).map_err(|error| error.code().as_str())
}

fn system() -> Actor {
    Actor::system("test")
}

/// An organisation with a verified domain and two active owners.
pub struct Firm {
    pub organisation: OrganisationId,
    pub domain: String,
    pub owners: [UserId; 2],
    pub admin: UserId,
}

impl Ground {
    pub fn new(store: impl Fn() -> Arc<dyn Store> + Sync + 'static, rounds: usize) -> Self {
        let clock = Arc::new(ManualClock::new(TUESDAY.parse().unwrap()));
        let main = directory(store(), &clock);
        Self { store: Box::new(store), clock, rounds, main }
    }

    /// Lets all begin at the same moment.
    fn race<T: Send>(&self, runners: Vec<Runner<'_, T>>) -> Vec<T> {
        let barrier = Barrier::new(runners.len());
        std::thread::scope(|scope| {
            let threads: Vec<_> = runners
                .into_iter()
                .map(|run| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        let directory = directory((self.store)(), &self.clock);
                        barrier.wait();
                        run(&directory)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    fn run<C: Command>(&self, actor: impl Into<Actor>, command: C) -> C::Output {
        match self.main.run(&actor.into(), command) {
            Ok(output) => output,
            Err(error) => panic!("{} was refused: {error:?}", C::NAME),
        }
    }

    fn sys<C: Command>(&self, command: C) -> C::Output {
        self.run(system(), command)
    }

    fn person(&self, login: &str) -> UserId {
        self.sys(RegisterUser::new(addr(login), "Somebody").proof(Proof::Verified)).user
    }

    pub fn firm(&self, name: &str) -> Firm {
        let domain = format!("{name}.example");
        let owners = [0, 1].map(|place| self.person(&format!("owner{place}@of-{domain}")));
        let founded = self.run(owners[0], FoundOrganisation { name: name.to_owned(), owner: None });
        let organisation = founded.organisation;
        let add = |user, role| {
            self.sys(AddMember { organisation, user, role, services: Services::new() });
        };
        add(owners[1], Role::Owner);
        let admin = self.person(&format!("admin@of-{domain}"));
        add(admin, Role::Admin);
        let name: DomainName = domain.parse().unwrap();
        self.sys(AddDomain { organisation, name: name.clone() });
        self.sys(VerifyDomain { organisation, name });
        Firm { organisation, domain, owners, admin }
    }

    pub fn asked(&self, firm: &Firm) -> Asked<'_> {
        Asked { directory: &self.main, organisation: firm.organisation, now: self.clock.now() }
    }

    /// What must be true after any race.
    pub fn all_agrees(&self, firm: &Firm, users: &[UserId], addresses: &[Address]) {
        let asked = self.asked(firm);
        asked.journals_have_no_gaps(users);
        asked.addresses_are_unique();
        asked.access_agrees_with_may();
        asked.past_agrees_with_present(addresses);
    }

    fn history(&self, firm: &Firm, kind: &str) -> usize {
        let filter = HistoryFilter { kinds: vec![kind.to_owned()], ..HistoryFilter::default() };
        every(|page| self.main.history(&system(), firm.organisation, &filter, page))
            .collect::<Result<Vec<_>, _>>()
            .unwrap()
            .len()
    }
}

pub fn directory(store: Arc<dyn Store>, clock: &Arc<ManualClock>) -> Directory {
    let costs = HashCosts { memory_kib: 8, iterations: 1, parallelism: 1 };
    Directory::builder(store).clock(clock.clone()).hash_costs(costs).build().unwrap()
}

fn succeeded(told: &[Told]) -> usize {
    told.iter().filter(|told| told.is_ok()).count()
}

#[track_caller]
fn others_say(told: &[Told], codes: &[&str]) {
    for refusal in told.iter().filter_map(|told| told.err()) {
        assert!(codes.contains(&refusal), "{refusal} in {told:?}");
    }
}

/// Ways in which an owner ends to be one: the person who goes, and the other owner.
type Exit = (&'static str, fn(&Directory, &Firm, UserId, UserId) -> Told);

const EXITS: [Exit; 7] = [
    ("leaves", |directory, firm, own, _| {
        told(directory.run(&own.into(), Leave { organisation: firm.organisation }))
    }),
    ("demotes themselves", |directory, firm, own, _| {
        let (organisation, role) = (firm.organisation, Role::Admin);
        told(directory.run(&own.into(), SetRole { organisation, user: own, role }))
    }),
    ("suspends themselves", |directory, firm, own, _| {
        told(directory.run(&own.into(), SuspendMember { organisation: firm.organisation, user: own }))
    }),
    ("deletes their account", |directory, _, own, _| {
        told(directory.run(&own.into(), DeleteUser { user: own }))
    }),
    ("is removed by the other", |directory, firm, own, other| {
        told(directory.run(&other.into(), RemoveMember { organisation: firm.organisation, user: own }))
    }),
    ("is demoted by the other", |directory, firm, own, other| {
        let (organisation, role) = (firm.organisation, Role::External);
        told(directory.run(&other.into(), SetRole { organisation, user: own, role }))
    }),
    ("is removed by the host", |directory, firm, own, _| {
        told(directory.run(&system(), RemoveMember { organisation: firm.organisation, user: own }))
    }),
];

pub fn the_last_owner_stays(ground: &Ground) {
    for (one, (first, exit)) in EXITS.iter().enumerate() {
        for (two, (second, other)) in EXITS.iter().enumerate().skip(one) {
            for round in 0..ground.rounds {
                let firm = ground.firm(&format!("last-{one}-{two}-{round}"));
                let [a, b] = firm.owners;
                let firm = &firm;
                let told = ground.race(vec![
                    Box::new(move |directory: &Directory| exit(directory, firm, a, b)) as Runner<'_, Told>,
                    Box::new(move |directory| other(directory, firm, b, a)),
                ]);
                let left = ground.asked(firm).acting_owners();
                assert_eq!(left.len(), 1, "one {first}, one {second}: {told:?}");
                assert_eq!(succeeded(&told), 1, "one {first}, one {second}: {told:?}");
                others_say(
                    &told,
                    // The one who would have decided may be nobody any more.
                    &[
                        "owner.last",
                        "organisation.not_found",
                        "access.denied",
                        "user.not_found",
                        "member.not_found",
                    ],
                );
                if round == 0 {
                    ground.all_agrees(firm, &[], &[]);
                }
            }
        }
    }
}

pub fn an_owner_is_left_whatever_moves(ground: &Ground) {
    for round in 0..ground.rounds {
        // One hands over to the admin while the other leaves and the admin is removed.
        let firm = ground.firm(&format!("moves-{round}"));
        let [a, b] = firm.owners;
        let (organisation, admin) = (firm.organisation, firm.admin);
        ground.race(vec![
            Box::new(move |directory: &Directory| {
                told(directory.run(&a.into(), TransferOwnership { organisation, to: admin, from: None }))
            }) as Runner<'_, Told>,
            Box::new(move |directory| told(directory.run(&b.into(), Leave { organisation }))),
            Box::new(move |directory| {
                told(directory.run(&b.into(), RemoveMember { organisation, user: admin }))
            }),
            Box::new(move |directory| told(directory.run(&admin.into(), Leave { organisation }))),
        ]);
        assert!(!ground.asked(&firm).acting_owners().is_empty());

        // The host suspends one while the other leaves: if the other was told that they may, one was left then.
        let firm = ground.firm(&format!("banned-{round}"));
        let ([a, b], organisation) = (firm.owners, firm.organisation);
        let told = ground.race(vec![
            Box::new(move |directory: &Directory| told(directory.run(&system(), SuspendUser { user: a })))
                as Runner<'_, Told>,
            Box::new(move |directory| told(directory.run(&b.into(), Leave { organisation }))),
        ]);
        let kinds: Vec<String> = ground
            .main
            .history(&system(), organisation, &HistoryFilter::default(), &PageRequest::first(1_000))
            .unwrap()
            .items
            .iter()
            .map(|entry| entry.event.kind().to_owned())
            .collect();
        assert_eq!(told[0], Ok(()), "System may suspend the user all the same");
        assert_eq!(told[1].is_ok(), kinds.iter().any(|kind| kind == "member.left"));
        assert_eq!(ground.asked(&firm).acting_owners().is_empty(), told[1].is_ok());
    }
}

pub fn one_gets_the_address(ground: &Ground) {
    for round in 0..ground.rounds {
        let firm = ground.firm(&format!("address-{round}"));
        let organisation = firm.organisation;
        let at = |local: &str| addr(&format!("{local}@{}", firm.domain));
        let first = ground.sys(OpenMailbox::new(organisation, at("first")));
        let second = ground.sys(OpenMailbox::new(organisation, at("second")));
        let wanted = at("wanted");
        let actors = [firm.owners[0], firm.owners[1], firm.admin].map(Actor::from);
        let (wanted, actors) = (&wanted, &actors);
        let told = ground.race(vec![
            Box::new(move |directory: &Directory| {
                told(directory.run(&actors[0], OpenMailbox::new(organisation, wanted.clone())))
            }) as Runner<'_, Told>,
            Box::new(move |directory| {
                told(directory.run(&actors[1], OpenMailbox::new(organisation, wanted.clone())))
            }),
            Box::new(move |directory| told(directory.run(&actors[2], AddAlias::new(first, wanted.clone())))),
            Box::new(move |directory| {
                let rename = RenameMailbox {
                    mailbox: second,
                    address: wanted.clone(),
                    former: FormerAddress::Alias,
                    reclaim: Reclaim::No,
                    on_dependants: OnDependants::Refuse,
                };
                told(directory.run(&system(), rename))
            }),
        ]);
        assert_eq!(succeeded(&told), 1, "{told:?}");
        others_say(&told, &["address.taken"]);
        ground.all_agrees(&firm, &[], &[wanted.clone(), at("first"), at("second"), at("nobody")]);
    }
}

pub fn one_gets_the_login(ground: &Ground) {
    for round in 0..ground.rounds {
        let firm = ground.firm(&format!("login-{round}"));
        let organisation = firm.organisation;
        let login = addr(&format!("nora@login-{round}.invited.example"));
        let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![] };
        let invited = ground.run(firm.owners[0], Invite { organisation, address: login.clone(), offer });
        let token = invited.token.reveal().to_string();
        let (login, token) = (&login, &token);
        let mut runners: Vec<Runner<'_, Told>> = Vec::new();
        for _ in 0..3 {
            runners.push(Box::new(move |directory: &Directory| {
                told(directory.run(&system(), RegisterUser::new(login.clone(), "Nora")))
            }));
        }
        runners.push(Box::new(move |directory: &Directory| {
            let token = token.as_str().into();
            let accept = AcceptInvitationAsNew { token, name: "Nora".into(), password: PASSWORD.into() };
            told(directory.run(&Actor::Bearer, accept))
        }));
        let told = ground.race(runners);
        assert_eq!(succeeded(&told), 1, "{told:?}");
        others_say(&told, &["login.taken"]);
        let user = ground.main.user_by_login(&system(), login).unwrap();
        ground.all_agrees(&firm, &[user.id], &[]);
    }
}

pub fn an_invitation_is_answered_once(ground: &Ground) {
    for round in 0..ground.rounds {
        let firm = ground.firm(&format!("invitation-{round}"));
        let organisation = firm.organisation;
        let mailbox = ground.sys(OpenMailbox::new(organisation, addr(&format!("contact@{}", firm.domain))));
        let promise = Promise { mailbox, rights: [Right::Send].into(), expires: None };
        let offer = Offer { role: Role::External, services: Services::new(), mailboxes: vec![promise] };
        let address = addr(&format!("nora@invitation-{round}.invited.example"));
        let invited = ground.run(firm.owners[0], Invite { organisation, address, offer });
        let token = invited.token.reveal().to_string();
        let guests: Vec<UserId> =
            (0..2).map(|place| ground.person(&format!("guest{place}@invitation-{round}.example"))).collect();
        let token = &token;
        let mut runners: Vec<Runner<'_, Told>> = Vec::new();
        // Each twice: somebody clicks again.
        for guest in guests.iter().chain(&guests) {
            let guest = Actor::User(*guest);
            runners.push(Box::new(move |directory: &Directory| {
                told(directory.run(&guest, AcceptInvitation { token: token.as_str().into() }))
            }));
        }
        runners.push(Box::new(move |directory: &Directory| {
            let token = token.as_str().into();
            let accept = AcceptInvitationAsNew { token, name: "Nora".into(), password: PASSWORD.into() };
            told(directory.run(&Actor::Bearer, accept))
        }));
        runners.push(Box::new(move |directory: &Directory| {
            told(directory.run(&Actor::Bearer, DeclineInvitation { token: token.as_str().into() }))
        }));
        let told = ground.race(runners);
        assert_eq!(succeeded(&told), 1, "{told:?}");
        others_say(&told, &["invitation.closed"]);
        assert!(ground.history(&firm, "grant.given") <= 1);
        ground.all_agrees(&firm, &guests, &[]);
    }
}

pub fn one_organisation_gets_the_domain(ground: &Ground) {
    for round in 0..ground.rounds {
        let firms = [ground.firm(&format!("left-{round}")), ground.firm(&format!("right-{round}"))];
        let name: DomainName = format!("shared-{round}.example").parse().unwrap();
        for firm in &firms {
            ground.run(firm.admin, AddDomain { organisation: firm.organisation, name: name.clone() });
        }
        let mut runners: Vec<Runner<'_, Told>> = Vec::new();
        for firm in &firms {
            let verify = VerifyDomain { organisation: firm.organisation, name: name.clone() };
            runners.push(Box::new(move |directory: &Directory| told(directory.run(&system(), verify))));
        }
        let told = ground.race(runners);
        assert_eq!(succeeded(&told), 1, "{told:?}");
        others_say(&told, &["domain.taken"]);
        firms.iter().for_each(|firm| ground.all_agrees(firm, &[], &[]));
    }
}

/// A firm offers its domain with a mailbox to another; access goes on.
fn on_offer(ground: &Ground, name: &str) -> (Firm, Firm, MailboxId, AcceptDomain) {
    let (seller, buyer) = (ground.firm(&format!("seller-{name}")), ground.firm(&format!("buyer-{name}")));
    let address = addr(&format!("contact@{}", seller.domain));
    let mailbox = ground.sys(OpenMailbox::new(seller.organisation, address));
    ground.sys(GrantAccess::new(mailbox, seller.admin));
    let (name, access): (DomainName, _) = (seller.domain.parse().unwrap(), OfferedAccess::GoesOn);
    let offer =
        OfferDomain { organisation: seller.organisation, name: name.clone(), to: buyer.organisation, access };
    ground.run(seller.owners[0], offer);
    let accept = AcceptDomain {
        organisation: buyer.organisation,
        from: seller.organisation,
        name,
        access,
        on_dependants: OnDependants::Refuse,
    };
    (seller, buyer, mailbox, accept)
}

fn again(accept: &AcceptDomain) -> AcceptDomain {
    AcceptDomain { name: accept.name.clone(), ..*accept }
}

/// Two accept, one declines, one withdraws.
pub fn a_domain_is_handed_over_once(ground: &Ground) {
    for round in 0..ground.rounds {
        let (seller, buyer, mailbox, accept) = on_offer(ground, &format!("once-{round}"));
        let withdraw =
            || WithdrawDomainOffer { organisation: seller.organisation, name: accept.name.clone() };
        let decline = || DeclineDomainOffer {
            organisation: buyer.organisation,
            from: seller.organisation,
            name: accept.name.clone(),
        };
        let mut runners: Vec<Runner<'_, Told>> = Vec::new();
        for owner in buyer.owners {
            let accept = again(&accept);
            runners.push(Box::new(move |directory: &Directory| told(directory.run(&owner.into(), accept))));
        }
        runners.push(Box::new(|directory| told(directory.run(&buyer.owners[0].into(), decline()))));
        runners.push(Box::new(|directory| told(directory.run(&seller.owners[1].into(), withdraw()))));
        let told = ground.race(runners);
        assert_eq!(succeeded(&told), 1, "{told:?}");
        others_say(&told, &["offer.not_found", "domain.not_found"]);
        let gone = told[0].is_ok() || told[1].is_ok();
        let owner = ground.main.mailbox(&system(), mailbox).unwrap().organisation;
        assert_eq!(owner, if gone { buyer.organisation } else { seller.organisation });
        for firm in [&seller, &buyer] {
            ground.all_agrees(firm, &[seller.admin], &[]);
        }
    }
}

/// Whatever was given or made on either side of the instant is on the right side of it.
pub fn nothing_is_lost_while_a_domain_goes(ground: &Ground) {
    for round in 0..ground.rounds {
        let (seller, buyer, mailbox, accept) = on_offer(ground, &format!("busy-{round}"));
        let (seller, buyer) = (&seller, &buyer);
        let runners: Vec<Runner<'_, Told>> = vec![
            Box::new(move |directory: &Directory| told(directory.run(&buyer.owners[0].into(), accept))),
            Box::new(move |directory| {
                told(directory.run(&seller.admin.into(), GrantAccess::new(mailbox, seller.owners[1])))
            }),
            Box::new(move |directory| {
                let nobody = For::Nobody { handed_to: None };
                let device = AddDevice::new(mailbox, "CRM").holder(nobody).protocols([Protocol::Imap]);
                told(directory.run(&seller.admin.into(), device))
            }),
            Box::new(move |directory| {
                let alias = addr(&format!("hello@{}", seller.domain));
                told(directory.run(&seller.admin.into(), AddAlias::new(mailbox, alias)))
            }),
            Box::new(move |directory| {
                let office = addr(&format!("office@{}", seller.domain));
                told(directory.run(&seller.admin.into(), OpenMailbox::new(seller.organisation, office)))
            }),
            // Who is about to become an External deletes their account.
            Box::new(move |directory| told(directory.run(&system(), DeleteUser { user: seller.admin }))),
        ];
        let told = ground.race(runners);
        assert_eq!(told[0], Ok(()));
        others_say(
            &told,
            &[
                "mailbox.not_found",
                "access.denied",
                "domain.not_found",
                "user.not_found",
                "organisation.not_found",
            ],
        );
        let page = PageRequest::default();
        assert_eq!(ground.main.mailboxes(&system(), seller.organisation, &page).unwrap().items, []);
        let opened = 1 + usize::from(told[4].is_ok());
        assert_eq!(ground.main.mailboxes(&system(), buyer.organisation, &page).unwrap().items.len(), opened);
        let device = usize::from(told[2].is_ok());
        assert_eq!(ground.main.devices(&system(), buyer.organisation, &page).unwrap().items.len(), device);
        for firm in [seller, buyer] {
            ground.all_agrees(firm, &[seller.owners[1]], &[]);
        }
    }
}

pub fn the_device_limit_holds(ground: &Ground) {
    for round in 0..ground.rounds {
        let firm = ground.firm(&format!("limit-{round}"));
        let organisation = firm.organisation;
        let mailbox = ground.sys(OpenMailbox::new(organisation, addr(&format!("contact@{}", firm.domain))));
        let policy = Policy { devices_per_mailbox: 5, ..Policy::default() };
        let on_dependants = OnDependants::Refuse;
        ground.run(firm.owners[0], SetPolicy { organisation, policy, on_dependants });
        let mut runners: Vec<Runner<'_, Vec<Told>>> = Vec::new();
        for _ in 0..4 {
            runners.push(Box::new(move |directory: &Directory| {
                let add = || {
                    AddDevice::new(mailbox, "CRM")
                        .holder(For::Nobody { handed_to: None })
                        .protocols([Protocol::Imap])
                };
                (0..2).map(|_| told(directory.run(&system(), add()))).collect()
            }));
        }
        let told: Vec<Told> = ground.race(runners).into_iter().flatten().collect();
        assert_eq!(succeeded(&told), 5, "{told:?}");
        others_say(&told, &["device.limit"]);
        ground.all_agrees(&firm, &[], &[]);
    }
}

pub fn a_first_use_is_one_event(ground: &Ground) {
    for round in 0..ground.rounds {
        let firm = ground.firm(&format!("rotated-{round}"));
        let address = format!("contact@{}", firm.domain);
        let mailbox = ground.sys(OpenMailbox::new(firm.organisation, addr(&address)));
        let device = AddDevice::new(mailbox, "CRM")
            .holder(For::Nobody { handed_to: None })
            .protocols([Protocol::Imap]);
        let issued = ground.sys(device);
        let former = issued.password.reveal().to_string();
        let rotated = ground.sys(RotateDevice::new(issued.id)).password.reveal().to_string();
        let login = |password: &str, directory: &Directory| {
            let protocol = Protocol::Imap;
            let login = DeviceLogin { address: &address, password, protocol, from: None };
            directory.login_device(&login).map(drop).map_err(|refusal| refusal.reason().to_string())
        };
        let (login, former, rotated) = (&login, &former, &rotated);
        let mut runners: Vec<Runner<'_, Result<(), String>>> = Vec::new();
        for _ in 0..6 {
            runners.push(Box::new(move |directory: &Directory| login(rotated, directory)));
        }
        for told in ground.race(runners) {
            assert_eq!(told, Ok(()));
        }
        assert_eq!(ground.history(&firm, "device.overlap_ended"), 1);
        assert_eq!(login(rotated, &ground.main), Ok(()));
        assert!(login(former, &ground.main).is_err());
        assert_eq!(ground.history(&firm, "device.overlap_ended"), 1);
        ground.all_agrees(&firm, &[], &[]);
    }
}

pub fn a_request_is_done_once(ground: &Ground) {
    for round in 0..ground.rounds {
        let firm = ground.firm(&format!("request-{round}"));
        let organisation = firm.organisation;
        let mailbox = ground.sys(OpenMailbox::new(organisation, addr(&format!("contact@{}", firm.domain))));
        let request = ground.main.request_id().unwrap();
        let mut runners: Vec<Runner<'_, Told>> = Vec::new();
        for _ in 0..6 {
            runners.push(Box::new(move |directory: &Directory| {
                let add = AddDevice::new(mailbox, "CRM")
                    .holder(For::Nobody { handed_to: None })
                    .protocols([Protocol::Imap]);
                told(directory.run_once(request, &system(), add))
            }));
        }
        let told = ground.race(runners);
        assert_eq!(succeeded(&told), 1, "{told:?}");
        others_say(&told, &["request.done"]);
        assert_eq!(ground.history(&firm, "device.added"), 1);
    }
}

/// Many changes of one organisation at once, by many; nobody waits for another organisation.
pub fn much_at_once_ends_well(ground: &Ground) {
    let firm = ground.firm("busy");
    let organisation = firm.organisation;
    let address = |local: String| addr(&format!("{local}@{}", firm.domain));
    let mailbox = ground.sys(OpenMailbox::new(organisation, address("contact".into())));
    let members: Vec<UserId> = (0..4)
        .map(|place| {
            let user = ground.person(&format!("member{place}@busy.people.example"));
            let (role, services) = (Role::External, Services::new());
            ground.sys(AddMember { organisation, user, role, services });
            user
        })
        .collect();
    let (firm_, members_, address_) = (&firm, &members, &address);
    let mut runners: Vec<Runner<'_, usize>> = Vec::new();
    for thread in 0..4 {
        let rounds = ground.rounds;
        runners.push(Box::new(move |directory: &Directory| {
            let (firm, members) = (firm_, members_);
            let manager = Actor::User([firm.owners[0], firm.owners[1], firm.admin][thread % 3]);
            let mut done = 0;
            for round in 0..rounds * 2 {
                let user = members[(thread + round) % members.len()];
                let on_dependants = OnDependants::Refuse;
                let told = [
                    told(
                        directory
                            .run(&manager, OpenMailbox::new(organisation, address_(format!("m{round}")))),
                    ),
                    told(directory.run(&manager, GrantAccess::new(mailbox, user))),
                    told(
                        directory.run(&manager, ChangeGrant { mailbox, user, rights: [Right::Send].into() }),
                    ),
                    told(directory.run(&manager, CloseMailbox { mailbox, on_dependants })),
                    told(directory.run(&manager, ReopenMailbox { mailbox })),
                    told(directory.run(&manager, AddAlias::new(mailbox, address_(format!("a{round}"))))),
                    told(directory.run(&manager, RevokeGrant { mailbox, user, held: HeldDevices::Revoke })),
                ];
                done += succeeded(&told);
                others_say(
                    &told,
                    &["address.taken", "grant.exists", "grant.not_found", "mailbox.state", "store.busy"],
                );
            }
            done
        }));
    }
    let done: usize = ground.race(runners).into_iter().sum();
    assert!(done > 0);
    let addresses: BTreeSet<String> =
        (0..ground.rounds * 2 + 1).flat_map(|round| [format!("m{round}"), format!("a{round}")]).collect();
    let addresses: Vec<Address> = addresses.into_iter().map(address).collect();
    ground.all_agrees(&firm, &members, &addresses);
}
