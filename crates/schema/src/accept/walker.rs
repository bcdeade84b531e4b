//! The walk over a document, each value against its type.

mod emit;
mod nearest;
mod object;
pub(crate) mod trial;
mod union;

use crate::accept::document::Document;
use crate::accept::scalar::{FINITE, Form};
use crate::accept::walker::trial::Trial;
use crate::ir::class::Class;
use crate::ir::node::{ArrayNode, Node, TupleNode};
use crate::ir::type_id::TypeId;
use crate::issues::issue::Issues;
use crate::issues::path::{Path, PathStep};
use crate::issues::report::Report;
use crate::json::container_index::ContainerIndex;
use crate::json::scanner::{NumberToken, Scalar, Scanner, StringToken};
use crate::json::skip::{Dropped, Passed};
use crate::json::syntax_error::{SyntaxErrorKind, WalkStop};
use crate::write::writer::Writer;

/// A walk: one position in the input, one in the output, and the issues so far.
///
/// A value that does not fit adds an issue and is skipped, so that the walk finds further issues; invalid JSON or too many
/// issues end the walk. The walk recurses into containers; the scanner limits their depth.
pub(crate) struct Walker<'d, 'i, 'o> {
    pub(crate) document: Document<'d>,
    pub(crate) scan: Scanner<'i>,
    pub(crate) writer: Writer<'o, 'i>,
    pub(crate) report: Report<'o>,
    pub(crate) containers: ContainerIndex,
    pub(crate) trial: Trial,
}

impl<'d, 'i, 'o> Walker<'d, 'i, 'o> {
    pub(crate) fn new(
        document: Document<'d>,
        text: &'i str,
        out: &'o mut Vec<u8>,
        issues: &'o mut Issues,
    ) -> Self {
        Self {
            document,
            scan: Scanner::new(text),
            writer: Writer::new(out, text.as_bytes()),
            report: Report { issues, secrets: u32::from(document.hidden) },
            containers: ContainerIndex::default(),
            trial: Trial::default(),
        }
    }

    /// Walks the whole document.
    pub(crate) fn document(&mut self) -> Result<(), WalkStop> {
        self.scan.peek()?;
        self.writer.cut(0, self.scan.position);
        self.value(self.document.ty, &Path::place("body"))?;
        self.writer.keep_to(self.scan.position);
        self.scan.finish()?;
        Ok(())
    }

    /// Walks the next value, which must be of type `ty`.
    pub(crate) fn value(&mut self, ty: TypeId, at: &Path<'_>) -> Result<(), WalkStop> {
        let first = self.scan.peek()?;
        match (self.document.registry.node(ty), first) {
            (Node::String(rules), b'"') if rules.is_empty() => {
                let start = self.scan.position;
                let token = self.scan.string()?;
                self.mark_nul(start, &token);
                Ok(())
            }
            (Node::Object(object), b'{') => self.object(object, at),
            (Node::Array(array), b'[') => self.array(array, at),
            (Node::Tuple(tuple), b'[') => self.tuple(tuple, at),
            (Node::Union(union), _) => self.union(ty, union, first, at),
            (Node::Any, _) => self.any(first, at),
            (_, b'{' | b'[') => self.mismatch(ty, first, at),
            (node, _) => self.scalar(ty, node, first, at),
        }
    }

    fn scalar(&mut self, ty: TypeId, node: &Node, first: u8, at: &Path<'_>) -> Result<(), WalkStop> {
        let start = self.scan.position;
        let scalar = self.scan.scalar(first)?;
        match scalar.fit(node) {
            Ok(form) => {
                self.write(start, &scalar, form);
                Ok(())
            }
            Err(miss) => self.report.add_miss(at, miss, self.document.registry.label(ty), &scalar),
        }
    }

