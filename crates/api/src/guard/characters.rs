//! Character classes, tested by table or eight bytes at a time.

/// A set of bytes.
type ByteSet = [bool; 256];

const TOKEN: ByteSet = alphanumeric_and(b"!#$%&'*+-.^_`|~");
const HOST: ByteSet = alphanumeric_and(b"-._~%!$&'()*+;=:[]");

const PATH: ByteSet = {
    let mut table = [false; 256];
    let mut byte = b'!';
    while byte < 0x7f {
        table[byte as usize] = !matches!(byte, b'"' | b'<' | b'>' | b'#' | b'\\' | b'^' | b'`');
        byte += 1;
    }
    table
};

const fn alphanumeric_and(mut rest: &[u8]) -> ByteSet {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x7f {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    while let [byte, after @ ..] = rest {
        table[*byte as usize] = true;
        rest = after;
    }
    table
}

/// Whether a byte may stand in a token. Source: RFC 9110, section 5.6.2.
pub(crate) fn is_token(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

/// Whether a byte may stand in a host header. Source: RFC 3986, section 3.2.2, without user information.
pub(crate) fn is_host_byte(byte: u8) -> bool {
    HOST[usize::from(byte)]
}

/// Whether a byte of a path is visible ASCII that all parsers treat alike.
pub(crate) fn is_path_byte(byte: u8) -> bool {
    PATH[usize::from(byte)]
}

/// Whether a byte is a control character other than the tab: forbidden in field values.
pub(crate) fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}

/// The number of bytes before the first control character.
pub(crate) fn plain_length(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    let plain = words.iter().take_while(|&&word| is_plain(u64::from_le_bytes(word))).count() * 8;
    let rest = &bytes[plain..];
    plain + rest.iter().position(|&byte| is_control(byte)).unwrap_or(rest.len())
}

/// Whether none of eight bytes is below 0x20 or is 0x7F. The tab counts as below, and is checked separately.
///
/// Source: S. E. Anderson, "Bit Twiddling Hacks", "determine if a word has a byte less than n".
fn is_plain(word: u64) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let delete = word ^ (ONES * 0x7f);
    let is_delete = delete.wrapping_sub(ONES) & !delete;
    (below_space | is_delete) & HIGH == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_control_character_is_found(bytes in prop::collection::vec(prop_oneof![8 => 0x20u8..0x7f, 1 => any::<u8>(), 1 => Just(b'\t')], 0..40)) {
            let expected = bytes.iter().position(|&byte| is_control(byte)).unwrap_or(bytes.len());
            prop_assert_eq!(plain_length(&bytes), expected);
        }
    }
}
