//! The function by which a host reads counters in globals.

use super::counters::{BYTES, COUNT, Counters, FIRST_SITE, POOL_ID, Record};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

// The parameters.
const SLOT: u32 = 0;
const FIELD: u32 = 1;

impl Counters {
    /// The function that reads a counter in globals, a search tree over the slots:
    ///
    /// ```wat
    /// (func $readCounter (export "allocinstr") (param $slot i32) (param $field i32) (result i64)
    ///   (if (i32.ge_u (i32.add (local.get $slot) (i32.const 1)) (i32.const 3)) (then unreachable))
    ///   (if (result i64) (i32.lt_s (local.get $slot) (i32.const 0))
    ///     (then (select (global.get $pool_bytes) (global.get $pool_count) (local.get $field)))
    ///     (else …)))
    /// ```
    pub(super) fn reader(&self) -> Function {
        let readable = FIRST_SITE + self.slots;
        let mut body = Function::new([]);
        let mut code = body.instructions();
        code.local_get(SLOT).i32_const(1).i32_add();
        code.i32_const(readable as i32).i32_ge_u();
        code.if_(BlockType::Empty).unreachable().end();
        self.search(&mut code, 0, readable);
        code.end();
        body
    }

    /// Pushes the field of the slot, whose record is one of `from..to`.
    fn search(&self, code: &mut InstructionSink<'_>, from: u32, to: u32) {
        if to - from == 1 {
            self.get(code, Record::Number(from), BYTES);
            self.get(code, Record::Number(from), COUNT);
            code.local_get(FIELD).select();
            return;
        }
        let middle = from.midpoint(to);
        let slot = middle as i32 + POOL_ID;
        code.local_get(SLOT).i32_const(slot).i32_lt_s();
        code.if_(BlockType::Result(ValType::I64));
        self.search(code, from, middle);
        code.else_();
        self.search(code, middle, to);
        code.end();
    }
}
