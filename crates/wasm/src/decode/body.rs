//! One function body: a single walk validates it, finds its calls, and what of it is dead.

use super::{Decoder, Module};
use crate::error::{Error, Result};
use allocinstr_sites::{Call, FunctionId, Target};
use std::ops::Range;
use wasmparser::{
    BinaryReader, FrameKind, FrameStack, FuncToValidate, FunctionBody, Operator,
    ValidatorResources, VisitOperator, VisitSimdOperator,
};

/// What an instruction means to the program.
#[derive(Clone, Copy)]
enum Noted {
    /// It calls a function.
    Direct { function: FunctionId, tail: bool },
    /// It calls a function of a type, given by its index in the module.
    Indirect { ty: u32, tail: bool },
    /// It names a function.
    Reference(FunctionId),
    /// It is never completed, and follows a call.
    Diverges,
    /// It only pushes a constant, a local or a global.
    Operand,
}

/// The walk over one function body.
#[derive(Default)]
struct Scan {
    /// What the last instruction was.
    noted: Option<Noted>,
    /// In dead code: how many blocks deep beneath the one that became dead.
    dead: Option<u32>,
    /// The previous instruction was a call.
    after_call: bool,
}

impl Scan {
    /// Takes note of `operator`. Inlined into every visitor method, where its variant is known.
    #[inline(always)]
    fn operator(&mut self, operator: &Operator<'_>) {
        let is_dead = self.dead.is_some() && self.is_dead(operator);
        if let Operator::RefFunc { function_index } = operator {
            // Even in dead code: it must be declared, and the declaration is retargeted.
            self.noted = Some(Noted::Reference(*function_index));
        }
        if is_dead {
            return;
        }
        if ends_control(operator) {
            self.dead = Some(0);
        }
        let noted = match *operator {
            Operator::Call { function_index } => Noted::Direct {
                function: function_index,
                tail: false,
            },
            Operator::ReturnCall { function_index } => Noted::Direct {
                function: function_index,
                tail: true,
            },
            Operator::CallIndirect { type_index: ty, .. }
            | Operator::CallRef { type_index: ty } => Noted::Indirect { ty, tail: false },
            Operator::ReturnCallIndirect { type_index: ty, .. }
            | Operator::ReturnCallRef { type_index: ty } => Noted::Indirect { ty, tail: true },
            Operator::Unreachable if self.after_call => Noted::Diverges,
            Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::LocalGet { .. }
            | Operator::GlobalGet { .. } => Noted::Operand,
            _ => return,
        };
        self.noted = Some(noted);
    }

    /// Follows block structure through dead code; whether `operator` is still in it.
    #[inline(always)]
    fn is_dead(&mut self, operator: &Operator<'_>) -> bool {
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
        self.dead.is_some()
    }
}

/// Whether what follows `operator` in its block is never reached.
#[inline(always)]
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

/// Shows every instruction to the scan and to the validator.
struct Both<'s, V> {
    scan: &'s mut Scan,
    validator: V,
}

impl<V: FrameStack> FrameStack for Both<'_, V> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.validator.current_frame()
    }
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(
            #[inline]
            fn $visit(&mut self $($(, $arg: $argty)*)?) -> V::Output {
                self.scan.operator(&Operator::$op $({ $($arg: $arg.clone()),* })?);
                self.validator.$visit($($($arg),*)?)
            }
        )*
    };
}

