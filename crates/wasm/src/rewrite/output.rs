//! An output in pieces: most of it is the original's, which is not copied before it is written.

use super::edits::{Edits, grown};
use crate::decode::Module;
use std::borrow::Cow;
use std::io::{Result, Write};
use std::rc::Rc;
use wasm_encoder::Encode;

/// A module that was rewritten.
#[derive(Debug)]
pub struct Output<'a> {
    pub(super) pieces: Vec<Piece<'a>>,
}

pub(super) enum Piece<'a> {
    /// As they are.
    Bytes(Cow<'a, [u8]>),
    /// A section and its payload, in parts; those of the data section are cut between segments.
    Section {
        id: u8,
        payload: Vec<Cow<'a, [u8]>>,
    },
    Code(Code<'a>),
}

/// The code section: the original bodies with the edits made, and what was appended.
pub(super) struct Code<'a> {
    pub(super) module: &'a Module<'a>,
    pub(super) edits: Rc<Edits>,
    /// The bodies that were appended, each after its length.
    pub(super) appended: Vec<u8>,
    /// How many bodies there are.
    pub(super) count: usize,
    /// Of the payload, in bytes.
    size: usize,
}

pub(super) const CODE: u8 = 10;

impl<'a> Output<'a> {
    /// A module in one piece.
    pub(crate) fn whole(bytes: impl Into<Cow<'a, [u8]>>) -> Output<'a> {
        Output {
            pieces: vec![Piece::Bytes(bytes.into())],
        }
    }

    /// Length in bytes.
    #[expect(clippy::len_without_is_empty, reason = "no module is empty")]
    pub fn len(&self) -> usize {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// Writes the module, some of it in small pieces: `out` had better be buffered.
    pub fn write_to(&self, out: &mut dyn Write) -> Result<()> {
        self.pieces.iter().try_for_each(|piece| piece.write_to(out))
    }

    /// The module.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        let written = self.write_to(&mut bytes);
        written.expect("a vector takes whatever is written");
        bytes
    }
}

impl Piece<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Piece::Bytes(bytes) => bytes.len(),
            Piece::Section { payload, .. } => {
                let size = payload.iter().map(|part| part.len()).sum();
                1 + leb_len(size) + size
            }
            Piece::Code(code) => 1 + leb_len(code.size) + code.size,
        }
    }

    pub(super) fn write_to(&self, out: &mut dyn Write) -> Result<()> {
        match self {
            Piece::Bytes(bytes) => out.write_all(bytes),
            Piece::Section { id, payload } => {
                out.write_all(&[*id])?;
                write_number(out, payload.iter().map(|part| part.len()).sum())?;
                payload.iter().try_for_each(|part| out.write_all(part))
            }
            Piece::Code(code) => code.write_to(out),
        }
    }
}

impl std::fmt::Debug for Piece<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} bytes", self.len())
    }
}

impl<'a> Code<'a> {
    pub(super) fn new(
        module: &'a Module<'a>,
        edits: Rc<Edits>,
        functions: &[(u32, wasm_encoder::Function, String)],
    ) -> Code<'a> {
        let mut appended = Vec::new();
        for (_, body, _) in functions {
            body.encode(&mut appended);
        }
        let count = module.bodies.len() + functions.len();
        let lengths = edits
            .by_body(&module.bodies)
            .map(|(body, edits)| grown(body, edits));
        let bodies: usize = lengths.map(|n| leb_len(n) + n).sum();
        let size = leb_len(count) + bodies + appended.len();
        Code {
            module,
            edits,
            appended,
            count,
            size,
        }
    }

    fn write_to(&self, out: &mut dyn Write) -> Result<()> {
        let bytes = self.module.bytes;
        out.write_all(&[CODE])?;
        write_number(out, self.size)?;
        write_number(out, self.count)?;
        for (body, edits) in self.edits.by_body(&self.module.bodies) {
            write_number(out, grown(body, edits))?;
            let mut at = body.start;
            for edit in edits {
                out.write_all(&bytes[at..edit.range.start])?;
                out.write_all(edit.with())?;
                at = edit.range.end;
            }
            out.write_all(&bytes[at..body.end])?;
        }
        out.write_all(&self.appended)
    }

    /// Where the original's bodies start, and where the last one ends, in an output that has this
    /// section at `at`.
    pub(super) fn places(&self, at: usize) -> Vec<usize> {
        let mut places = Vec::with_capacity(self.module.bodies.len() + 1);
        let mut end = at + 1 + leb_len(self.size) + leb_len(self.count);
        for (body, edits) in self.edits.by_body(&self.module.bodies) {
            let length = grown(body, edits);
            let start = end + leb_len(length);
            places.push(start);
            end = start + length;
        }
        places.push(end);
        places
    }
}

/// Bytes of a number as unsigned LEB128.
fn leb_len(number: usize) -> usize {
    (usize::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}

fn write_number(out: &mut dyn Write, number: usize) -> Result<()> {
    const MOST: usize = 10;
    let mut bytes = [0; MOST];
    let mut rest = number;
    let length = leb_len(number);
    for byte in &mut bytes[..length] {
        *byte = rest as u8 | 0x80;
        rest >>= 7;
    }
    bytes[length - 1] &= 0x7f;
    out.write_all(&bytes[..length])
}
