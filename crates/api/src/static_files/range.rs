//! Range requests (RFC 9110, section 14).

use http::HeaderMap;
use http::header::RANGE;

/// The part of a file to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteRange {
    /// The whole file.
    Whole,
    /// `length` bytes, at least one, from `start` on.
    Slice {
        /// The offset of the first byte.
        start: u64,
        /// The number of bytes.
        length: u64,
    },
    /// 416: the range lies beyond the file's end.
    None,
}

/// Reads `Range` for a file of `length` bytes. Several ranges, other units and invalid values are ignored, as a server may:
/// the whole file is sent.
///
/// Source: RFC 9110, section 14.2.
pub(crate) fn read(headers: &HeaderMap, length: u64) -> ByteRange {
    let mut values = headers.get_all(RANGE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return ByteRange::Whole };
    value.to_str().ok().and_then(|text| parse(text, length)).unwrap_or(ByteRange::Whole)
}

fn parse(text: &str, length: u64) -> Option<ByteRange> {
    let (unit, range) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    if first.is_empty() {
        let wanted = number(last)?.min(length);
        return Some(slice(length - wanted, length, length));
    }
    let start = number(first)?;
    if last.is_empty() {
        return Some(slice(start, length, length));
    }
    let last = number(last)?;
    (last >= start).then(|| slice(start, last.saturating_add(1), length))
}

fn slice(start: u64, end: u64, length: u64) -> ByteRange {
    let end = end.min(length);
    if start < end { ByteRange::Slice { start, length: end - start } } else { ByteRange::None }
}

/// Parses digits; a number beyond `u64` counts as the largest.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn parsed(value: &str, length: u64) -> ByteRange {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_str(value).unwrap());
        read(&headers, length)
    }

    #[test]
    fn reads_one_range() {
        let slice = |start, length| ByteRange::Slice { start, length };
        let cases = [
            ("bytes=0-0", slice(0, 1)),
            ("bytes=2-4", slice(2, 3)),
            ("BYTES = 2-4", slice(2, 3)),
            ("bytes=9-9", slice(9, 1)),
            ("bytes=5-", slice(5, 5)),
            ("bytes=5-99", slice(5, 5)),
            ("bytes=0-18446744073709551615", slice(0, 10)),
            ("bytes=0-99999999999999999999999", slice(0, 10)),
            ("bytes=-3", slice(7, 3)),
            ("bytes=-99", slice(0, 10)),
            ("bytes=-0", ByteRange::None),
            ("bytes=10-", ByteRange::None),
            ("bytes=99999999999999999999999-", ByteRange::None),
            ("bytes=10-20", ByteRange::None),
        ];
        for (value, expected) in cases {
            assert_eq!(parsed(value, 10), expected, "{value}");
        }
        assert_eq!(parsed("bytes=0-", 0), ByteRange::None);
        assert_eq!(parsed("bytes=-5", 0), ByteRange::None);
    }

    #[test]
    fn answers_everything_else_in_full() {
        for value in
            ["bytes=4-2", "bytes=", "bytes=-", "bytes=a-b", "bytes=+1-2", "bytes=0-1,3-4", "lines=1-2", "0-1"]
        {
            assert_eq!(parsed(value, 10), ByteRange::Whole, "{value}");
        }
        assert_eq!(read(&HeaderMap::new(), 10), ByteRange::Whole);
    }
}
