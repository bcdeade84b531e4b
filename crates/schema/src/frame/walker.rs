//! The walk that writes a frame.
//!
//! This walk accepts what the walk of [`accept`](crate::accept) accepts, by the same rules for names and scalars, and stops at the
//! first value that does not fit: then the other walk says what is wrong. A refused document is so walked twice at most.

use crate::accept::document::{Document, PropertyMatch};
use crate::accept::scalar::Form;
use crate::accept::walker::Walker;
use crate::frame::layout::{FrameKind, Placed};
use crate::frame::slot::{NULL_SLOT, Unframed, slot};
use crate::frame::writer::FrameWriter;
use crate::ir::node::{ArrayNode, Node};
use crate::ir::object::{ObjectNode, SeenSet};
use crate::ir::registry::Registry;
use crate::ir::type_id::TypeId;
use crate::issues::issue::Issues;
use crate::issues::path::Path;
use crate::json::scanner::{Scalar, Scanner, StringToken};
use crate::json::skip::Dropped;
use crate::json::syntax_error::SyntaxError;

/// What is written as a frame.
pub(crate) struct FrameInput<'d> {
    pub(crate) registry: &'d Registry,
    /// The type of the document, an object or an array.
    pub(crate) ty: TypeId,
    /// The parameters, JSON text of an object; `None` where there are none.
    pub(crate) parameters: Option<&'d str>,
    /// Whether the parameters are tagged text.
    pub(crate) is_tagged: bool,
}

/// Writes a document as a frame.
pub(crate) fn write_frame(framing: &FrameInput<'_>, input: &[u8]) -> Result<Vec<u8>, Unframed> {
    let text = simdutf8::basic::from_utf8(input).map_err(|_| Unframed)?;
    let document =
        Document { registry: framing.registry, ty: framing.ty, tagged: false, hidden: true, reserved: None };
    let mut walker = FrameWalker {
        document,
        text,
        scan: Scanner::new(text),
        frame: FrameWriter::new(text.len(), input.is_ascii()),
        island: Vec::new(),
    };
    if let Some(parameters) = framing.parameters {
        walker.frame.set_parameters(parameters, framing.is_tagged)?;
    }
    walker.item(framing.registry.placed(framing.ty))?;
    walker.scan.finish()?;
    walker.frame.finish()
}

impl From<SyntaxError> for Unframed {
    fn from(_: SyntaxError) -> Self {
        Self
    }
}

struct FrameWalker<'d, 'i> {
    document: Document<'d>,
    text: &'i str,
    scan: Scanner<'i>,
    frame: FrameWriter,
    /// The text of the last island, kept for its memory.
    island: Vec<u8>,
}

/// An object that is being walked.
struct Open<'d> {
    object: &'d ObjectNode,
    /// The slot of the first property.
    first: usize,
    seen: SeenSet,
    /// The property expected next.
    likely: usize,
}

