//! Random ids.

use std::cell::RefCell;

use fastrand::Rng;

thread_local! {
    /// Not the generator of `fastrand` itself, which is the app's: one that seeds it to repeat its own numbers would repeat ids.
    static IDS: RefCell<Rng> = const { RefCell::new(Rng::with_seed(0)) };
}

/// Lets the ids of this thread begin at `seed`.
#[cfg_attr(
    not(any(test, target_arch = "wasm32")),
    allow(dead_code, reason = "only a page has something random")
)]
pub(crate) fn seed(seed: u64) {
    IDS.with_borrow_mut(|ids| ids.seed(seed));
}

/// An id that is not zero, which is none.
pub(crate) fn span_id() -> u64 {
    IDS.with_borrow_mut(|ids| ids.u64(1..))
}

/// An id that is not zero, which is none.
#[cfg(target_arch = "wasm32")]
pub(crate) fn trace_id() -> u128 {
    IDS.with_borrow_mut(|ids| ids.u128(1..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_random_numbers_of_the_app_are_its_own() {
        fastrand::seed(7);
        seed(1);
        let ids = [span_id(), span_id()];
        let numbers = [fastrand::u64(..), fastrand::u64(..)];
        fastrand::seed(7);
        assert_eq!(numbers, [fastrand::u64(..), fastrand::u64(..)]);
        fastrand::seed(7);
        assert_ne!(ids, [span_id(), span_id()]);
    }
}
