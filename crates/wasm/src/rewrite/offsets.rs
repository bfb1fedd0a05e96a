//! Where code goes: offsets of the original to offsets of the output.

use super::edits::Edit;
use std::ops::Range;

/// How offsets change within function bodies; monotone.
pub(super) struct Offsets<'a> {
    edits: &'a [Edit],
    /// Bytes that the edits before each one take away, and bytes that they add.
    before: Vec<(usize, usize)>,
}

impl<'a> Offsets<'a> {
    /// `edits` are by position.
    pub(super) fn new(edits: &'a [Edit]) -> Offsets<'a> {
        let mut sums = (0, 0);
        let before = edits.iter().map(|edit| {
            let before = sums;
            sums = (before.0 + edit.range.len(), before.1 + edit.with().len());
            before
        });
        Offsets {
            before: before.collect(),
            edits,
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
        let Some(last) = next.checked_sub(1) else {
            return offset;
        };
        let edit = &self.edits[last];
        let (removed, added) = self.before[last];
        // Within what was replaced there is nothing but its start.
        let (removed, added, at) = if offset < edit.range.end {
            (removed, added, edit.range.start)
        } else {
            (
                removed + edit.range.len(),
                added + edit.with().len(),
                offset,
            )
        };
        at - removed + added
    }
}
