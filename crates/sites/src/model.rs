//! Allocator models: which functions allocate, what their arguments mean, what counts as runtime.
//!
//! A model is a TOML file (`models/` holds the built-in ones) in which every rule gives its reason. The
//! reasons are read by people; the loader only insists that they are there.

mod file;
mod pattern;

pub use pattern::{Pattern, Patterns};

use crate::program::{PointerWidth, Signature, ValueType};
use serde::Deserialize;

/// A model file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Not TOML, or not the keys of a model.
    #[error("not a model file")]
    Syntax(#[from] toml::de::Error),
    /// A rule that is no regular expression.
    #[error("{place} is no regular expression")]
    Regex {
        /// Which rule.
        place: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
    /// A size rule other than `N`, `N*M` or `?`.
    #[error(
        "size rule {0:?}: expected a parameter number (`0`), a product (`0*1`) or `?` for unknown"
    )]
    SizeRule(String),
    /// A size rule that reads a parameter which a trusted shape does not have.
    #[error("shape {shape:?} has no parameter {parameter} for the size")]
    SizeParameter {
        /// The shape as written.
        shape: String,
        /// The parameter, from 0.
        parameter: u32,
    },
    /// A shape other than `(p, i32) -> p`.
    #[error(
        "shape {0:?}: expected parameter and result types out of p, i32 and i64, as in `(p, p) -> p`"
    )]
    Shape(String),
    /// A kind that does not exist.
    #[error("kind {0:?}: expected one of alloc, slice, map, chan, append, string, call")]
    Kind(String),
    /// A model that extends one that is not built in.
    #[error("extends {0:?}: expected the name of a built-in model, such as \"c\"")]
    Extends(String),
    /// No heap rule.
    #[error("no [[heap]] rule: say what the allocator's class, granule and header are")]
    NoHeap,
    /// A granule of zero, or one so large that rounding would overflow.
    #[error("granule must be from 1 to 65536 bytes and header at most 65536 bytes")]
    Heap,
    /// A rule of a model file is wrong.
    #[error("{table} rule {number}")]
    Rule {
        /// Which table.
        table: &'static str,
        /// Which entry of it, from 1.
        number: usize,
        /// What is wrong with it.
        source: Box<ModelError>,
    },
    /// `NAME-REGEX=SIZE-RULE` without the `=`.
    #[error("{0:?}: expected NAME-REGEX=SIZE-RULE, for example '^arena_alloc$=1'")]
    UserRule(String),
}

/// What a site allocates, as a person would call it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One object.
    Alloc,
    /// A slice or array made with a length.
    Slice,
    /// A map or set, made or grown.
    Map,
    /// A channel.
    Chan,
    /// A slice or array that grows.
    Append,
    /// A string.
    String,
    /// Whatever the called function allocates.
    Call,
    /// Whatever the host allocates through an export while an import runs.
    Host,
}

impl Kind {
    /// All kinds, in the order of reports.
    pub const ALL: [Kind; 8] = [
        Kind::Alloc,
        Kind::Slice,
        Kind::Map,
        Kind::Chan,
        Kind::Append,
        Kind::String,
        Kind::Call,
        Kind::Host,
    ];

    /// The name in reports and formats.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Alloc => "alloc",
            Kind::Slice => "slice",
            Kind::Map => "map",
            Kind::Chan => "chan",
            Kind::Append => "append",
            Kind::String => "string",
            Kind::Call => "call",
            Kind::Host => "host",
        }
    }
}

/// How an allocator's arguments give the requested size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeRule {
    /// One parameter.
    Parameter(u32),
    /// The product of two parameters, as for `calloc`.
    Product(u32, u32),
    /// Not known: allocations are counted, bytes are not.
    Unknown,
}

impl SizeRule {
    /// Parses `0`, `0*1` or `?`.
    pub fn parse(text: &str) -> Result<SizeRule, ModelError> {
        let error = || ModelError::SizeRule(text.to_owned());
        let parameter = |text: &str| {
            text.trim()
                .parse::<u16>()
                .map(u32::from)
                .map_err(|_| error())
        };
        if text.trim() == "?" {
            return Ok(SizeRule::Unknown);
        }
        match text.split_once('*') {
            Some((a, b)) => Ok(SizeRule::Product(parameter(a)?, parameter(b)?)),
            None => Ok(SizeRule::Parameter(parameter(text)?)),
        }
    }