impl<'d> FrameWalker<'d, '_> {
    /// Writes the next value as an item: in the slots that come next.
    fn item(&mut self, placed: Placed) -> Result<(), Unframed> {
        let first = self.scan.peek()?;
        if first == b'n' && placed.is_nullable {
            self.scan.word(b"null")?;
            return self.frame.push(NULL_SLOT);
        }
        match placed.kind {
            FrameKind::Object | FrameKind::Array => self.container(placed, first),
            _ => {
                let slot = self.scalar(placed, first)?;
                self.frame.push(slot)
            }
        }
    }

    /// Writes the next value as a property: in the slot `at`.
    #[inline]
    fn property(&mut self, placed: Placed, at: usize) -> Result<(), Unframed> {
        let first = self.scan.peek()?;
        let written = if first == b'n' && placed.is_nullable {
            self.scan.word(b"null")?;
            NULL_SLOT
        } else if matches!(placed.kind, FrameKind::Object | FrameKind::Array) {
            let own = slot(self.frame.next(), 0)?;
            self.container(placed, first)?;
            own
        } else {
            self.scalar(placed, first)?
        };
        self.frame.set(at, written);
        Ok(())
    }

    fn container(&mut self, placed: Placed, first: u8) -> Result<(), Unframed> {
        match (self.document.registry.node(placed.ty), first) {
            (Node::Object(object), b'{') => self.object(object),
            (Node::Array(array), b'[') => self.array(array),
            _ => Err(Unframed),
        }
    }

    fn array(&mut self, array: &ArrayNode) -> Result<(), Unframed> {
        let placed = self.document.registry.placed(array.items);
        self.scan.open()?;
        let at = self.frame.reserve(1)?;
        let mut length = 0;
        if !self.scan.close_if(b']')? {
            loop {
                self.item(placed)?;
                length += 1;
                if !self.scan.more(b']')? {
                    break;
                }
            }
        }
        self.frame.set(at, slot(length, self.frame.next())?);
        if (array.min..=array.max).contains(&length) { Ok(()) } else { Err(Unframed) }
    }

    fn object(&mut self, object: &'d ObjectNode) -> Result<(), Unframed> {
        self.scan.open()?;
        let at = self.frame.reserve(1 + object.properties.len())?;
        let mut open = Open { object, first: at + 1, seen: object.unseen(), likely: 0 };
        if !self.scan.close_if(b'}')? {
            loop {
                self.member(&mut open)?;
                if !self.scan.more(b'}')? {
                    break;
                }
            }
        }
        self.frame.set(at, slot(self.frame.next(), 0)?);
        if object.missing(&open.seen).next().is_some() { Err(Unframed) } else { Ok(()) }
    }

    #[inline]
    fn member(&mut self, open: &mut Open<'d>) -> Result<(), Unframed> {
        self.scan.peek()?;
        let likely = open.object.properties.get(open.likely);
        if likely.is_some_and(|likely| self.scan.take_key(&likely.wire)) {
            self.scan.expect(b':')?;
            return self.known(open, open.likely);
        }
        let key = self.scan.key()?;
        match self.document.slot(open.object, &key.decoded(), self.scan.depth) {
            PropertyMatch::Known(index) => self.known(open, index),
            PropertyMatch::Unknown => {
                let first = self.scan.peek()?;
                Ok(self.scan.skip(first, &mut Dropped)?)
            }
            PropertyMatch::Entry(_) | PropertyMatch::Refused => Err(Unframed),
        }
    }

    #[inline]
    fn known(&mut self, open: &mut Open<'d>, index: usize) -> Result<(), Unframed> {
        let property = open.object.properties.get(index).ok_or(Unframed)?;
        if !open.seen.insert(index) {
            return Err(Unframed);
        }
        open.likely = index + 1;
        self.property(self.document.registry.placed(property.ty), open.first + index)
    }

    /// Reads a scalar or an island, and returns its slot.
    #[inline]
    fn scalar(&mut self, placed: Placed, first: u8) -> Result<u64, Unframed> {
        match (placed.kind, self.document.registry.node(placed.ty), first) {
            (FrameKind::Island, ..) => self.island(placed.ty),
            (_, Node::String(rules), b'"') if rules.is_empty() => {
                let token = self.scan.string()?;
                self.text(&token)
            }
            (_, Node::Number(rules), b'-' | b'0'..=b'9') => {
                let token = self.scan.number()?;
                let double = token.double();
                if !double.is_finite() || rules.check(&token).is_err() {
                    return Err(Unframed);
                }
                Ok(double.to_bits())
            }
            (_, node, _) => self.ruled(node, first),
        }
    }

    /// Reads a scalar by the rules of its type.
    fn ruled(&mut self, node: &Node, first: u8) -> Result<u64, Unframed> {
        let scalar = self.scan.scalar(first)?;
        match (scalar.fit(node).map_err(|_| Unframed)?, &scalar) {
            #[allow(clippy::cast_precision_loss, reason = "a date has at most 53 bits of milliseconds")]
            (Form::Date(ms), _) => Ok((ms as f64).to_bits()),
            (Form::BigInt(text) | Form::Bytes(text), _) => self.frame.characters.add_text(&text),
            (Form::Plain, Scalar::String(token)) => self.text(token),
            (Form::Plain, Scalar::Number(token)) => Ok(token.double().to_bits()),
            (Form::Plain, Scalar::Boolean(value)) => Ok(u64::from(*value)),
            (Form::Plain, Scalar::Null) => Err(Unframed),
        }
    }

    #[inline]
    fn text(&mut self, token: &StringToken<'_>) -> Result<u64, Unframed> {
        if token.escaped {
            self.frame.characters.add_text(&token.decoded())
        } else {
            self.frame.characters.add_raw(token.raw)
        }
    }

    /// Writes the next value as text, as the walk of a whole document does.
    fn island(&mut self, ty: TypeId) -> Result<u64, Unframed> {
        let tagged = self.document.registry.is_tagged(ty);
        let document = Document { ty, tagged, ..self.document };
        let mut issues = Issues::default();
        self.island.clear();
        let mut walker = Walker::new(document, self.text, &mut self.island, &mut issues);
        walker.scan.position = self.scan.position;
        walker.scan.depth = self.scan.depth;
        walker.writer.cut(0, self.scan.position);
        walker.value(ty, &Path::place("body")).map_err(|_| Unframed)?;
        let end = walker.scan.position;
        walker.writer.keep_to(end);
        self.scan.position = end;
        if !issues.is_empty() {
            return Err(Unframed);
        }
        let text = std::str::from_utf8(&self.island).map_err(|_| Unframed)?;
        self.frame.island(text, tagged)
    }
}
