//! Parsing of declared paths.

use std::fmt::Write as _;

use crate::routing::canonical;

/// Most path parameters of one endpoint.
const MAX_PARAMETERS: usize = 8;

/// A declared path, in the syntax of the routing tree.
///
/// Parameters are numbered in the tree, so that `/a/:x` and `/a/:y` are the same pattern.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PathPattern {
    /// The pattern for the routing tree, such as `/links/{p0}/{*p1}`.
    pub(crate) tree: String,
    /// The names of the parameters, in order.
    pub(crate) names: Box<[Box<str>]>,
    /// Whether the last segment takes the rest of the path.
    pub(crate) is_wild: bool,
    /// Whether the pattern is a fallback, tried after all others.
    pub(crate) is_fallback: bool,
}

impl PathPattern {
    /// Parses a path such as `/static/:param/*rest` or `/!rest`; the error is a sentence.
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

    /// A further path that the pattern answers unless it is declared itself: `/x/` for `/x`, and a wildcard's empty match.
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

/// Appends a static segment in canonical spelling, braces doubled for the tree. A percent sign that begins no escape stands for
/// itself.
fn push_static(tree: &mut String, segment: &str) -> Result<(), String> {
    if matches!(segment, "." | "..") {
        return Err(format!("the segment `{segment}` is never requested: clients resolve it"));
    }
    let mut rest = segment.as_bytes();
    while let Some((byte, is_escaped, after)) = canonical::next(rest) {
        match byte {
            b'?' | b'#' if !is_escaped => return Err("a path ends before `?` and `#`".to_owned()),
            b'{' | b'}' => tree.extend([char::from(byte); 2]),
            _ => canonical::push(tree, byte),
        }
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(path: &str) -> String {
        PathPattern::parse(path).unwrap().tree
    }

    #[test]
    fn reads_every_kind_of_segment() {
        let pattern = PathPattern::parse("/links/:id/*rest").unwrap();
        assert_eq!(pattern.tree, "/links/{p0}/{*p1}");
        assert_eq!(pattern.names, ["id".into(), "rest".into()].into());
        assert!(pattern.is_wild && !pattern.is_fallback);
        assert!(PathPattern::parse("/!all").unwrap().is_fallback);
        assert_eq!(tree("/"), "/");
        assert_eq!(tree("/a/"), "/a/");
    }

    #[test]
    fn writes_static_segments_as_clients_send_them() {
        assert_eq!(tree("/größe x"), "/gr%C3%B6%C3%9Fe%20x");
        assert_eq!(tree("/a{b}"), "/a{{b}}");
        assert_eq!(tree("/caf%c3%a9/%7Ea%2fb"), "/caf%C3%A9/~a%2Fb");
        assert_eq!(tree("/100%"), "/100%25");
        assert_eq!(tree("/.well-known"), "/.well-known");
    }

    #[test]
    fn knows_what_else_is_answered() {
        let also = |path| PathPattern::parse(path).unwrap().also();
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
            assert!(PathPattern::parse(bad).is_err(), "{bad}");
        }
    }
}
