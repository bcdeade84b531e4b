//! The entry points for checking one document.

use crate::accept::document::Document;
use crate::accept::walker::Walker;
use crate::ir::registry::Registry;
use crate::ir::type_id::TypeId;
use crate::issues::issue::Issues;
use crate::issues::path::Path;
use crate::json::syntax_error::{SyntaxError, SyntaxErrorKind, WalkStop};

/// Properties of a validated text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextFlags {
    /// Whether the text is ASCII: no byte of 0x80 or above was written.
    pub ascii: bool,
    /// Whether the text is tagged, because its type can hold a date, a bigint or bytes: a date is the JSON string
    /// `"\u0000d<ms>"`, a bigint `"\u0000n<decimal>"`, bytes `"\u0000b<base64>"`, and a string that begins with
    /// U+0000 has `\u0000s` before it.
    pub tagged: bool,
}

impl Registry {
    /// Checks `input`, one whole JSON document, and appends the validated text to `out`.
    ///
    /// Shape: the text is the input without unknown properties, with known keys unescaped and values tagged; numbers, strings
    /// and white space are copied unchanged.
    /// Limits: at most 128 nested containers; time linear in the input (times the arms of unions that neither a first byte
    /// nor a tag tells apart).
    /// Errors: at most 16 issues; `out` then has its former length.
    pub fn check(&self, ty: TypeId, input: &[u8], out: &mut Vec<u8>) -> Result<TextFlags, Issues> {
        let start = out.len();
        let mut issues = Issues::default();
        let document =
            Document { registry: self, ty, tagged: self.is_tagged(ty), hidden: false, reserved: None };
        document.check(input, out, &mut issues);
        if issues.is_empty() {
            Ok(TextFlags {
                ascii: out.get(start..).is_some_and(<[u8]>::is_ascii),
                tagged: self.is_tagged(ty),
            })
        } else {
            out.truncate(start);
            Err(issues)
        }
    }
}

impl Document<'_> {
    /// Checks `input` and appends its validated text to `out`, or adds to `issues`; the appended bytes are then invalid.
    pub(crate) fn check(&self, input: &[u8], out: &mut Vec<u8>, issues: &mut Issues) {
        let before = issues.len();
        let (outcome, secret) = match simdutf8::basic::from_utf8(input) {
            Ok(text) => {
                let mut walker = Walker::new(*self, text, out, issues);
                let outcome = walker.document();
                (outcome, walker.report.is_secret())
            }
            Err(_) => (Err(WalkStop::Syntax(utf8_fault(input))), true),
        };
        if let Err(WalkStop::Syntax(fault)) = outcome {
            issues.truncate(before);
            issues.mark_malformed();
            issues.push(Path::place("body").render(true), "valid JSON", fault.describe(input, secret));
        }
    }
}

#[cold]
fn utf8_fault(input: &[u8]) -> SyntaxError {
    let offset = simdutf8::compat::from_utf8(input).err().map_or(0, |error| error.valid_up_to());
    SyntaxError { offset, kind: SyntaxErrorKind::Utf8 }
}
