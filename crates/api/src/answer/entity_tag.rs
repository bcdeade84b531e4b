//! Entity tags: their comparison, and lists of them.
//!
//! Source: RFC 9110, sections 8.8.3 and 13.1.

/// How tags are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// Equal, and neither is weak.
    Strong,
    /// Equal, whether weak or not.
    Weak,
}

/// The tag without the mark of a weak one.
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// Whether a list of tags names `tag`; `*` names any. A tag may hold a comma, so the list is read tag by tag, up to what is none.
pub(crate) fn names(list: &[u8], tag: &[u8], how: Comparison) -> bool {
    let mut rest = list.trim_ascii();
    if rest == b"*" {
        return true;
    }
    while let Some((one, after)) = next(rest) {
        let is_same = match how {
            Comparison::Strong => one == tag && opaque(tag) == tag,
            Comparison::Weak => opaque(one) == opaque(tag),
        };
        if is_same {
            return true;
        }
        let Some(more) = after.trim_ascii_start().strip_prefix(b",") else { return false };
        rest = more.trim_ascii_start();
    }
    false
}

/// Splits off the first tag.
fn next(list: &[u8]) -> Option<(&[u8], &[u8])> {
    let mark = list.len() - opaque(list).len();
    let inner = list[mark..].strip_prefix(b"\"")?;
    let end = memchr::memchr(b'"', inner)?;
    Some(list.split_at(mark + end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_tag_by_tag() {
        let cases: &[(&str, &str, bool, bool)] = &[
            ("\"a\"", "\"a\"", true, true),
            ("W/\"a\"", "\"a\"", false, true),
            ("\"a\"", "W/\"a\"", false, true),
            ("W/\"a\"", "W/\"a\"", false, true),
            ("\"x,y\" , \"a\"", "\"a\"", true, true),
            ("\"x, \"a\"", "\"a\"", false, false),
            ("*", "\"a\"", true, true),
            ("a", "\"a\"", false, false),
            ("", "\"a\"", false, false),
            ("W/", "\"a\"", false, false),
            ("\"a", "\"a\"", false, false),
        ];
        for &(list, tag, strong, weak) in cases {
            let named = |how| names(list.as_bytes(), tag.as_bytes(), how);
            assert_eq!((named(Comparison::Strong), named(Comparison::Weak)), (strong, weak), "{list} {tag}");
        }
    }
}
