//! The walk over a document: each value against the one type that it must have.

use crate::container_index::ContainerIndex;
use crate::document::Document;
use crate::fault::{FaultKind, Stop};
use crate::issue::Issues;
use crate::node::{ArrayNode, Class, Node, TupleNode};
use crate::path::{Path, Step};
use crate::registry::TypeId;
use crate::report::Report;
use crate::scalar::{FINITE, Form};
use crate::scan::{NumberToken, Scalar, Scanner, StringToken};
use crate::skip::{Dropped, Passed};
use crate::trial::Trial;
use crate::write::Writer;

/// A walk: one position in the input, one in the output, and the issues so far.
///
/// A value that does not fit adds an issue and is passed over, so that the walk finds the others too; only a document
/// that is no JSON, or too many issues, ends it. It recurses into containers, which the scanner's depth bounds.
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
            report: Report { issues, secrets: 0 },
            containers: ContainerIndex::default(),
            trial: Trial::default(),
        }
    }

    /// Walks the whole document.
    pub(crate) fn document(&mut self) -> Result<(), Stop> {
        self.scan.peek()?;
        self.writer.cut(0, self.scan.position);
        self.value(self.document.ty, &Path::place("body"))?;
        self.writer.keep_to(self.scan.position);
        self.scan.finish()?;
        Ok(())
    }

    /// Walks the next value, which must be of type `ty`.
    pub(crate) fn value(&mut self, ty: TypeId, at: &Path<'_>) -> Result<(), Stop> {
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

    fn scalar(&mut self, ty: TypeId, node: &Node, first: u8, at: &Path<'_>) -> Result<(), Stop> {
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

    /// In tagged text a string that begins with U+0000 is marked, so that it is not taken for a tag.
    #[inline]
    fn mark_nul(&mut self, start: usize, token: &StringToken<'_>) {
        if self.document.tagged && token.begins_with_nul() {
            self.writer.replace(start + 1, start + 1, b"\\u0000s");
        }
    }

    /// Passes over a value of the wrong type and says so.
    #[cold]
    pub(crate) fn mismatch(&mut self, ty: TypeId, first: u8, at: &Path<'_>) -> Result<(), Stop> {
        let Some(class) = Class::of(first) else { return Err(self.scan.fault(FaultKind::Unexpected).into()) };
        self.scan.skip(first, &mut Dropped)?;
        self.report.add(at, self.document.registry.label(ty), class.name())
    }

    fn any(&mut self, first: u8, at: &Path<'_>) -> Result<(), Stop> {
        let mut kept = Kept { nuls: Vec::new(), tagged: self.document.tagged, infinite: None };
        self.scan.skip(first, &mut kept)?;
        for start in kept.nuls {
            self.writer.replace(start + 1, start + 1, b"\\u0000s");
        }
        match kept.infinite {
            None => Ok(()),
            Some(raw) => {
                let scalar = Scalar::Number(NumberToken { raw: &raw, integral: false });
                let found = self.report.show(&scalar);
                self.report.add(at, FINITE, found)
            }
        }
    }

    fn array(&mut self, array: &ArrayNode, at: &Path<'_>) -> Result<(), Stop> {
        let mut length = 0;
        self.scan.open()?;
        if !self.scan.close_if(b']')? {
            loop {
                self.value(array.items, &at.then(Step::Index(length)))?;
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

    fn tuple(&mut self, tuple: &TupleNode, at: &Path<'_>) -> Result<(), Stop> {
        let mut length = 0;
        self.scan.open()?;
        if !self.scan.close_if(b']')? {
            loop {
                if let Some(item) = tuple.item(length) {
                    self.value(item, &at.then(Step::Index(length)))?;
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

/// For a value of any type, which is kept whole.
struct Kept {
    tagged: bool,
    /// Where strings begin that begin with U+0000.
    nuls: Vec<usize>,
    /// The beginning of the first number that no double can hold.
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
