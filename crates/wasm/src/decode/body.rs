//! One function body: its calls, and what is dead.
//!
//! Nearly all instructions are neither calls nor control; those are stepped over by [`Scan::skim`]. The
//! others, and all that are rare, are decoded by wasmparser.

use super::CallOp;
use allocinstr_sites::FunctionId;
use std::ops::Range;
use wasmparser::{
    BinaryReader, BinaryReaderError, ControlStack, FrameKind, FrameStack, Operator, VisitOperator,
    VisitSimdOperator,
};

/// What an instruction means to the program.
#[derive(Clone, Copy)]
pub(super) enum Noted {
    /// It calls a function.
    Direct(CallOp, FunctionId),
    /// It calls a function of a type, given by its index in the module.
    Indirect(CallOp, u32),
    /// It names a function.
    Reference(FunctionId),
    /// It would call a function, but is never reached.
    Dead(FunctionId),
    /// The call before it does not return.
    Diverges,
}

/// The walk over one function body. Each instruction says whether it left something in [`Scan::noted`].
#[derive(Default)]
pub(super) struct Scan {
    /// What the last instruction left.
    pub(super) noted: Option<Noted>,
    /// Where the instructions begin, up to here, that only push constants, locals and globals.
    pub(super) operands: usize,
    frames: ControlStack,
    /// In dead code: how many blocks deep beneath the one that became dead.
    dead: Option<u32>,
    /// The previous instruction was a call.
    after_call: bool,
}

const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;
const LOCAL_GET: u8 = 0x20;
const GLOBAL_GET: u8 = 0x23;

/// What follows an opcode that can be stepped over.
#[derive(Clone, Copy)]
enum Plain {
    /// Nothing.
    Bare,
    /// A LEB128 number of at most 32 bits.
    Number,
    /// The same, or of 64 bits, and all the instruction does is push.
    Operand,
    /// Alignment and offset of a memory access.
    Access,
    /// It cannot be stepped over.
    Other,
}

/// By opcode (WebAssembly specification, "Index of Instructions").
const PLAIN: [Plain; 256] = {
    let mut plain = [Plain::Other; 256];
    // drop, select
    plain[0x1a] = Plain::Bare;
    plain[0x1b] = Plain::Bare;
    // br_if, local.set, local.tee, global.set
    plain[0x0d] = Plain::Number;
    plain[0x21] = Plain::Number;
    plain[0x22] = Plain::Number;
    plain[0x24] = Plain::Number;
    plain[LOCAL_GET as usize] = Plain::Operand;
    plain[GLOBAL_GET as usize] = Plain::Operand;
    plain[I32_CONST as usize] = Plain::Operand;
    plain[I64_CONST as usize] = Plain::Operand;
    // i32.load to i64.store32
    let mut opcode = 0x28;
    while opcode <= 0x3e {
        plain[opcode] = Plain::Access;
        opcode += 1;
    }
    // i32.eqz to i64.extend32_s
    let mut opcode = 0x45;
    while opcode <= 0xc4 {
        plain[opcode] = Plain::Bare;
        opcode += 1;
    }
    plain
};

/// Where the LEB128 number at `at` ends, if it is there with at most `most` bytes.
#[inline(always)]
fn number_end(code: &[u8], at: usize, most: usize) -> Option<usize> {
    // Nearly all are of one byte.
    if *code.get(at)? < 0x80 {
        return Some(at + 1);
    }
    let rest = &code[at..];
    let last = rest.iter().take(most).position(|byte| byte & 0x80 == 0)?;
    Some(at + last + 1)
}

impl Scan {
    /// Begins the body whose instructions start at `at`.
    pub(super) fn reset(&mut self, at: usize) {
        self.noted = None;
        self.operands = at;
        self.frames.clear();
        self.frames.push(FrameKind::Block);
        self.dead = None;
        self.after_call = false;
    }

    /// Where the plain instructions end that `code` has from `start`; `start` itself if there are none.
    pub(super) fn skim(&mut self, code: &[u8], start: usize) -> usize {
        const BYTES_32: usize = 5;
        const BYTES_64: usize = 10;
        /// Logarithm of the largest natural alignment; beyond are flags that say what else follows.
        const MOST_ALIGNMENT: u8 = 3;
        let mut at = start;
        if self.dead.is_some() {
            return at;
        }
        while let Some(&opcode) = code.get(at) {
            let end = match PLAIN[usize::from(opcode)] {
                Plain::Bare => Some(at + 1),
                Plain::Number => number_end(code, at + 1, BYTES_32),
                Plain::Operand if opcode == I64_CONST => number_end(code, at + 1, BYTES_64),
                Plain::Operand => number_end(code, at + 1, BYTES_32),
                Plain::Access
                    if code
                        .get(at + 1)
                        .is_some_and(|align| *align <= MOST_ALIGNMENT) =>
                {
                    number_end(code, at + 2, BYTES_32)
                }
                Plain::Access | Plain::Other => None,
            };
            let Some(end) = end else { break };
            at = end;
            if !matches!(PLAIN[usize::from(opcode)], Plain::Operand) {
                self.operands = at;
            }
        }
        if at > start {
            self.after_call = false;
        }
        at
    }

