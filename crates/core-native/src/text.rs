//! Conversion of JavaScript strings, with one copy and no conversion where they are ASCII.

use std::ptr;

use bytes::Bytes;
use napi::bindgen_prelude::*;
use napi::{JsString, JsValue, check_status, sys};

/// Returns the string as UTF-8.
///
/// `napi_get_value_string_latin1` silently truncates two-byte strings, so it is used only where the UTF-8 length equals the
/// number of code units: every unit is then ASCII, and one memory copy suffices.
pub(crate) fn to_bytes(text: &JsString<'_>) -> Result<Bytes> {
    let units = text.utf16_len()?;
    let length = text.utf8_len()?;
    let mut bytes: Vec<u8> = Vec::with_capacity(length + 1);
    let mut written = 0;
    let value = text.value();
    // SAFETY: the buffer has room for `length` bytes and the closing NUL that N-API writes, and value is a live string.
    check_status!(unsafe {
        let (buffer, capacity) = (bytes.as_mut_ptr().cast(), length + 1);
        if units == length {
            sys::napi_get_value_string_latin1(
                value.env,
                value.value,
                buffer,
                capacity,
                ptr::from_mut(&mut written),
            )
        } else {
            sys::napi_get_value_string_utf8(
                value.env,
                value.value,
                buffer,
                capacity,
                ptr::from_mut(&mut written),
            )
        }
    })?;
    // SAFETY: N-API initialised the first `written` bytes, and wrote at most `length`.
    unsafe { bytes.set_len(written.min(length)) };
    Ok(Bytes::from(bytes))
}
