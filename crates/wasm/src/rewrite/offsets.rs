//! Where code goes: offsets of the original to offsets of the output.

use std::ops::Range;

/// An instruction that is replaced.
struct Edit {
    /// The original instruction.
    range: Range<usize>,
    /// Bytes of what stands in its place.
    length: usize,
    /// Bytes that all edits before this one replace, and what stands in their place.
    before: (usize, usize),
}

/// How offsets change within function bodies; monotone.
pub(super) struct Offsets {
    edits: Vec<Edit>,
}

impl Offsets {
    /// `code` are the replacements, by position.
    pub(super) fn new(code: &[(Range<usize>, Vec<u8>)]) -> Offsets {
        let mut before = (0, 0);
        let edits = code.iter().map(|(range, with)| {
            let edit = Edit {
                range: range.clone(),
                length: with.len(),
                before,
            };
            before = (before.0 + range.len(), before.1 + with.len());
            edit
        });
        Offsets {
            edits: edits.collect(),
        }
    }

    /// How far from the start of `body`, in the output, that is which stands at `offset` in the
    /// original; both are file offsets.
    pub(super) fn within(&self, body: &Range<usize>, offset: usize) -> usize {
        let offset = offset.clamp(body.start, body.end);
        self.moved(offset) - self.moved(body.start)
    }

    /// `offset` as it would be, were edits the only thing that moves code.
    fn moved(&self, offset: usize) -> usize {
        let next = self
            .edits
            .partition_point(|edit| edit.range.start <= offset);
        let Some(edit) = next.checked_sub(1).map(|last| &self.edits[last]) else {
            return offset;
        };
        let (removed, added) = edit.before;
        // Within what was replaced there is nothing but its start.
        let (removed, added, at) = if offset < edit.range.end {
            (removed, added, edit.range.start)
        } else {
            (removed + edit.range.len(), added + edit.length, offset)
        };
        at - removed + added
    }
}
