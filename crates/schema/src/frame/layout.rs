//! The form in which the values of each type stand in frames.

use crate::ir::class::Class;
use crate::ir::node::Node;
use crate::ir::object::Others;
use crate::ir::type_id::TypeId;

/// Least bytes of a body that crosses as a frame. The reader is quicker from the first byte on, but of small bodies a batch has many,
/// which share one string, and each frame is a call.
pub const MIN_FRAME_BYTES: usize = 1 << 10;

/// The form of a value; the module's page has the layout of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameKind {
    Number,
    Boolean,
    Text,
    Date,
    BigInt,
    Bytes,
    Array,
    Object,
    Island,
}

/// The form of a type's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) kind: FrameKind,
    /// The type without `null`.
    pub(crate) ty: TypeId,
    pub(crate) is_nullable: bool,
}

/// The forms of all types. `packages/schema/src/read/frame-layout.ts` decides by the same rules.
pub(crate) fn placed(nodes: &[Node]) -> Vec<Placed> {
    (0..).zip(nodes).map(|(index, node)| placed_node(nodes, TypeId(index), node)).collect()
}

fn placed_node(nodes: &[Node], ty: TypeId, node: &Node) -> Placed {
    let Node::Union(union) = node else {
        return Placed { kind: kind(node), ty, is_nullable: false };
    };
    let node_of = |arm: &TypeId| nodes.get(arm.0 as usize).unwrap_or(&Node::Any);
    let mut others = union.arms.iter().filter(|arm| !matches!(node_of(arm), Node::Null));
    match (others.next(), others.next()) {
        (Some(only), None) if kind(node_of(only)) != FrameKind::Island => {
            Placed { kind: kind(node_of(only)), ty: *only, is_nullable: union.arms.len() > 1 }
        }
        _ => Placed { kind: FrameKind::Island, ty, is_nullable: false },
    }
}

/// The form of a type that is no union.
fn kind(node: &Node) -> FrameKind {
    match node {
        Node::Number(_) => FrameKind::Number,
        Node::Boolean => FrameKind::Boolean,
        Node::String(_) | Node::Template(_) => FrameKind::Text,
        Node::Date => FrameKind::Date,
        Node::BigInt(_) => FrameKind::BigInt,
        Node::Bytes(_) => FrameKind::Bytes,
        Node::Array(_) => FrameKind::Array,
        Node::Object(object) if !matches!(object.others, Others::Keep { .. }) => FrameKind::Object,
        Node::Choice(choice) => {
            let takes = |class| choice.takes(class);
            let is_boolean = takes(Class::True) || takes(Class::False);
            match (takes(Class::String), takes(Class::Number), is_boolean, takes(Class::Null)) {
                (true, false, false, false) => FrameKind::Text,
                (false, true, false, false) => FrameKind::Number,
                (false, false, true, false) => FrameKind::Boolean,
                _ => FrameKind::Island,
            }
        }
        Node::Any | Node::Null | Node::Tuple(_) | Node::Object(_) | Node::Union(_) => FrameKind::Island,
    }
}
