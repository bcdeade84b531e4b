//! Parsing of the `Cookie` header (RFC 6265, section 4.2.1).

/// Iterates over the name-value pairs of a `Cookie` header: names are case-sensitive, values are not decoded, one pair of
/// quotes around a value is removed, and a part without `=` is skipped.
pub fn pairs(value: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    value.split(|byte| *byte == b';').filter_map(|part| {
        let part = part.trim_ascii();
        let equals = part.iter().position(|byte| *byte == b'=')?;
        let (name, rest) = part.split_at(equals);
        let value = rest.get(1..).unwrap_or_default().trim_ascii();
        let inside = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        Some((name.trim_ascii(), inside.unwrap_or(value)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_split_at_semicolons_and_the_first_equals_sign() {
        let header = b"a=1; b=\"two\";c = x=y ;; nothing; d=; =e; A=3; f=\"";
        let read: Vec<(&[u8], &[u8])> = pairs(header).collect();
        let expected: [(&[u8], &[u8]); 7] = [
            (b"a", b"1"),
            (b"b", b"two"),
            (b"c", b"x=y"),
            (b"d", b""),
            (b"", b"e"),
            (b"A", b"3"),
            (b"f", b"\""),
        ];
        assert_eq!(read, expected);
    }
}
