//! The short form of a fuzz target: what its kept corpus holds, run once by `cargo test`.

use std::panic::catch_unwind;
use std::path::Path;

/// Runs `target` over every file of `fuzz/corpus/<name>`; a failure names the file.
pub(crate) fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("a corpus").map(|file| file.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "nothing is kept in {}", folder.display());
    for file in files {
        let input = std::fs::read(&file).expect("a readable file");
        let outcome = catch_unwind(|| target(&input));
        assert!(outcome.is_ok(), "`{name}` fails on {}", file.display());
    }
}
