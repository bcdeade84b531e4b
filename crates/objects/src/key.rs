//! Which names buckets and objects may have.

use object_store::path::Path;
use twinloop_runtime::Failure;

/// Bytes of UTF-8 that a key may have: the limit of S3, "Naming Amazon S3 objects".
const MAX_KEY_BYTES: usize = 1024;
/// Characters that a bucket's name may have: with a prefix, the limit of S3's own bucket names.
const MAX_NAME_CHARACTERS: usize = 63;

/// The path of an object within a store: the bucket's name is its first segment, below the store's own prefix.
///
/// A key that one of the stores could not keep, or could keep only under another name, is refused for all of them: what works on
/// a laptop works in production.
///
/// Errors: `invalid_argument` for a key that is empty, longer than 1 024 bytes, begins or ends with `/`, has an empty segment, a
/// segment `.` or `..`, a control character or a backslash.
pub(crate) fn object_path(base: &str, key: &str) -> Result<Path, Failure> {
    if let Some(fault) = fault(key) {
        return Err(Failure::invalid_argument(format!("the key {} {fault}", shown(key))));
    }
    let path = format!("{base}{key}");
    Path::parse(path).map_err(|error| Failure::invalid_argument(error.to_string()))
}

/// The fault of a key, and what to write instead.
fn fault(key: &str) -> Option<&'static str> {
    if key.is_empty() {
        return Some("is empty: give the object a name, such as photos/1.jpg");
    }
    if key.len() > MAX_KEY_BYTES {
        return Some("is longer than 1024 bytes of UTF-8: shorten it");
    }
    if key.chars().any(char::is_control) {
        return Some("has a control character: leave it out, or encode it, as encodeURIComponent does");
    }
    if key.contains('\\') {
        return Some("has a backslash, which some systems take for a separator: write /");
    }
    if key.starts_with('/') || key.ends_with('/') {
        return Some("begins or ends with /: leave that out, a key is no path of a file system");
    }
    let mut segments = key.split('/');
    if segments.clone().any(str::is_empty) {
        return Some("has an empty segment: write a single /");
    }
    segments
        .any(|segment| segment == "." || segment == "..")
        .then_some("has a segment . or ..: write where the object is from the root of its bucket")
}

/// Whether a bucket's name can be told apart from others on every store.
///
/// Errors: `invalid_argument` unless it has 1 to 63 lower-case letters, digits and hyphens, beginning with a letter and ending
/// with no hyphen.
pub(crate) fn check_name(name: &str) -> Result<(), Failure> {
    let of_alphabet = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = name.len() <= MAX_NAME_CHARACTERS
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.bytes().all(of_alphabet);
    if fits {
        return Ok(());
    }
    let form = "use lower-case letters, digits and hyphens, at most 63, beginning with a letter";
    Err(Failure::invalid_argument(format!("{} is no name of a bucket: {form}", shown(name))))
}

/// A name within a message: quoted, and cut where it is long.
pub(crate) fn shown(name: &str) -> String {
    const MAX_SHOWN: usize = 80;
    let cut: String = name.chars().take(MAX_SHOWN).collect();
    if cut.len() < name.len() { format!("{cut:?}…") } else { format!("{cut:?}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use twinloop_runtime::Code;

    use super::*;

    #[test]
    fn keys_that_leave_their_bucket_are_refused() {
        let long = "x".repeat(MAX_KEY_BYTES + 1);
        for key in ["", "/x", "x/", "a//b", "..", "../x", "a/../b", "./a", "a\0b", "a\nb", "a\\b", &long] {
            let refused = object_path("photos/", key).map_err(|failure| failure.code);
            assert_eq!(refused.err(), Some(Code::InvalidArgument), "{key:?}");
        }
    }

    #[test]
    fn keys_are_kept_as_they_are() {
        let longest = "é".repeat(MAX_KEY_BYTES / 2);
        for key in
            ["a", "a/b.c", "..a", "a..", "%2e%2e/x", "100%", "a#1", "日本/ü.txt", " x ", "a?b&c", &longest]
        {
            let path = object_path("photos/", key);
            assert_eq!(path.ok().map(String::from), Some(format!("photos/{key}")));
        }
    }

    #[test]
    fn bucket_names_are_lower_case() {
        for name in ["a", "profile-pictures", "b2"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "-a", "a-", "A", "a_b", "a.b", "2a", "a/b", &"a".repeat(64)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_key_leaves_its_bucket(key in any::<String>()) {
            if let Ok(path) = object_path("photos/", &key) {
                prop_assert!(path.as_ref().starts_with("photos/"));
                prop_assert!(path.parts().all(|part| part.as_ref() != ".." && !part.as_ref().is_empty()));
            }
        }
    }
}
