//! `numeric`: base-10,000 digits to decimal text, exactly.

use super::cursor::{Cursor, Malformed};

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xc000;
const INFINITE: u16 = 0xd000;
const MINUS_INFINITE: u16 = 0xf000;

/// Appends the decimal text with as many fraction digits as the value carries.
pub(super) fn write_numeric(value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut cursor = Cursor(value);
    let count = cursor.u16()?;
    let weight = i32::from(cursor.i16()?);
    let sign = cursor.u16()?;
    let scale = cursor.u16()?;
    match sign {
        NAN => out.extend_from_slice(b"NaN"),
        INFINITE => out.extend_from_slice(b"Infinity"),
        MINUS_INFINITE => out.extend_from_slice(b"-Infinity"),
        _ => {
            let digits = cursor.take(usize::from(count) * 2)?;
            if sign == NEGATIVE {
                out.push(b'-');
            }
            write_digits(digits, weight, usize::from(scale), out);
        }
    }
    Ok(())
}

fn write_digits(digits: &[u8], weight: i32, scale: usize, out: &mut Vec<u8>) {
    let digit = |place: i32| -> u16 {
        let at = usize::try_from(weight - place).ok().map(|index| index * 2);
        at.and_then(|at| digits.get(at..at + 2)).map_or(0, |pair| u16::from_be_bytes([pair[0], pair[1]]))
    };
    if weight < 0 {
        out.push(b'0');
    } else {
        let mut buffer = itoa::Buffer::new();
        out.extend_from_slice(buffer.format(digit(weight)).as_bytes());
        (0..weight).rev().for_each(|place| out.extend_from_slice(&four(digit(place))));
    }
    if scale > 0 {
        out.push(b'.');
        let end = out.len() + scale;
        let mut place = -1;
        while out.len() < end {
            out.extend_from_slice(&four(digit(place)));
            place -= 1;
        }
        out.truncate(end);
    }
}

fn four(digit: u16) -> [u8; 4] {
    let ascii = |value: u16| b'0' + (value % 10) as u8;
    [ascii(digit / 1000), ascii(digit / 100), ascii(digit / 10), ascii(digit)]
}
