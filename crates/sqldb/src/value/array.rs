//! Arrays, in PostgreSQL's binary and text forms.

use super::codec::Codec;
use super::cursor::{Cursor, Malformed};
use super::json::{Bigints, write_json};
use super::printed::write_printed;

/// Most nested arrays that are read; the server's own limit is six.
const MAX_DEPTH: usize = 16;

/// Appends an array in binary form as nested JSON arrays. Lower bounds are dropped: JavaScript's arrays begin at 0.
pub(super) fn write_binary(
    element: &Codec,
    mut cursor: Cursor<'_>,
    bigints: Bigints,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let count = cursor.i32()?;
    let (_has_null, _element) = (cursor.i32()?, cursor.u32()?);
    let dimensions = (0..count)
        .map(|_| {
            let length = usize::try_from(cursor.i32()?).map_err(|_| Malformed)?;
            cursor.i32()?;
            Ok(length)
        })
        .collect::<Result<Vec<usize>, Malformed>>()?;
    if dimensions.is_empty() {
        out.extend_from_slice(b"[]");
        return Ok(());
    }
    write_dimension(&dimensions, element, bigints, &mut cursor, out)
}

fn write_dimension(
    dimensions: &[usize],
    element: &Codec,
    bigints: Bigints,
    cursor: &mut Cursor<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let [length, inner @ ..] = dimensions else {
        return match cursor.sized()? {
            None => {
                out.extend_from_slice(b"null");
                Ok(())
            }
            Some(value) => write_json(element, value, bigints, out),
        };
    };
    out.push(b'[');
    for index in 0..*length {
        if index > 0 {
            out.push(b',');
        }
        write_dimension(inner, element, bigints, cursor, out)?;
    }
    out.push(b']');
    Ok(())
}

/// Appends an array in text form, such as `[0:1]={a,"b c",NULL}`, as nested JSON arrays.
///
/// Source: PostgreSQL, "Array Input and Output Syntax".
pub(super) fn write_text(
    element: &Codec,
    delimiter: u8,
    text: &[u8],
    bigints: Bigints,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let begins = text.iter().position(|&byte| byte == b'{').ok_or(Malformed)?;
    let mut reader = Reader { rest: &text[begins..], element, delimiter, bigints };
    reader.braces(0, out)
}

struct Reader<'a> {
    rest: &'a [u8],
    element: &'a Codec,
    delimiter: u8,
    bigints: Bigints,
}

impl Reader<'_> {
    fn braces(&mut self, depth: usize, out: &mut Vec<u8>) -> Result<(), Malformed> {
        if depth > MAX_DEPTH {
            return Err(Malformed);
        }
        self.skip(1);
        out.push(b'[');
        let start = out.len();
        loop {
            match self.rest.first().ok_or(Malformed)? {
                b'}' => {
                    self.skip(1);
                    out.push(b']');
                    return Ok(());
                }
                byte if *byte == self.delimiter => self.skip(1),
                byte => {
                    let nested = *byte == b'{';
                    if out.len() > start {
                        out.push(b',');
                    }
                    if nested { self.braces(depth + 1, out)? } else { self.item(out)? }
                }
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn item(&mut self, out: &mut Vec<u8>) -> Result<(), Malformed> {
        if self.rest.first() == Some(&b'"') {
            let text = self.quoted()?;
            return write_printed(self.element, &text, self.bigints, out);
        }
        let ends = |byte: &u8| *byte == self.delimiter || *byte == b'}';
        let length = self.rest.iter().position(ends).ok_or(Malformed)?;
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        if text.eq_ignore_ascii_case(b"null") {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        write_printed(self.element, text, self.bigints, out)
    }

    fn quoted(&mut self) -> Result<Vec<u8>, Malformed> {
        let mut text = Vec::new();
        let mut bytes = self.rest.iter().enumerate().skip(1);
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    self.skip(at + 1);
                    return Ok(text);
                }
                b'\\' => text.push(*bytes.next().ok_or(Malformed)?.1),
                byte => text.push(*byte),
            }
        }
        Err(Malformed)
    }
}
