//! Whatever life an organisation had: its export goes in elsewhere, and there everything that can be asked agrees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(unreachable_pub, missing_docs, dead_code, reason = "modules of a test")]

mod common;

#[path = "model/life.rs"]
mod life;
#[path = "model/rows.rs"]
mod rows;

use common::agree::{Asked, answers};
use common::*;
use life::{Life, Step};
use mailgrant::*;

/// A life of so many steps, and some instants of it.
fn life(seed: u64, steps: usize) -> (Life, Vec<Timestamp>) {
    let (mut life, mut random) = (Life::new(), Seeded::new(seed));
    let mut instants = Vec::new();
    for number in 0..steps {
        let mut bytes = [0; 8];
        Entropy::fill(&mut random, &mut bytes).unwrap();
        let [operation, who, a, b, c, host, ..] = bytes;
        let who = if host % 3 < 2 { 8 } else { who };
        life.step(&Step { operation, who, a, b, c });
        if number % 40 == 20 {
            // So that each falls between two commands.
            life.world().advance(std::time::Duration::from_millis(500));
            instants.push(life.world().now());
            life.world().advance(std::time::Duration::from_millis(500));
        }
    }
    (life, instants)
}

/// Addresses, save those that are another organisation's.
fn addresses(here: &World, organisation: OrganisationId) -> Vec<Address> {
    let mut found = Vec::new();
    for domain in ["alpha", "alpha-too", "beta", "beta-too"] {
        for local in ["contact", "office", "dora", "info+news", "info", "team", "postmaster", "contact+x"] {
            found.push(addr(&format!("{local}@{domain}.example")));
        }
    }
    found.retain(|address| {
        here.directory.resolve(address).unwrap().organisation.is_none_or(|of| of == organisation)
    });
    found
}

/// What an import does not change: devices lose their passwords, invitations are revoked.
fn stays(line: &&String) -> bool {
    !["\"invitations\"", "\"devices\"", "(\"access\""].iter().any(|start| line.starts_with(start))
}

/// A domain that was offered to somebody where it came from is offered to nobody.
fn without_offers(line: String) -> String {
    let mut kept = Vec::new();
    let mut lines = line.lines();
    while let Some(line) = lines.next() {
        if let Some((indent, _)) = line.split_once("offer: Some(") {
            let end = format!("{indent}),");
            assert!(lines.any(|line| line == end));
            kept.push(format!("{indent}offer: None,"));
        } else {
            kept.push(line.to_owned());
        }
    }
    kept.join("\n")
}

/// What of a past is known without those who left.
fn stays_of_the_past(line: &&String) -> bool {
    let of_people = ["\"members\"", "(\"reach\""].iter().any(|start| line.starts_with(start));
    stays(line) && !of_people
}

#[track_caller]
fn same(here: &[String], there: &[String], keep: fn(&&String) -> bool, what: &str) {
    assert_eq!(here.len(), there.len(), "{what}");
    for (here, there) in here.iter().zip(there).filter(|(here, _)| keep(here)) {
        assert!(here == there, "{what}\nhere {here}\n\nthere {there}");
    }
}

#[test]
fn whatever_happened_it_goes_elsewhere() {
    let mut exported = 0;
    for seed in 21..29 {
        let (life, instants) = life(seed, 150);
        let here = life.world();
        let organisations: Vec<OrganisationId> = here
            .store
            .dump()
            .lines()
            .filter_map(|line| line.strip_prefix("row org_"))
            .map(|rest| format!("org_{}", rest.split(' ').next().unwrap()).parse().unwrap())
            .filter(|id| here.directory.organisation(&here.system, *id).is_ok())
            .collect();
        for organisation in organisations {
            for history in [History::With, History::Without] {
                let mut file = Vec::new();
                here.directory.export(&here.system, organisation, history, &mut file).unwrap();
                let there = World::with(|builder| builder.entropy(Seeded::new(seed + 1_000)));
                there.set(here.now());
                let what = format!("seed {seed}, {organisation}, {history} history");
                let has_owner = String::from_utf8_lossy(&file)
                    .lines()
                    .any(|line| line.starts_with("{\"member\"") && line.contains("\"role\":\"owner\""));
                match there.directory.import(&there.system, file.as_slice()) {
                    Ok(_) => assert!(has_owner),
                    Err(error) => {
                        assert!(!has_owner && error.details()["reason"] == "no_owner", "{what}: {error:?}");
                        continue;
                    }
                }
                exported += 1;
                let of = |directory| Asked { directory, organisation, now: here.now() };
                let users = of(&there.directory).ever_members();
                let before =
                    answers(&here.directory, &of(&here.directory), &users, &addresses(here, organisation));
                let after =
                    answers(&there.directory, &of(&there.directory), &users, &addresses(here, organisation));
                // Of people who left, other places say what they are there; here they are nobody.
                let present: Vec<String> = users
                    .iter()
                    .filter(|user| there.directory.user(&there.system, **user).is_err())
                    .map(ToString::to_string)
                    .collect();
                let about_present =
                    |line: &String| !present.iter().any(|gone| line.lines().next().unwrap().contains(gone));
                let before: Vec<String> =
                    before.into_iter().filter(|line| about_present(line)).map(without_offers).collect();
                let after: Vec<String> = after.into_iter().filter(|line| about_present(line)).collect();
                same(&before, &after, stays, &what);
                let asked = of(&there.directory);
                asked.past_agrees_with_present(&addresses(here, organisation));
                asked.journals_have_no_gaps(&[]);
                asked.access_agrees_with_may();
                asked.addresses_are_unique();
                rows::check(&there.store.dump());

                for instant in instants.iter().filter(|_| history == History::With) {
                    let then = here.directory.at(&here.system, organisation, *instant);
                    let there = there.directory.at(&there.system, organisation, *instant);
                    let (Ok(then), Ok(there)) = (then, there) else { continue };
                    let of = |directory| Asked { directory, organisation, now: *instant };
                    let users: Vec<UserId> =
                        users.iter().copied().filter(|user| !present.contains(&user.to_string())).collect();
                    let before = answers(&then, &of(&then), &users, &addresses(here, organisation));
                    let after = answers(&there, &of(&there), &users, &addresses(here, organisation));
                    same(&before, &after, stays_of_the_past, &format!("{what} at {instant}"));
                }

                // And on from there.
                let mut second = Vec::new();
                there.directory.export(&there.system, organisation, history, &mut second).unwrap();
                let third = World::new();
                third.set(here.now());
                third.directory.import(&third.system, second.as_slice()).unwrap();
            }
        }
    }
    assert!(exported > 12, "{exported}");
}