    /// Whether bytes can be told at all.
    pub fn is_known(self) -> bool {
        self != SizeRule::Unknown
    }

    /// The parameters it reads.
    pub fn parameters(self) -> impl Iterator<Item = u32> {
        let (a, b) = match self {
            SizeRule::Parameter(a) => (Some(a), None),
            SizeRule::Product(a, b) => (Some(a), Some(b)),
            SizeRule::Unknown => (None, None),
        };
        a.into_iter().chain(b)
    }
}

impl std::fmt::Display for SizeRule {
    /// As it is parsed.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SizeRule::Parameter(a) => write!(out, "{a}"),
            SizeRule::Product(a, b) => write!(out, "{a}*{b}"),
            SizeRule::Unknown => write!(out, "?"),
        }
    }
}

/// When a call of an allocator has allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Success {
    /// The first result is not null.
    #[default]
    NonNull,
    /// The first result, a status, is zero (`posix_memalign`).
    Zero,
    /// Whenever the call returns.
    Always,
}

/// One allocator rule.
#[derive(Clone, Debug)]
pub struct AllocatorRule {
    /// Matches the symbol, or the import or export name of a function without one.
    pub name: Pattern,
    /// Where the requested size is.
    pub size: SizeRule,
    /// When it has allocated.
    pub success: Success,
    /// It may allocate without the allocator beneath it, as a reallocation in place does.
    pub resizes: bool,
    /// Compilers inline it: calls that became its body are seen only by an allocator beneath it.
    pub wraps: bool,
    /// Signatures for which `size` is trusted; `None` for a rule the user gave, which is trusted.
    pub shapes: Option<Vec<Shape>>,
    /// The kind of a call with a size that is not constant, as the model says that the rule is of.
    pub dynamic_kind: Kind,
}

/// A trusted signature; `p` in the text is the pointer type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    params: Vec<Option<ValueType>>,
    results: Vec<Option<ValueType>>,
}

impl Shape {
    fn parse(text: &str) -> Result<Shape, ModelError> {
        let error = || ModelError::Shape(text.to_owned());
        let types = |list: &str| {
            let list = list.trim();
            let list = list
                .strip_prefix('(')
                .and_then(|l| l.strip_suffix(')'))
                .unwrap_or(list);
            list.split(',')
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .map(|t| match t {
                    "p" => Ok(None),
                    "i32" => Ok(Some(ValueType::I32)),
                    "i64" => Ok(Some(ValueType::I64)),
                    _ => Err(error()),
                })
                .collect::<Result<Vec<_>, _>>()
        };
        let (params, results) = text.split_once("->").ok_or_else(error)?;
        Ok(Shape {
            params: types(params)?,
            results: types(results)?,
        })
    }

    /// Whether `signature` is this shape with pointers of `pointer` width.
    pub fn matches(&self, signature: &Signature, pointer: PointerWidth) -> bool {
        let same = |shape: &[Option<ValueType>], types: &[ValueType]| {
            shape.len() == types.len()
                && shape
                    .iter()
                    .zip(types)
                    .all(|(s, t)| s.unwrap_or(pointer.value_type()) == *t)
        };
        same(&self.params, &signature.params) && same(&self.results, &signature.results)
    }
}

/// What the collector does with memory, and what an allocation costs on the heap.
#[derive(Clone, Debug)]
pub struct Heap {
    /// Symbol that tells this heap from the others of the model; `None` matches always.
    pub when: Option<Pattern>,
    /// Whether memory is ever given back.
    pub class: AllocatorClass,
    /// Sizes are rounded up to a multiple of this many bytes, after adding the header.
    pub granule: u32,
    /// Bytes added to every allocation.
    pub header: u32,
    /// Whether a request for 0 bytes is an allocation.
    pub zero: bool,
}

/// Whether an allocator gives memory back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllocatorClass {
    /// Nothing is ever freed: cumulative bytes are the growth.
    NeverFrees,
    /// Memory is freed, which is not tracked: cumulative bytes are churn.
    FreesUntracked,
}

impl AllocatorClass {
    /// The name in reports and formats.
    pub fn name(self) -> &'static str {
        match self {
            AllocatorClass::NeverFrees => "never-frees",
            AllocatorClass::FreesUntracked => "frees-untracked",
        }
    }
}

/// A pattern on function names or on file paths.
#[derive(Clone, Debug)]
pub struct Place {
    function: Option<Pattern>,
    file: Option<Pattern>,
}

