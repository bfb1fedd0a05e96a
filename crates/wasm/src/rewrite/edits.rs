//! What changes in the original's code.

use super::cannot_encode;
use super::counters::SiteId;
use super::trampolines::{Appended, Callee, Trampoline};
use crate::decode::{CallOp, Module};
use crate::error::Result;
use allocinstr_sites::{Action, FunctionId, Plan};
use std::collections::BTreeMap;
use std::ops::Range;
use wasm_encoder::{Encode, Instruction};

/// The id of a site and the call of its trampoline, each an opcode and at most five bytes.
const LONGEST: usize = 12;

/// An instruction of the original and what stands in its place.
pub(super) struct Edit {
    /// Where the original has it.
    pub(super) range: Range<usize>,
    /// What it is, if it is a call.
    pub(super) call: Option<CallOp>,
    with: [u8; LONGEST],
    length: u8,
}

impl Edit {
    pub(super) fn new(
        range: Range<usize>,
        call: Option<CallOp>,
        instructions: &[Instruction<'_>],
        buffer: &mut Vec<u8>,
    ) -> Edit {
        buffer.clear();
        for instruction in instructions {
            instruction.encode(buffer);
        }
        let mut with = [0; LONGEST];
        with[..buffer.len()].copy_from_slice(buffer);
        Edit {
            range,
            call,
            with,
            length: buffer.len() as u8,
        }
    }

    /// What stands in its place.
    pub(super) fn with(&self) -> &[u8] {
        &self.with[..usize::from(self.length)]
    }
}

/// The length of a body once its edits are made.
pub(super) fn grown(body: &Range<usize>, edits: &[Edit]) -> usize {
    let removed: usize = edits.iter().map(|edit| edit.range.len()).sum();
    let added: usize = edits.iter().map(|edit| edit.with().len()).sum();
    body.len() - removed + added
}

/// What changes in the original's code and references.
pub(super) struct Edits {
    /// By position.
    pub(super) code: Vec<Edit>,
    /// The pool trampoline of every allocator that is named from outside.
    pub(super) exposed: BTreeMap<FunctionId, u32>,
}

impl Edits {
    /// What `plan` asks for; trampolines are made as they are needed.
    pub(super) fn new(
        module: &Module<'_>,
        plan: &Plan,
        appended: &mut Appended<'_>,
    ) -> Result<Edits> {
        let mut code = Vec::with_capacity(plan.actions.len());
        let mut buffer = Vec::with_capacity(LONGEST);
        for &(call, action) in &plan.actions {
            let offset = module.program.calls[call as usize].offset;
            let (op, range) = module.call_at(offset as usize)?;
            let callee = match op {
                CallOp::Call(f) | CallOp::ReturnCall(f) => Callee::Function(f),
                CallOp::CallIndirect { ty, table } | CallOp::ReturnCallIndirect { ty, table } => {
                    Callee::Table { ty, table }
                }
                CallOp::CallRef { ty } | CallOp::ReturnCallRef { ty } => Callee::Reference { ty },
            };
            let slot = match action {
                Action::Direct { slot } | Action::Measured { slot } => slot,
                Action::Pool | Action::Shield => 0,
            };
            let site = appended.counters.site_id(slot);
            let trampoline = match (action, callee) {
                (Action::Direct { .. }, Callee::Function(f)) => Trampoline::Site(f, site),
                (Action::Pool, Callee::Function(f)) => Trampoline::Pool(f),
                (Action::Measured { .. }, callee) => Trampoline::Measured(callee, site),
                (Action::Shield, callee) => Trampoline::Shielded(callee),
                (action, callee) => unreachable!("{action:?} is never planned for {callee:?}"),
            };
            let function = appended.index(trampoline).map_err(|e| cannot_encode(&e))?;
            let id = Instruction::I32Const(slot as i32);
            let call = match op.is_tail() {
                true => Instruction::ReturnCall(function),
                false => Instruction::Call(function),
            };
            let instructions = [id, call];
            let first = match trampoline {
                Trampoline::Site(_, SiteId::Passed) | Trampoline::Measured(_, SiteId::Passed) => 0,
                _ => 1,
            };
            code.push(Edit::new(
                range,
                Some(op),
                &instructions[first..],
                &mut buffer,
            ));
        }
        let mut exposed = BTreeMap::new();
        for &function in plan.allocators.keys() {
            if plan.is_exposed(&module.program, function) {
                let pool = appended.index(Trampoline::Pool(function));
                exposed.insert(function, pool.map_err(|e| cannot_encode(&e))?);
            }
        }
        for (range, function) in &module.references {
            if let Some(&pool) = exposed.get(function) {
                let pool = [Instruction::RefFunc(pool)];
                code.push(Edit::new(range.clone(), None, &pool, &mut buffer));
            }
        }
        code.sort_by_key(|edit| edit.range.start);
        Ok(Edits { code, exposed })
    }

    /// Each body with its edits.
    pub(super) fn by_body<'a>(
        &'a self,
        bodies: &'a [Range<usize>],
    ) -> impl Iterator<Item = (&'a Range<usize>, &'a [Edit])> {
        let mut rest = self.code.as_slice();
        bodies.iter().map(move |body| {
            let (mine, after) = rest.split_at(rest.partition_point(|e| e.range.start < body.end));
            rest = after;
            (body, mine)
        })
    }
}
