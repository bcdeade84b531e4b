//! Addresses: inet, cidr, macaddr, macaddr8.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::cursor::{Cursor, Malformed};

const IPV4: u8 = 2;

/// The address, with its prefix length for cidr or where it is not the whole address.
pub(super) fn write_network(value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut cursor = Cursor(value);
    let (family, prefix, is_cidr, _length) = (cursor.u8()?, cursor.u8()?, cursor.u8()? != 0, cursor.u8()?);
    let whole = if family == IPV4 {
        let address: [u8; 4] = cursor.0.try_into().map_err(|_| Malformed)?;
        let _ = write!(out, "{}", Ipv4Addr::from(address));
        32
    } else {
        let address: [u8; 16] = cursor.0.try_into().map_err(|_| Malformed)?;
        let _ = write!(out, "{}", Ipv6Addr::from(address));
        128
    };
    if is_cidr || prefix != whole {
        let _ = write!(out, "/{prefix}");
    }
    Ok(())
}

pub(super) fn write_mac(value: &[u8], out: &mut Vec<u8>) {
    for (index, byte) in value.iter().enumerate() {
        let _ = write!(out, "{}{byte:02x}", if index > 0 { ":" } else { "" });
    }
}
