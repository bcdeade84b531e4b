//! The functions that this crate's fuzz targets run. `cargo test` replays their corpora.

mod coerce;
mod frames;
mod load;
mod oracle;
#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;
mod validate;

pub use coerce::coerce;
pub use load::load;
pub use validate::validate;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn the_kept_corpus_of_the_validator_passes() {
        replay("validate", super::validate);
    }

    #[test]
    fn the_kept_corpus_of_the_loader_passes() {
        replay("load", super::load);
    }

    #[test]
    fn the_kept_corpus_of_the_parameters_passes() {
        replay("coerce", super::coerce);
    }
}
