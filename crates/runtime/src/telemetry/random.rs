//! Random numbers for ids, which are no secrets.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

/// A generator of random numbers: a counter, mixed by a wide multiplication under a key.
///
/// Source: Wang Yi's wyrand, with a key of its own. Its state is far too small for secrets, which ids are not.
#[derive(Clone, Copy)]
struct Generator {
    state: u64,
    key: u64,
}

thread_local! {
    /// The thread's own generator, so that threads share nothing.
    static GENERATOR: Cell<Generator> = Cell::new(Generator::new());
}

impl Generator {
    /// A generator that begins somewhere; both numbers are drawn from the operating system's.
    fn new() -> Self {
        let drawn = RandomState::new();
        Self { state: drawn.hash_one(0), key: drawn.hash_one(1) }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0xa076_1d64_78bd_642f);
        let product = u128::from(self.state) * u128::from(self.state ^ self.key);
        #[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
        let (low, high) = (product as u64, (product >> 64) as u64);
        low ^ high
    }
}

/// Draws a random number, by a generator that is not fit for secrets.
pub fn random_u64() -> u64 {
    GENERATOR.with(|cell| {
        let mut generator = cell.get();
        let drawn = generator.next();
        cell.set(generator);
        drawn
    })
}
