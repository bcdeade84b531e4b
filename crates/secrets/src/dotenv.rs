//! `.env` files, in development.

use std::io::Cursor;
use std::path::Path;

use crate::file;
use crate::value::SecretText;

/// What a `.env` file says of some names.
pub(crate) enum Line {
    /// There is no such file.
    NoFile,
    /// The file does not name it.
    Absent,
    /// The name that was found, and its value.
    Found(String, SecretText),
    /// The file cannot be used; why, as what follows "which".
    Unusable(String),
}

/// Looks for the first of `names` that the file has. The last line with a name counts, as in a shell.
pub(crate) fn find(path: &Path, names: &[String]) -> Line {
    let bytes = match file::read(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Line::NoFile,
        Err(why) => return Line::Unusable(why),
    };
    look_up(&bytes, names)
}

/// The same in the bytes of a file.
pub(crate) fn look_up(bytes: &[u8], names: &[String]) -> Line {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut found: Vec<Option<SecretText>> = vec![None; names.len()];
    let mut broken = false;
    for line in dotenvy::Iter::new(Cursor::new(text)) {
        match line {
            Ok((name, value)) => {
                let value = SecretText::new(value);
                if let Some(at) = names.iter().position(|wanted| *wanted == name) {
                    found[at] = Some(value);
                }
            }
            // Its text says what the line holds, which may be a secret.
            Err(_) => broken = true,
        }
    }
    let first =
        found.into_iter().zip(names).find_map(|(value, name)| value.map(|value| (name.clone(), value)));
    match first {
        Some((name, value)) => Line::Found(name, value),
        None if broken => Line::Unusable("has a line that is not NAME=value".to_owned()),
        None => Line::Absent,
    }
}