    /// Takes note of `operator`. Inlined into every visitor method, where its variant is known.
    #[inline(always)]
    fn operator(&mut self, operator: &Operator<'_>) -> bool {
        let after_call = std::mem::take(&mut self.after_call);
        self.follow(operator);
        let is_dead = self.dead.is_some() && self.is_dead(operator);
        if let Operator::RefFunc { function_index } = operator {
            // Even in dead code: it must be declared, and the declaration is retargeted.
            return self.note(Noted::Reference(*function_index));
        }
        if is_dead {
            return match *operator {
                Operator::Call { function_index: f }
                | Operator::ReturnCall { function_index: f } => self.note(Noted::Dead(f)),
                _ => false,
            };
        }
        if ends_control(operator) {
            self.dead = Some(0);
        }
        let call = match *operator {
            Operator::Call { function_index: f } => Noted::Direct(CallOp::Call, f),
            Operator::ReturnCall { function_index: f } => Noted::Direct(CallOp::ReturnCall, f),
            Operator::CallIndirect {
                type_index: ty,
                table_index: table,
            } => Noted::Indirect(CallOp::CallIndirect { ty, table }, ty),
            Operator::ReturnCallIndirect {
                type_index: ty,
                table_index: table,
            } => Noted::Indirect(CallOp::ReturnCallIndirect { ty, table }, ty),
            Operator::CallRef { type_index: ty } => Noted::Indirect(CallOp::CallRef { ty }, ty),
            Operator::ReturnCallRef { type_index: ty } => {
                Noted::Indirect(CallOp::ReturnCallRef { ty }, ty)
            }
            Operator::Unreachable => return after_call && self.note(Noted::Diverges),
            _ => return false,
        };
        self.after_call = true;
        self.note(call)
    }

    fn note(&mut self, noted: Noted) -> bool {
        self.noted = Some(noted);
        true
    }

    /// Keeps the frames that wasmparser asks for.
    #[inline(always)]
    fn follow(&mut self, operator: &Operator<'_>) {
        let next = match operator {
            Operator::Block { .. } | Operator::TryTable { .. } => FrameKind::Block,
            Operator::Loop { .. } => FrameKind::Loop,
            Operator::If { .. } => FrameKind::If,
            Operator::Try { .. } => FrameKind::LegacyTry,
            Operator::Else => {
                self.frames.pop();
                FrameKind::Else
            }
            Operator::Catch { .. } => {
                self.frames.pop();
                FrameKind::LegacyCatch
            }
            Operator::CatchAll => {
                self.frames.pop();
                FrameKind::LegacyCatchAll
            }
            Operator::End | Operator::Delegate { .. } => {
                self.frames.pop();
                return;
            }
            _ => return,
        };
        self.frames.push(next);
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

impl FrameStack for Scan {
    fn current_frame(&self) -> Option<FrameKind> {
        self.frames.last()
    }
}

/// One visitor method an instruction, each of which is [`Scan::operator`] for that instruction alone.
macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(
            #[inline]
            fn $visit(&mut self $($(, $arg: $argty)*)?) -> bool {
                self.operator(&Operator::$op $({ $($arg),* })?)
            }
        )*
    };
}

impl<'a> VisitOperator<'a> for Scan {
    type Output = bool;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = bool>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl VisitSimdOperator<'_> for Scan {
    wasmparser::for_each_visit_simd_operator!(visit);
}

/// What the instructions at `range` of `module` push, in order: constants, or `None` for locals and
/// globals. They do nothing else.
pub(super) fn operands(
    module: &[u8],
    range: Range<usize>,
) -> Result<Vec<Option<u64>>, BinaryReaderError> {
    let mut operands = Vec::new();
    let mut reader = BinaryReader::new(&module[range.clone()], range.start as u64);
    while !reader.eof() {
        operands.push(match reader.read_u8()? {
            I32_CONST => Some(u64::from(reader.read_var_i32()? as u32)),
            I64_CONST => Some(reader.read_var_i64()? as u64),
            _ => {
                reader.read_var_u32()?;
                None
            }
        });
    }
    Ok(operands)
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

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::OperatorsReader;

    /// Immediates of every length that a number may have, and one byte too many.
    fn immediates() -> Vec<Vec<u8>> {
        let mut all: Vec<Vec<u8>> = vec![vec![]];
        for long in 0..=10 {
            for last in [0x00, 0x01, 0x3f, 0x7f] {
                let mut number = vec![0x80; long];
                number.push(last);
                all.push([vec![0x02], number.clone()].concat());
                all.push(number);
            }
        }
        all
    }

    #[test]
    fn what_is_stepped_over_ends_where_wasmparser_says() {
        const NOP: u8 = 0x01;
        let mut stepped_over = std::collections::BTreeSet::new();
        for opcode in 0..=u8::MAX {
            for immediates in immediates() {
                let mut code = vec![opcode];
                code.extend(immediates);
                code.push(NOP);
                let mut scan = Scan::default();
                scan.reset(0);
                let end = scan.skim(&code, 0);
                // What is no immediate of this instruction may be instructions of its own.
                let mut reader = OperatorsReader::new(BinaryReader::new(&code, 0));
                while reader.original_position() < end as u64 {
                    match reader.read() {
                        Ok(_) => {}
                        // Too large for its type: validation refuses it.
                        Err(error) if error.message().contains("integer") => break,
                        Err(error) => panic!("{code:02x?} to {end}: {error}"),
                    }
                    stepped_over.insert(opcode);
                }
                assert!(
                    reader.original_position() <= end as u64,
                    "{code:02x?} to {end}"
                );
            }
        }
        // Two without immediates, four with a number, four operands, 23 accesses, 128 numeric ones.
        assert_eq!(stepped_over.len(), 2 + 4 + 4 + 23 + 128);
    }
}
