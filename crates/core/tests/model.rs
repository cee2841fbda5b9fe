//! Random lives of a few people, organisations and mailboxes: after every step everything that can be asked agrees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(unreachable_pub, missing_docs, reason = "modules of a test")]

mod common;

#[path = "model/life.rs"]
#[allow(dead_code, reason = "other tests look at the world of a life")]
mod life;
#[path = "model/rows.rs"]
mod rows;

use life::{Life, Step};
use proptest::prelude::*;

const STEPS: usize = 60;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16,
        max_shrink_iters: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn everything_agrees_after_every_step(steps in prop::collection::vec(any::<Step>(), 1..STEPS)) {
        let mut life = Life::new();
        for (number, step) in steps.iter().enumerate() {
            life.step(step);
            life.check(number % 10 == 0 || number + 1 == steps.len());
        }
    }
}

/// Where short lives may not come to, because it needs many others first. The same in every run.
#[test]
fn long_lives() {
    let (mut done, mut handed_over) = (0, 0);
    for seed in 1..4 {
        let (mut life, mut random) = (Life::new(), common::Seeded::new(seed));
        for number in 0..200 {
            let mut bytes = [0; 8];
            mailgrant::Entropy::fill(&mut random, &mut bytes).unwrap();
            let [operation, who, a, b, c, host, ..] = bytes;
            // The host acts often, so that something goes on when everyone has left.
            let who = if host % 2 == 0 { 8 } else { who };
            life.step(&Step { operation, who, a, b, c });
            life.check(number % 30 == 29);
        }
        done += life.went_through();
        handed_over += life.handed_over();
    }
    assert!(done > 80, "{done}");
    assert!(handed_over > 0, "no domain went to the other organisation");
}
