//! The functions that this crate's fuzz targets run. `cargo test` replays their corpora.

mod guard;
#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;
mod router;

pub use guard::guard;
pub use router::router;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn the_kept_corpus_of_the_guard_passes() {
        replay("guard", super::guard);
    }

    #[test]
    fn the_kept_corpus_of_the_router_passes() {
        replay("router", super::router);
    }
}
