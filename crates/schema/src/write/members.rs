//! Output of an object's members: cuts dropped members, with their commas.

use crate::write::writer::Writer;

/// The state of one object's members in the output.
pub(crate) struct Members {
    /// The end of the last kept member, or of the opening brace.
    kept_end: usize,
    kept_any: bool,
    dropped: bool,
}

impl Members {
    /// Makes the state for an object whose opening brace ends at `opened`.
    pub(crate) fn new(opened: usize) -> Self {
        Self { kept_end: opened, kept_any: false, dropped: false }
    }

    pub(crate) fn drop_one(&mut self) {
        self.dropped = true;
    }

    /// Keeps a member that begins at `start`, and cuts the dropped members before it.
    #[inline]
    pub(crate) fn keep(&mut self, start: usize, writer: &mut Writer<'_, '_>) {
        if self.dropped {
            writer.replace(self.kept_end, start, if self.kept_any { b"," } else { b"" });
            self.dropped = false;
        }
        self.kept_any = true;
    }

    /// Notes that the kept member ends at `end`.
    #[inline]
    pub(crate) fn kept(&mut self, end: usize) {
        self.kept_end = end;
    }

    /// Ends the object before `closed`, and cuts the dropped members at its end.
    #[inline]
    pub(crate) fn finish(&self, closed: usize, writer: &mut Writer<'_, '_>) {
        if self.dropped {
            writer.cut(self.kept_end, closed - 1);
        }
    }
}
