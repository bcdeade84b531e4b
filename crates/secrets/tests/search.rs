//! The order of places in the search, on real files.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use twinloop_secrets::{SearchOutcome, SecretText, Sources, search};

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static LAST: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = LAST.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("twinloop-search-{}-{number}", std::process::id()));
        fs::create_dir_all(path.join("run")).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.0.join(name), text).unwrap();
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn sources(&self, environment: &[(&str, &str)]) -> Sources {
        let environment: HashMap<String, SecretText> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), SecretText::new((*value).to_owned())))
            .collect();
        Sources {
            environment,
            directory: self.0.join("run"),
            dotenv: vec![self.0.join(".env.local"), self.0.join(".env")],
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn value_of(name: &str, sources: &Sources) -> Option<(String, String)> {
    match search(name, sources).outcome {
        SearchOutcome::Found(found) => Some((found.value.expose().to_owned(), found.origin.to_string())),
        SearchOutcome::Absent | SearchOutcome::Unusable => None,
    }
}

/// The number of places, each of which is given a value or left out.
const PLACES: usize = 10;

fn place(folder: &Folder, index: usize) -> (&'static str, String) {
    let value = format!("value of place {index}");
    let names = ["MyKey", "MY_KEY"];
    match index {
        0 | 1 => (names[index], value),
        2 => ("MyKey_FILE", folder.write("named", &value)),
        3 => ("MY_KEY_FILE", folder.write("named-in-capitals", &value)),
        4 | 5 => {
            folder.write(&format!("run/{}", names[index - 4]), &value);
            ("", value)
        }
        _ => {
            let file = if index < 8 { ".env.local" } else { ".env" };
            let before = fs::read_to_string(folder.0.join(file)).unwrap_or_default();
            folder.write(file, &format!("{before}{}='{value}'\n", names[index % 2]));
            ("", value)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_first_place_that_has_it_gives_the_value(filled in proptest::collection::vec(any::<bool>(), PLACES)) {
        let folder = Folder::new();
        let set: Vec<(&str, String)> =
            (0..PLACES).filter(|index| filled[*index]).map(|index| place(&folder, index)).collect();
        let environment: Vec<(&str, &str)> =
            set.iter().filter(|(name, _)| !name.is_empty()).map(|(name, value)| (*name, value.as_str())).collect();
        let found = value_of("MyKey", &folder.sources(&environment)).map(|(value, _)| value);
        let first = filled.iter().position(|filled| *filled).map(|index| format!("value of place {index}"));
        prop_assert_eq!(found, first);
    }

    #[test]
    fn a_quoted_value_of_a_dotenv_file_arrives_as_it_was_written(value in "[^'\\\\\n\r\0]{1,40}") {
        let folder = Folder::new();
        folder.write(".env", &format!("OTHER=x\nexport KEY='{value}'  # a remark\nLAST=y\n"));
        let found = value_of("KEY", &folder.sources(&[])).map(|(value, _)| value);
        prop_assert_eq!(found, Some(value));
    }

    #[test]
    fn no_dotenv_file_breaks_the_search(text in ".{0,200}") {
        let folder = Folder::new();
        folder.write(".env", &text);
        search("KEY", &folder.sources(&[]));
    }
}

#[test]
fn lines_of_a_dotenv_file_that_no_rule_reads_are_told_by_number_and_stop_only_themselves() {
    let folder = Folder::new();
    folder.write(".env", "OTHER=x\nKEY hunter2hunter2\nLAST=y\n");
    let told = search("KEY", &folder.sources(&[]));
    assert!(matches!(told.outcome, SearchOutcome::Absent));
    assert_eq!(told.attempts.last().unwrap().why, "does not name it; line 2 is not NAME=value");
    assert!(!format!("{told:?}").contains("hunter2"));
    assert_eq!(value_of("LAST", &folder.sources(&[])).unwrap().0, "y");
}

#[test]
fn a_dotenv_file_may_begin_with_a_byte_order_mark_and_have_windows_line_ends() {
    let folder = Folder::new();
    folder.write(".env", "\u{feff}KEY=one\r\nOTHER=two\r\n");
    assert_eq!(value_of("KEY", &folder.sources(&[])).unwrap().0, "one");
    assert_eq!(value_of("OTHER", &folder.sources(&[])).unwrap().0, "two");
}

#[test]
fn a_place_that_was_meant_and_cannot_be_used_ends_the_search() {
    let folder = Folder::new();
    folder.write(".env", "KEY=other");
    let sources = folder.sources(&[("KEY_FILE", "/nowhere/key")]);
    assert!(matches!(search("KEY", &sources).outcome, SearchOutcome::Unusable));
    fs::write(folder.0.join("run/KEY"), [0xff, 0xfe]).unwrap();
    let told = search("KEY", &folder.sources(&[]));
    assert_eq!(told.attempts.last().unwrap().why, "is not text (UTF-8)");
}

#[test]
fn a_file_of_more_than_a_mebibyte_is_refused() {
    let folder = Folder::new();
    folder.write("run/KEY", &"x".repeat((1 << 20) + 1));
    let told = search("KEY", &folder.sources(&[]));
    assert_eq!(told.attempts.last().unwrap().why, "has more than 1048576 bytes");
}
