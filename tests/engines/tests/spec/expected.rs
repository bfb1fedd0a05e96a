//! What a script says of a directive.

use crate::store::{Outcome, Value};
use wast::WastRet;
use wast::core::{NanPattern, V128Pattern, WastRetCore};

pub(crate) enum Expected {
    Done,
    Values(Vec<Pattern>),
    Trap,
    Exception,
    /// Neither loaded nor linked.
    Refused,
    /// The script does not say.
    Anything,
}

/// What a value may be.
#[derive(Debug)]
pub(crate) enum Pattern {
    /// These bits, where `mask` has ones.
    Bits {
        ty: &'static str,
        bits: u128,
        mask: u128,
    },
    Null,
    /// A reference that holds the host's number, if one is said.
    External(Option<u32>),
    Reference(&'static str),
    Either(Vec<Pattern>),
}

impl Expected {
    pub(crate) fn accepts(&self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Expected::Anything, _)
            | (Expected::Done, Outcome::Done)
            | (Expected::Trap, Outcome::Trap(_))
            | (Expected::Exception, Outcome::Exception)
            | (Expected::Refused, Outcome::Refused(_)) => true,
            (Expected::Values(patterns), Outcome::Values(values)) => {
                let mut pairs = patterns.iter().zip(values);
                patterns.len() == values.len() && pairs.all(|(p, value)| p.accepts(value))
            }
            _ => false,
        }
    }
}

impl Pattern {
    fn accepts(&self, value: &Value) -> bool {
        match (self, value) {
            (Pattern::Either(patterns), _) => patterns.iter().any(|p| p.accepts(value)),
            (Pattern::Bits { ty, bits, mask }, Value::Bits(found_ty, found)) => {
                ty == found_ty && found & mask == *bits
            }
            (Pattern::Null, Value::Null) => true,
            (Pattern::External(None), Value::External(_)) => true,
            (Pattern::External(number), Value::External(found)) => number == found,
            (Pattern::Reference("any"), Value::Reference(_) | Value::External(_)) => true,
            (Pattern::Reference("any" | "eq" | "i31"), Value::Bits("i31", _)) => true,
            (Pattern::Reference("eq"), Value::Reference("struct" | "array")) => true,
            (Pattern::Reference(ty), Value::Reference(found)) => ty == found,
            _ => false,
        }
    }
}

pub(crate) fn values(results: &[WastRet<'_>]) -> Expected {
    let pattern = |result: &WastRet<'_>| match result {
        WastRet::Core(result) => Some(pattern(result)),
        _ => None,
    };
    match results.iter().map(pattern).collect() {
        Some(patterns) => Expected::Values(patterns),
        None => Expected::Anything,
    }
}

fn pattern(result: &WastRetCore<'_>) -> Pattern {
    let bits = |ty, (bits, mask)| Pattern::Bits { ty, bits, mask };
    let exactly = |bits: u128| (bits, u128::MAX);
    match result {
        WastRetCore::I32(value) => bits("i32", exactly(u128::from(*value as u32))),
        WastRetCore::I64(value) => bits("i64", exactly(u128::from(*value as u64))),
        WastRetCore::F32(pattern) => bits("f32", float32(pattern)),
        WastRetCore::F64(pattern) => bits("f64", float64(pattern)),
        WastRetCore::V128(pattern) => bits("v128", vector(pattern)),
        WastRetCore::RefNull(_) => Pattern::Null,
        WastRetCore::RefExtern(number) => Pattern::External(*number),
        WastRetCore::RefHost(number) => Pattern::External(Some(*number)),
        WastRetCore::RefFunc(_) => Pattern::Reference("func"),
        WastRetCore::RefAny => Pattern::Reference("any"),
        WastRetCore::RefEq => Pattern::Reference("eq"),
        WastRetCore::RefArray => Pattern::Reference("array"),
        WastRetCore::RefStruct => Pattern::Reference("struct"),
        WastRetCore::RefI31 | WastRetCore::RefI31Shared => Pattern::Reference("i31"),
        WastRetCore::Either(results) => Pattern::Either(results.iter().map(pattern).collect()),
    }
}

/// Bits and mask. A canonical NaN has either sign; an arithmetic one has any payload beside the quiet bit.
fn float32(pattern: &NanPattern<wast::token::F32>) -> (u128, u128) {
    match pattern {
        NanPattern::CanonicalNan => (0x7fc0_0000, 0x7fff_ffff),
        NanPattern::ArithmeticNan => (0x7fc0_0000, 0x7fc0_0000),
        NanPattern::Value(value) => (u128::from(value.bits), u128::from(u32::MAX)),
    }
}

fn float64(pattern: &NanPattern<wast::token::F64>) -> (u128, u128) {
    const QUIET: u128 = 0x7ff8_0000_0000_0000;
    match pattern {
        NanPattern::CanonicalNan => (QUIET, 0x7fff_ffff_ffff_ffff),
        NanPattern::ArithmeticNan => (QUIET, QUIET),
        NanPattern::Value(value) => (u128::from(value.bits), u128::from(u64::MAX)),
    }
}

fn vector(pattern: &V128Pattern) -> (u128, u128) {
    fn join(lanes: impl DoubleEndedIterator<Item = (u128, u128)>, width: u32) -> (u128, u128) {
        lanes.rev().fold((0, 0), |(bits, mask), (b, m)| {
            (bits << width | b, mask << width | m)
        })
    }
    match pattern {
        V128Pattern::I8x16(lanes) => {
            let lane = |lane: &i8| (u128::from(*lane as u8), u128::from(u8::MAX));
            join(lanes.iter().map(lane), 8)
        }
        V128Pattern::I16x8(lanes) => {
            let lane = |lane: &i16| (u128::from(*lane as u16), u128::from(u16::MAX));
            join(lanes.iter().map(lane), 16)
        }
        V128Pattern::I32x4(lanes) => {
            let lane = |lane: &i32| (u128::from(*lane as u32), u128::from(u32::MAX));
            join(lanes.iter().map(lane), 32)
        }
        V128Pattern::I64x2(lanes) => {
            let lane = |lane: &i64| (u128::from(*lane as u64), u128::from(u64::MAX));
            join(lanes.iter().map(lane), 64)
        }
        V128Pattern::F32x4(lanes) => join(lanes.iter().map(float32), 32),
        V128Pattern::F64x2(lanes) => join(lanes.iter().map(float64), 64),
    }
}
