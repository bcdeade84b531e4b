//! The fuzz target of this crate: `.env` files. `cargo test` replays the kept corpus.

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

use crate::dotenv::parse;

/// Parses the bytes of a file and looks for three names in it.
pub fn dotenv(data: &[u8]) {
    let names = ["A".to_owned(), "DB_URL".to_owned(), "export".to_owned()];
    let file = parse(data);
    let lines = 1 + data.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    assert!(file.remarks.iter().all(|remark| (1..=lines).contains(&remark.line)), "a line that there is not");
    if let Some(expected) = plain(data, &names) {
        let found = file.first_of(&names).map(|(name, value)| (name, value.expose()));
        assert!(found == expected, "another outcome");
    }
}

/// Returns the content of a file that has nothing but `NAME=word`; `None` for any other.
#[allow(clippy::option_option, reason = "the two say different things")]
fn plain<'d>(data: &'d [u8], names: &[String]) -> Option<Option<(&'d str, &'d str)>> {
    let text = std::str::from_utf8(data).ok()?;
    let mut pairs = Vec::new();
    for line in text.split('\n').filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once('=')?;
        let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_name = name.starts_with(|c: char| c.is_ascii_uppercase());
        if !is_name || !is_word(&name.replace('_', "A")) || !is_word(value) {
            return None;
        }
        pairs.push((name, value));
    }
    let last = |wanted: &String| pairs.iter().rev().find(|(name, _)| name == wanted).copied();
    Some(names.iter().find_map(last))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kept_corpus_of_env_files_passes() {
        super::replay::replay("dotenv", super::dotenv);
    }
}
