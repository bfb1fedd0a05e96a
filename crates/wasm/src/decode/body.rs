//! One function body: its calls, what is constant about their arguments, and what is dead.

use super::{CallInstruction, CallOp, Decoder};
use crate::error::{Error, Result};
use allocinstr_sites::{Call, Target};
use std::ops::Range;
use wasmparser::Operator;

/// The walk over one function body.
pub(super) struct Scan<'d, 'a> {
    decoder: &'d mut Decoder<'a>,
    /// The operands that the instructions just before pushed: constants, or `None` for locals and globals.
    arguments: Vec<Option<u64>>,
    /// In dead code: how many blocks deep beneath the one that became dead.
    dead: Option<u32>,
    /// The call that was the previous instruction.
    last_call: Option<usize>,
}

impl<'d, 'a> Scan<'d, 'a> {
    pub(super) fn new(decoder: &'d mut Decoder<'a>) -> Scan<'d, 'a> {
        Scan {
            decoder,
            arguments: Vec::new(),
            dead: None,
            last_call: None,
        }
    }

    /// Takes note of the instruction `operator`, which stands at `range` in the file.
    pub(super) fn operator(&mut self, operator: &Operator<'_>, range: Range<usize>) -> Result<()> {
        let last_call = self.last_call.take();
        if let Operator::RefFunc { function_index } = operator {
            // Even in dead code: it must be declared, and the declaration is retargeted.
            self.decoder.function(*function_index)?.address_taken = true;
            self.decoder
                .module
                .references
                .push((range.clone(), *function_index));
        }
        if self.skip_dead(operator) {
            return Ok(());
        }
        match operator {
            Operator::I32Const { value } => self.arguments.push(Some(u64::from(*value as u32))),
            Operator::I64Const { value } => self.arguments.push(Some(*value as u64)),
            Operator::LocalGet { .. } | Operator::GlobalGet { .. } | Operator::RefFunc { .. } => {
                self.arguments.push(None);
            }
            Operator::Call { function_index } => {
                self.call(CallOp::Call, Target::Direct(*function_index), range)?;
            }
            Operator::ReturnCall { function_index } => {
                self.call(CallOp::ReturnCall, Target::Direct(*function_index), range)?;
            }
            Operator::CallIndirect {
                type_index: ty,
                table_index: table,
            } => {
                let target = Target::Indirect(self.decoder.type_id(*ty)?);
                self.call(
                    CallOp::CallIndirect {
                        ty: *ty,
                        table: *table,
                    },
                    target,
                    range,
                )?;
            }
            Operator::CallRef { type_index: ty } => {
                let target = Target::Indirect(self.decoder.type_id(*ty)?);
                self.call(CallOp::CallRef { ty: *ty }, target, range)?;
            }
            Operator::ReturnCallIndirect {
                type_index: ty,
                table_index: table,
            } => {
                let target = Target::Indirect(self.decoder.type_id(*ty)?);
                let op = CallOp::ReturnCallIndirect {
                    ty: *ty,
                    table: *table,
                };
                self.call(op, target, range)?;
            }
            Operator::ReturnCallRef { type_index: ty } => {
                let target = Target::Indirect(self.decoder.type_id(*ty)?);
                self.call(CallOp::ReturnCallRef { ty: *ty }, target, range)?;
            }
            Operator::Unreachable => {
                if let Some(call) = last_call {
                    self.decoder.module.program.calls[call].diverges = true;
                }
                self.arguments.clear();
            }
            _ => self.arguments.clear(),
        }
        if ends_control(operator) {
            self.dead = Some(0);
        }
        Ok(())
    }

    /// Follows block structure through dead code; whether `operator` is still in it.
    fn skip_dead(&mut self, operator: &Operator<'_>) -> bool {
        let Some(depth) = self.dead else { return false };
        self.dead = match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Try { .. }
            | Operator::TryTable { .. } => Some(depth + 1),
            Operator::End | Operator::Delegate { .. } => depth.checked_sub(1),
            Operator::Else | Operator::Catch { .. } | Operator::CatchAll if depth == 0 => None,
            _ => Some(depth),
        };
        self.arguments.clear();
        self.dead.is_some()
    }

    fn call(&mut self, op: CallOp, target: Target, range: Range<usize>) -> Result<()> {
        let module = &mut self.decoder.module;
        let call = module.program.calls.len();
        if let Target::Direct(function) = target {
            let count = module.function_types.len();
            let Some(&ty) = module.function_types.get(function as usize) else {
                return Err(Error::Malformed {
                    offset: range.start as u64,
                    message: format!("call of function {function}, there are {count}"),
                });
            };
            let parameters = module.types.get(ty as usize).and_then(Option::as_ref);
            let parameters = parameters.map_or(0, |ty| ty.params().len());
            let first = self.arguments.len().saturating_sub(parameters);
            let unknown = parameters.saturating_sub(self.arguments.len());
            for (at, value) in self.arguments[first..].iter().enumerate() {
                if let Some(value) = value {
                    module
                        .program
                        .constants
                        .push((call as u32, (unknown + at) as u32, *value));
                }
            }
        }
        self.arguments.clear();
        module.program.calls.push(Call {
            offset: range.start as u64,
            target,
            tail: op.is_tail(),
            diverges: false,
        });
        module.instructions.push(CallInstruction { range, op });
        self.last_call = Some(call);
        Ok(())
    }
}

/// Whether what follows `operator` in its block is never reached.
fn ends_control(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Unreachable
            | Operator::Br { .. }
            | Operator::BrTable { .. }
            | Operator::Return
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. }
    )
}
