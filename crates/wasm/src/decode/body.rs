//! One function body: a single walk validates it, finds its calls, and what of it is dead.

use super::{Decoder, Module};
use crate::error::Result;
use allocinstr_sites::{Call, FunctionId, Target};
use std::ops::Range;
use wasmparser::{
    BinaryReader, FrameKind, FrameStack, FuncToValidate, FunctionBody, ValidatorResources,
    VisitOperator, VisitSimdOperator,
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
}

/// The walk over one function body.
#[derive(Default)]
struct Scan {
    /// What the last instruction was, if it matters.
    noted: Option<Noted>,
    /// All it did was to push a constant, a local or a global.
    pushed: bool,
    /// In dead code: how many blocks deep beneath the one that became dead.
    dead: Option<u32>,
    /// The previous instruction was a call.
    after_call: bool,
}

impl Scan {
    /// A block begins.
    fn open(&mut self) {
        self.dead = self.dead.map(|depth| depth + 1);
    }

    /// A block ends.
    fn close(&mut self) {
        self.dead = self.dead.and_then(|depth| depth.checked_sub(1));
    }

    /// The other branch of a block begins.
    fn alternate(&mut self) {
        self.dead = self.dead.filter(|depth| *depth > 0);
    }

    /// What follows in this block is never reached.
    fn leave(&mut self) {
        self.dead.get_or_insert(0);
    }

    fn trap(&mut self) {
        if self.after_call && self.dead.is_none() {
            self.noted = Some(Noted::Diverges);
        }
        self.leave();
    }

    fn direct(&mut self, function: FunctionId, tail: bool) {
        self.call(Noted::Direct { function, tail }, tail);
    }

    fn indirect(&mut self, ty: u32, tail: bool) {
        self.call(Noted::Indirect { ty, tail }, tail);
    }

    fn call(&mut self, call: Noted, tail: bool) {
        if self.dead.is_none() {
            self.noted = Some(call);
        }
        if tail {
            self.leave();
        }
    }

    fn refer(&mut self, function: FunctionId) {
        // Even in dead code: it must be declared, and the declaration is retargeted.
        self.noted = Some(Noted::Reference(function));
    }

    fn push(&mut self) {
        self.pushed = true;
    }
}

/// What an instruction, with the names of its immediates, is to the scan.
#[rustfmt::skip]
macro_rules! step {
    ($scan:expr, Block $ty:ident) => { $scan.open() };
    ($scan:expr, Loop $ty:ident) => { $scan.open() };
    ($scan:expr, If $ty:ident) => { $scan.open() };
    ($scan:expr, Try $ty:ident) => { $scan.open() };
    ($scan:expr, TryTable $table:ident) => { $scan.open() };
    ($scan:expr, End) => { $scan.close() };
    ($scan:expr, Delegate $depth:ident) => { $scan.close() };
    ($scan:expr, Else) => { $scan.alternate() };
    ($scan:expr, Catch $tag:ident) => { $scan.alternate() };
    ($scan:expr, CatchAll) => { $scan.alternate() };
    ($scan:expr, Unreachable) => { $scan.trap() };
    ($scan:expr, Br $depth:ident) => { $scan.leave() };
    ($scan:expr, BrTable $targets:ident) => { $scan.leave() };
    ($scan:expr, Return) => { $scan.leave() };
    ($scan:expr, Throw $tag:ident) => { $scan.leave() };
    ($scan:expr, ThrowRef) => { $scan.leave() };
    ($scan:expr, Rethrow $depth:ident) => { $scan.leave() };
    ($scan:expr, Call $function:ident) => { $scan.direct($function, false) };
    ($scan:expr, CallIndirect $ty:ident $table:ident) => { $scan.indirect($ty, false) };
    ($scan:expr, CallRef $ty:ident) => { $scan.indirect($ty, false) };
    ($scan:expr, ReturnCall $function:ident) => { $scan.direct($function, true) };
    ($scan:expr, ReturnCallIndirect $ty:ident $table:ident) => { $scan.indirect($ty, true) };
    ($scan:expr, ReturnCallRef $ty:ident) => { $scan.indirect($ty, true) };
    ($scan:expr, RefFunc $function:ident) => { $scan.refer($function) };
    ($scan:expr, I32Const $value:ident) => { $scan.push() };
    ($scan:expr, I64Const $value:ident) => { $scan.push() };
    ($scan:expr, LocalGet $local:ident) => { $scan.push() };
    ($scan:expr, GlobalGet $global:ident) => { $scan.push() };
    ($scan:expr, $($other:ident)*) => {};
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
                step!(self.scan, $op $($($arg)*)?);
                self.validator.$visit($($($arg),*)?)
            }
        )*
    };
}

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
            (scan.noted, scan.pushed) = (None, false);
            let mut both = Both {
                validator: validator.visitor(start),
                scan: &mut scan,
            };
            reader.visit_operator(&mut both)??;
            let range = start as usize..reader.original_position() as usize;
            scan.after_call = false;
            if let Some(noted) = scan.noted {
                scan.after_call = matches!(noted, Noted::Direct { .. } | Noted::Indirect { .. });
                self.noted(noted, range.clone(), operands)?;
            }
            // Neither is much more frequent.
            operands = std::hint::select_unpredictable(scan.pushed, operands, range.end);
        }
        reader.finish_expression(&validator.visitor(reader.original_position()))?;
        self.allocations = validator.into_allocations();
        let calls = first..self.module.program.calls.len() as u32;
        self.module.program.functions[function as usize].calls = calls;
        Ok(())
    }

    /// Takes note of the instruction at `range`, before which those from `operands` on only push.
    fn noted(&mut self, noted: Noted, range: Range<usize>, operands: usize) -> Result<()> {
        match noted {
            Noted::Direct { function, tail } => {
                self.constants(function, operands..range.start)?;
                self.call(range.start, Target::Direct(function), tail);
            }
            Noted::Indirect { ty, tail } => {
                let target = Target::Indirect(self.types[ty as usize]);
                self.call(range.start, target, tail);
            }
            Noted::Reference(function) => {
                self.module.program.functions[function as usize].address_taken = true;
                self.module.references.push((range, function));
            }
            Noted::Diverges => {
                let call = self.module.program.calls.last_mut();
                call.expect("it follows a call").diverges = true;
            }
        }
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