    /// Writes the scalar that began at `start` and ends at the position.
    pub(crate) fn write(&mut self, start: usize, scalar: &Scalar<'i>, form: Form) {
        let end = self.scan.position;
        match (form, scalar) {
            (Form::Plain, Scalar::String(token)) => self.mark_nul(start, token),
            (Form::Plain, _) => {}
            (Form::Date(ms), _) => self.writer.replace_with_string(start, end, "\\u0000d", &ms.to_string()),
            (Form::BigInt(digits), _) => self.writer.replace_with_string(start, end, "\\u0000n", &digits),
            (Form::Bytes(text), _) => self.writer.replace_with_string(start, end, "\\u0000b", &text),
        }
    }

    /// In tagged text, marks a string that begins with U+0000, so that it is not read as a tag.
    #[inline]
    fn mark_nul(&mut self, start: usize, token: &StringToken<'_>) {
        if self.document.tagged && token.begins_with_nul() {
            self.writer.replace(start + 1, start + 1, b"\\u0000s");
        }
    }

    /// Skips a value of the wrong type and adds an issue.
    #[cold]
    pub(crate) fn mismatch(&mut self, ty: TypeId, first: u8, at: &Path<'_>) -> Result<(), WalkStop> {
        let Some(class) = Class::of(first) else {
            return Err(self.scan.fault(SyntaxErrorKind::Unexpected).into());
        };
        self.scan.skip(first, &mut Dropped)?;
        self.report.add(at, self.document.registry.label(ty), class.name())
    }

    fn any(&mut self, first: u8, at: &Path<'_>) -> Result<(), WalkStop> {
        let mut kept = Kept { nuls: Vec::new(), tagged: self.document.tagged, infinite: None };
        self.scan.skip(first, &mut kept)?;
        for start in kept.nuls {
            self.writer.replace(start + 1, start + 1, b"\\u0000s");
        }
        match kept.infinite {
            None => Ok(()),
            Some(raw) => {
                let scalar = Scalar::Number(NumberToken { raw: &raw, integral: false });
                let found = self.report.show(at, &scalar);
                self.report.add(at, FINITE, found)
            }
        }
    }

    fn array(&mut self, array: &ArrayNode, at: &Path<'_>) -> Result<(), WalkStop> {
        let mut length = 0;
        self.scan.open()?;
        if !self.scan.close_if(b']')? {
            loop {
                self.value(array.items, &at.then(PathStep::Index(length)))?;
                length += 1;
                if !self.scan.more(b']')? {
                    break;
                }
            }
        }
        if (array.min..=array.max).contains(&length) {
            return Ok(());
        }
        self.report.add(at, &array.expected(), format!("{length} items"))
    }

    fn tuple(&mut self, tuple: &TupleNode, at: &Path<'_>) -> Result<(), WalkStop> {
        let mut length = 0;
        self.scan.open()?;
        if !self.scan.close_if(b']')? {
            loop {
                if let Some(item) = tuple.item(length) {
                    self.value(item, &at.then(PathStep::Index(length)))?;
                } else {
                    self.pass()?;
                }
                length += 1;
                if !self.scan.more(b']')? {
                    break;
                }
            }
        }
        if length >= tuple.required && (tuple.rest.is_some() || length <= tuple.items.len()) {
            return Ok(());
        }
        self.report.add(at, &tuple.expected(), format!("{length} items"))
    }
}

/// Findings while skipping a value of type `any`, which is kept whole.
struct Kept {
    tagged: bool,
    /// The positions of strings that begin with U+0000.
    nuls: Vec<usize>,
    /// An excerpt of the first number that no double can hold.
    infinite: Option<String>,
}

impl Passed for Kept {
    fn string(&mut self, start: usize, token: &StringToken<'_>) {
        if self.tagged && token.begins_with_nul() {
            self.nuls.push(start);
        }
    }

    fn number(&mut self, token: &NumberToken<'_>) {
        if self.infinite.is_none() && !token.is_finite() {
            self.infinite = Some(token.raw.chars().take(64).collect());
        }
    }
}
