//! A declared path, taken apart.

use std::fmt::Write as _;

/// Path parameters of one endpoint, at most.
pub(crate) const MAX_PARAMETERS: usize = 8;

/// A path as declared, in the words of the routing tree.
///
/// Parameters are numbered there, so that `/a/:x` and `/a/:y` are one and the same pattern.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// For the routing tree: `/links/{p0}/{*p1}`.
    pub(crate) tree: String,
    /// The parameters' own names, in order.
    pub(crate) names: Box<[Box<str>]>,
    /// The last segment takes the rest of the path.
    pub(crate) is_wild: bool,
    /// Tried after everything else.
    pub(crate) is_fallback: bool,
}

impl Pattern {
    /// Reads `/static/:param/*rest` or `/!rest`; the error is a sentence.
    pub(crate) fn parse(path: &str) -> Result<Self, String> {
        let Some(rest) = path.strip_prefix('/') else { return Err("a path begins with `/`".to_owned()) };
        let mut pattern =
            Self { tree: String::new(), names: Box::default(), is_wild: false, is_fallback: false };
        let mut names: Vec<Box<str>> = Vec::new();
        let count = rest.split('/').count();
        for (index, segment) in rest.split('/').enumerate() {
            pattern.tree.push('/');
            let is_last = index + 1 == count;
            match segment.as_bytes().first() {
                None if is_last => {}
                None => return Err("a segment is empty".to_owned()),
                Some(b':') => {
                    let _ = write!(pattern.tree, "{{p{}}}", names.len());
                    names.push(parameter_name(&segment[1..], &names)?);
                }
                Some(mark @ (b'*' | b'!')) => {
                    if !is_last {
                        return Err(format!("`{segment}` must be the last segment"));
                    }
                    pattern.is_wild = true;
                    pattern.is_fallback = *mark == b'!';
                    let _ = write!(pattern.tree, "{{*p{}}}", names.len());
                    names.push(parameter_name(&segment[1..], &names)?);
                }
                Some(_) => push_static(&mut pattern.tree, segment)?,
            }
        }
        if names.len() > MAX_PARAMETERS {
            return Err(format!("it has more than {MAX_PARAMETERS} parameters"));
        }
        pattern.names = names.into();
        Ok(pattern)
    }

    /// The paths that are answered alike unless they are declared themselves: `/x/` like `/x`, and a wildcard's empty match.
    pub(crate) fn also(&self) -> Option<String> {
        if self.is_wild {
            let at = self.tree.rfind('{')?;
            Some(self.tree[..at].to_owned())
        } else {
            (!self.tree.ends_with('/')).then(|| format!("{}/", self.tree))
        }
    }
}

fn parameter_name(name: &str, taken: &[Box<str>]) -> Result<Box<str>, String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(is_word) {
        return Err(format!("`{name}` is no name for a parameter"));
    }
    if taken.iter().any(|other| **other == *name) {
        return Err(format!("the parameter `{name}` occurs twice"));
    }
    Ok(name.into())
}

/// Writes a segment as a client sends it: percent-encoded where a path must be, braces doubled for the tree.
fn push_static(tree: &mut String, segment: &str) -> Result<(), String> {
    if matches!(segment, "." | "..") {
        return Err(format!("the segment `{segment}` is never requested: clients resolve it"));
    }
    for byte in segment.bytes() {
        match byte {
            b'?' | b'#' => return Err("a path ends before `?` and `#`".to_owned()),
            b'{' | b'}' => tree.extend([char::from(byte); 2]),
            b'!'..=b'~' if !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'|') => {
                tree.push(char::from(byte));
            }
            _ => {
                let _ = write!(tree, "%{byte:02X}");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(path: &str) -> String {
        Pattern::parse(path).unwrap().tree
    }

    #[test]
    fn reads_every_kind_of_segment() {
        let pattern = Pattern::parse("/links/:id/*rest").unwrap();
        assert_eq!(pattern.tree, "/links/{p0}/{*p1}");
        assert_eq!(pattern.names, ["id".into(), "rest".into()].into());
        assert!(pattern.is_wild && !pattern.is_fallback);
        assert!(Pattern::parse("/!all").unwrap().is_fallback);
        assert_eq!(tree("/"), "/");
        assert_eq!(tree("/a/"), "/a/");
    }

    #[test]
    fn writes_static_segments_as_clients_send_them() {
        assert_eq!(tree("/größe x"), "/gr%C3%B6%C3%9Fe%20x");
        assert_eq!(tree("/a{b}"), "/a{{b}}");
        assert_eq!(tree("/.well-known"), "/.well-known");
    }

    #[test]
    fn knows_what_else_is_answered() {
        let also = |path| Pattern::parse(path).unwrap().also();
        assert_eq!(also("/a"), Some("/a/".to_owned()));
        assert_eq!(also("/a/"), None);
        assert_eq!(also("/files/*rest"), Some("/files/".to_owned()));
        assert_eq!(also("/!all"), Some("/".to_owned()));
    }

    #[test]
    fn refuses_what_cannot_be_requested() {
        for bad in
            ["", "a", "/a//b", "/../a", "/*rest/b", "/!rest/b", "/:", "/:a/:a", "/a?b", "/a#b", "/:a b"]
        {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }
}
