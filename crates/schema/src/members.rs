//! The members of an object in the output: which stay, and the commas between them.

use crate::write::Writer;

/// What becomes of the members of one object in the output.
pub(crate) struct Members {
    /// Where the last member that is kept ends, or the opening brace.
    kept_end: usize,
    kept_any: bool,
    dropped: bool,
}

impl Members {
    /// To be made behind the opening brace.
    pub(crate) fn new(opened: usize) -> Self {
        Self { kept_end: opened, kept_any: false, dropped: false }
    }

    pub(crate) fn drop_one(&mut self) {
        self.dropped = true;
    }

    /// A member that begins at `start` is kept: cuts out what was dropped before it.
    #[inline]
    pub(crate) fn keep(&mut self, start: usize, writer: &mut Writer<'_, '_>) {
        if self.dropped {
            writer.replace(self.kept_end, start, if self.kept_any { b"," } else { b"" });
            self.dropped = false;
        }
        self.kept_any = true;
    }

    /// The member that is kept ends at `end`.
    #[inline]
    pub(crate) fn kept(&mut self, end: usize) {
        self.kept_end = end;
    }

    /// The object ends before `closed`: cuts out what was dropped at its end.
    #[inline]
    pub(crate) fn finish(&self, closed: usize, writer: &mut Writer<'_, '_>) {
        if self.dropped {
            writer.cut(self.kept_end, closed - 1);
        }
    }
}