#[expect(
    clippy::clone_on_copy,
    reason = "some immediates are Copy, and others are not"
)]
impl<'a, V: VisitOperator<'a>> VisitOperator<'a> for Both<'_, V> {
    type Output = V::Output;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = V::Output>> {
        // Of no concern to the scan.
        self.validator.simd_visitor()
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl<'a> Decoder<'a> {
    pub(super) fn body(
        &mut self,
        to_validate: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'a>,
    ) -> Result<()> {
        let function = to_validate.index;
        let range = body.range();
        let length = range.end - range.start;
        if length > crate::MOST_BODY_BYTES as u64 {
            return Err(Error::Malformed {
                offset: range.start,
                message: format!(
                    "a function body of {length} bytes exceeds the engines' limit of {}",
                    crate::MOST_BODY_BYTES
                ),
            });
        }
        self.module
            .bodies
            .push(range.start as usize..range.end as usize);
        let first = self.module.program.calls.len() as u32;
        let mut validator = to_validate.into_validator(std::mem::take(&mut self.allocations));
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        reader.set_features(*validator.features());
        let mut scan = Scan::default();
        // Where the instructions begin, up to here, that only push operands.
        let mut operands = reader.original_position() as usize;
        while !reader.eof() {
            let start = reader.original_position();
            scan.noted = None;
            let mut both = Both {
                validator: validator.visitor(start),
                scan: &mut scan,
            };
            reader.visit_operator(&mut both)??;
            let range = start as usize..reader.original_position() as usize;
            scan.after_call = false;
            match scan.noted {
                Some(Noted::Operand) => continue,
                Some(Noted::Direct { function, tail }) => {
                    self.constants(function, operands..range.start)?;
                    self.call(range.start, Target::Direct(function), tail);
                    scan.after_call = true;
                }
                Some(Noted::Indirect { ty, tail }) => {
                    let target = Target::Indirect(self.types[ty as usize]);
                    self.call(range.start, target, tail);
                    scan.after_call = true;
                }
                Some(Noted::Reference(function)) => {
                    self.module.program.functions[function as usize].address_taken = true;
                    self.module.references.push((range.clone(), function));
                }
                Some(Noted::Diverges) => {
                    let call = self.module.program.calls.last_mut();
                    call.expect("it follows a call").diverges = true;
                }
                None => {}
            }
            operands = range.end;
        }
        reader.finish_expression(&validator.visitor(reader.original_position()))?;
        self.allocations = validator.into_allocations();
        let calls = first..self.module.program.calls.len() as u32;
        self.module.program.functions[function as usize].calls = calls;
        Ok(())
    }

    fn call(&mut self, offset: usize, target: Target, tail: bool) {
        self.module.program.calls.push(Call {
            offset: offset as u32,
            target,
            tail,
            diverges: false,
        });
    }

    /// Keeps the constant arguments of the call of `function` that comes next, which the
    /// instructions at `operands` push.
    fn constants(&mut self, function: FunctionId, operands: Range<usize>) -> Result<()> {
        let Module {
            types,
            function_types,
            program,
            bytes,
            ..
        } = &mut self.module;
        let ty = types[function_types[function as usize] as usize].as_ref();
        let parameters = ty.map_or(0, |ty| ty.params().len());
        if parameters == 0 || operands.is_empty() {
            return Ok(());
        }
        pushed(bytes, operands, &mut self.pushed)?;
        let first = self.pushed.len().saturating_sub(parameters);
        let unknown = parameters.saturating_sub(self.pushed.len());
        let call = program.calls.len() as u32;
        for (at, value) in self.pushed[first..].iter().enumerate() {
            if let Some(value) = value {
                let constant = (call, (unknown + at) as u32, *value);
                program.constants.push(constant);
            }
        }
        Ok(())
    }
}

/// Leaves in `values` what the instructions at `range` of `module` push, in order: constants, or `None` for
/// locals and globals. They do nothing else.
fn pushed(module: &[u8], range: Range<usize>, values: &mut Vec<Option<u64>>) -> Result<()> {
    const I32_CONST: u8 = 0x41;
    const I64_CONST: u8 = 0x42;
    values.clear();
    let mut reader = BinaryReader::new(&module[range.clone()], range.start as u64);
    while !reader.eof() {
        values.push(match reader.read_u8()? {
            I32_CONST => Some(u64::from(reader.read_var_i32()? as u32)),
            I64_CONST => Some(reader.read_var_i64()? as u64),
            _ => {
                reader.read_var_u32()?;
                None
            }
        });
    }
    Ok(())
}
