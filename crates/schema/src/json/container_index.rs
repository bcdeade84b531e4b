//! An index of skipped containers, so that none is skipped byte by byte twice.

use crate::json::scanner::Scanner;
use crate::json::skip::Passed;
use crate::json::syntax_error::SyntaxError;

/// The ends of containers by their start, ascending: those that a look-ahead has skipped and the walk has yet to reach.
#[derive(Debug, Default)]
pub(crate) struct ContainerIndex {
    spans: Vec<Span>,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

impl ContainerIndex {
    /// Clears the index when all of its containers lie before `position`.
    pub(crate) fn forget_before(&mut self, position: usize) {
        if self.spans.last().is_some_and(|last| last.start < position) {
            self.spans.clear();
        }
    }

    /// The end of the container that begins at `start`, if it was skipped before.
    pub(crate) fn end_of(&self, start: usize) -> Option<usize> {
        let found = self.spans.binary_search_by_key(&start, |span| span.start).ok()?;
        self.spans.get(found).map(|span| span.end)
    }

    /// Skips the value that begins with `first`, and remembers its containers.
    pub(crate) fn pass(&mut self, scan: &mut Scanner<'_>, first: u8) -> Result<(), SyntaxError> {
        if matches!(first, b'[' | b'{')
            && let Some(end) = self.end_of(scan.position)
        {
            scan.position = end;
            return Ok(());
        }
        let mut recorder = Recorder { spans: &mut self.spans, open: Vec::new() };
        scan.skip(first, &mut recorder)
    }
}

struct Recorder<'s> {
    spans: &'s mut Vec<Span>,
    /// The indices of the spans that are still open.
    open: Vec<usize>,
}

impl Passed for Recorder<'_> {
    fn opened(&mut self, start: usize) {
        self.open.push(self.spans.len());
        self.spans.push(Span { start, end: start });
    }

    fn closed(&mut self, end: usize) {
        if let Some(span) = self.open.pop().and_then(|index| self.spans.get_mut(index)) {
            span.end = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_was_passed_is_passed_again_in_one_step() {
        let text = r#"[[1,[2]],{"a":[]}] "#;
        let mut index = ContainerIndex::default();
        let mut scan = Scanner::new(text);
        index.pass(&mut scan, b'[').unwrap();
        assert_eq!(scan.position, text.len() - 1);
        let spans: Vec<(usize, usize)> = index.spans.iter().map(|span| (span.start, span.end)).collect();
        assert_eq!(spans, [(0, 18), (1, 8), (4, 7), (9, 17), (14, 16)]);
        scan.position = 9;
        index.pass(&mut scan, b'{').unwrap();
        assert_eq!(scan.position, 17);
        index.forget_before(14);
        assert_eq!(index.spans.len(), 5);
        index.forget_before(15);
        assert_eq!(index.spans.len(), 0);
    }
}