impl Place {
    /// Whether the function, given by its own path, or the file matches.
    pub fn matches(&self, function: Option<&str>, file: Option<&str>) -> bool {
        let hit = |pattern: &Option<Pattern>, text: Option<&str>| matches!((pattern, text), (Some(p), Some(t)) if p.is_match(t));
        hit(&self.function, function) || hit(&self.file, file)
    }
}

/// How a model is recognised: any one match is enough.
#[derive(Clone, Debug, Default)]
pub struct Detect {
    /// On producers.
    pub producers: Patterns,
    /// On symbols.
    pub symbols: Patterns,
    /// On import fields and export names.
    pub externals: Patterns,
}

/// An allocator model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Name, as given to `--model`.
    pub name: String,
    /// How it is recognised.
    pub detect: Detect,
    /// Its allocators; of the rules that match a function's name the first that trusts its shape wins.
    pub allocators: Vec<AllocatorRule>,
    /// What is runtime by its function's own path, and so never selected.
    pub runtime_functions: Patterns,
    /// What is runtime by its file.
    pub runtime_files: Patterns,
    /// Kinds; the first rule that matches wins.
    pub kinds: Vec<(Place, Kind)>,
    /// The kind of an allocator called with a size that is not constant.
    pub dynamic_kind: Kind,
    /// Heaps, the first whose condition holds; never empty.
    pub heaps: Vec<Heap>,
    /// An allocator's name, for messages.
    pub example: String,
    /// What to tell a user whose program has none of these allocators.
    pub advice: String,
}

impl Model {
    /// A model with no rules of its own, for programs whose allocators only the user knows.
    pub fn user() -> Model {
        Model {
            name: "user".to_owned(),
            detect: Detect::default(),
            allocators: Vec::new(),
            runtime_functions: Patterns::default(),
            runtime_files: Patterns::default(),
            kinds: Vec::new(),
            dynamic_kind: Kind::Alloc,
            heaps: vec![Heap {
                when: None,
                class: AllocatorClass::FreesUntracked,
                granule: 1,
                header: 0,
                zero: true,
            }],
            example: String::new(),
            advice: String::new(),
        }
    }

    /// Puts `NAME-REGEX=SIZE-RULE` in front of the model's own rules.
    pub fn add_allocator(&mut self, rule: &str) -> Result<(), ModelError> {
        let (name, size) = rule
            .rsplit_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| ModelError::UserRule(rule.to_owned()))?;
        self.allocators.insert(
            0,
            AllocatorRule {
                name: Pattern::compiled("NAME-REGEX", name)?,
                size: SizeRule::parse(size)?,
                success: Success::NonNull,
                resizes: false,
                wraps: false,
                shapes: None,
                dynamic_kind: self.dynamic_kind,
            },
        );
        Ok(())
    }

    /// Whether a function, given by its own path, or its file belongs to the runtime.
    pub fn is_runtime(&self, function: Option<&str>, file: Option<&str>) -> bool {
        function.is_some_and(|path| self.runtime_functions.is_match(path))
            || file.is_some_and(|path| self.runtime_files.is_match(path))
    }

    /// The kind that a runtime function's path or file stands for.
    pub fn kind_of(&self, function: Option<&str>, file: Option<&str>) -> Option<Kind> {
        self.kinds
            .iter()
            .find(|(place, _)| place.matches(function, file))
            .map(|(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_rules_are_a_parameter_a_product_or_unknown() {
        assert_eq!(SizeRule::parse("1").unwrap(), SizeRule::Parameter(1));
        assert_eq!(SizeRule::parse("0*1").unwrap(), SizeRule::Product(0, 1));
        assert_eq!(SizeRule::parse("?").unwrap(), SizeRule::Unknown);
        for bad in ["", "x", "-1", "0*", "0*1*2", "99999"] {
            assert!(SizeRule::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn shapes_follow_the_pointer_width() {
        let shape = Shape::parse("(p, i32) -> p").unwrap();
        let signature = |p| Signature {
            params: vec![p, ValueType::I32],
            results: vec![p],
        };
        assert!(shape.matches(&signature(ValueType::I32), PointerWidth::P32));
        assert!(shape.matches(&signature(ValueType::I64), PointerWidth::P64));
        assert!(!shape.matches(&signature(ValueType::I64), PointerWidth::P32));
    }
}
