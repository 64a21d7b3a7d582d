//! What the verifier accepts and what it refuses, each with its words.
use proptest::prelude::*;

use crate::kernel::random::case;
use crate::kernel::*;

proptest! {
    #[test]
    fn random_programs_are_accepted(seed: u64, narrow: bool) {
        let case = case(seed, if narrow { Float::F32 } else { Float::F64 });
        let verdict = case.program.verify();
        prop_assert!(verdict.is_ok(), "{}\n{}", verdict.unwrap_err(), case.program.text());
    }
}
