//! The part of a name that says where a function lives.

use super::clone::split_clone;
use std::borrow::Cow;

/// The function's own path: a demangled name without type arguments, parameter list, return type and
/// the marks of a clone, so that `~lib/map/Map<i32,app/Note>#set` is `~lib/map/Map#set` and
/// `void std::vector<app::Note>::push_back(app::Note&&)` is `std::vector::push_back`.
///
/// A qualifier that is itself a type (`<app::Feed as Display>::fmt`) stays, without its arguments.
pub fn own_path(name: &str) -> Cow<'_, str> {
    let (name, _) = split_clone(name);
    if !name.contains(['<', '(', '[']) {
        return Cow::Borrowed(name);
    }
    let brackets = Brackets::of(name);
    let bytes = name.as_bytes();
    let has_operator = name.contains("operator");
    let mut out = String::with_capacity(name.len());
    let mut at = 0;
    let mut has_parameters = false;
    while at < bytes.len() {
        if !has_operator {
            let rest = &name[at..];
            let plain = rest.find(['<', '(', '[']).unwrap_or(rest.len());
            out.push_str(&rest[..plain]);
            at += plain;
            if at == bytes.len() {
                break;
            }
        }
        if let Some(signs) = operator_signs(&out, &name[at..]) {
            out.push_str(signs);
            at += signs.len();
            continue;
        }
        let opens_group = match bytes[at] {
            b'<' => follows_name(&out) || out.ends_with("::"),
            // A receiver after `$` is a name of its own: `byn$shared$(*go/parser.parser).next`.
            b'(' => follows_name(&out) && !out.ends_with('$'),
            // `func[12]` has an index, not a type.
            b'[' => follows_name(&out) && !name[at + 1..].starts_with(|c: char| c.is_ascii_digit()),
            _ => false,
        };
        if opens_group && let Some(end) = brackets.end(at) {
            has_parameters |= bytes[at] == b'(';
            if out.ends_with("::") {
                out.truncate(out.len() - 2);
            }
            at = end;
            if bytes[at - 1] == b')' {
                at += qualifiers(&name[at..]);
            }
            continue;
        }
        let Some(c) = name[at..].chars().next() else {
            break;
        };
        out.push(c);
        at += c.len_utf8();
    }
    if has_parameters {
        strip_return_type(&mut out);
    }
    Cow::Owned(out)
}

/// What the overloads and the clones of a function share: its demangled name with type arguments, but
/// without parameter list, return type and what compilers add.
///
/// `void foo::g<A>(A) (.cold)` is `foo::g<A>`.
pub fn own_name(name: &str) -> Cow<'_, str> {
    let (name, _) = split_clone(name);
    without_parameters(without_marks(name)).map_or(Cow::Borrowed(without_marks(name)), Cow::Owned)
}

/// `name` without its parameter lists and return type; `None` where it has none, as only names of C++ do.
pub(super) fn without_parameters(name: &str) -> Option<String> {
    if !name.contains('(') {
        return None;
    }
    let brackets = Brackets::of(name);
    let mut out = String::with_capacity(name.len());
    let mut has_parameters = false;
    // Where type arguments ended last, in `out`.
    let mut list_end = None;
    let mut at = 0;
    while let Some(c) = name[at..].chars().next() {
        if let Some(signs) = operator_signs(&out, &name[at..]) {
            out.push_str(signs);
            at += signs.len();
            continue;
        }
        match (c, brackets.end(at)) {
            ('(', Some(end))
                if !out.ends_with('$') && (follows_name(&out) || list_end == Some(out.len())) =>
            {
                has_parameters = true;
                at = end + qualifiers(&name[end..]);
            }
            (_, Some(end)) => {
                out.push_str(&name[at..end]);
                list_end = (c == '<' || c == '[').then_some(out.len());
                at = end;
            }
            (_, None) => {
                out.push(c);
                at += c.len_utf8();
            }
        }
    }
    has_parameters.then(|| {
        strip_return_type(&mut out);
        out
    })
}

/// Without what the compiler of Rust adds to names: hashes and shims.
pub(super) fn without_marks(name: &str) -> &str {
    let name = name.strip_suffix("{{vtable.shim}}").unwrap_or(name);
    match name.rfind("::h") {
        Some(at) if name.len() - at == 19 && name[at + 3..].bytes().all(is_hash) => &name[..at],
        _ => name,
    }
}

fn is_hash(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

const OPERATOR_SIGNS: [&str; 42] = [
    "()",
    "[]",
    "<=>",
    "<<=",
    ">>=",
    "->*",
    "->",
    "<<",
    ">>",
    "<=",
    ">=",
    "==",
    "!=",
    "&&",
    "||",
    "++",
    "--",
    "+=",
    "-=",
    "*=",
    "/=",
    "%=",
    "&=",
    "|=",
    "^=",
    "<",
    ">",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&",
    "|",
    "^",
    "~",
    "!",
    "=",
    ",",
    " new[]",
    " delete[]",
    " new",
];

/// The signs at the start of `rest` that are part of an operator's name, where `before` ends with the
/// word: `operator<<`, `operator()`, `operator[]`.
pub(super) fn operator_signs(before: &str, rest: &str) -> Option<&'static str> {
    if !before.ends_with("operator") {
        return None;
    }
    let mut signs = OPERATOR_SIGNS.iter().copied();
    signs.find(|signs| rest.starts_with(signs))
}

pub(super) fn follows_name(out: &str) -> bool {
    let Some(last) = out.chars().next_back() else {
        return false;
    };
    if last.is_alphanumeric() || matches!(last, '_' | '$' | '}' | '\'') {
        return true;
    }
    // `operator<<(…)`, `operator()(…)`, `operator[](…)`: the list follows the signs.
    OPERATOR_SIGNS.iter().any(|signs| {
        let before = out.strip_suffix(signs);
        before.is_some_and(|before| before.ends_with("operator"))
    })
}

/// The brackets of a name in order, and the index after each one's end; `->` and `=>` close nothing.
pub(super) struct Brackets(Vec<(usize, Option<usize>)>);

impl Brackets {
    pub(super) fn of(name: &str) -> Brackets {
        let bytes = name.as_bytes();
        let (mut pairs, mut open) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'-' | b'=' if bytes.get(at + 1) == Some(&b'>') => at += 1,
                b'<' | b'(' | b'[' | b'{' => {
                    open.push(pairs.len());
                    pairs.push((at, None));
                }
                b'>' | b')' | b']' | b'}' => {
                    if let Some(pair) = open.pop() {
                        pairs[pair].1 = Some(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        Brackets(pairs)
    }

    /// The index after the bracket that closes the one at `open`.
    pub(super) fn end(&self, open: usize) -> Option<usize> {
        let pair = self.0.binary_search_by_key(&open, |&(start, _)| start);
        self.0[pair.ok()?].1
    }
}

/// How long the qualifiers are that follow a parameter list in the middle of a name, as in
/// `app::run() const::$_0::operator()`, or at its end.
pub(super) fn qualifiers(rest: &str) -> usize {
    let mut left = rest;
    while let Some(next) = [" const", " volatile", " &&", " &"]
        .iter()
        .find_map(|word| left.strip_prefix(word))
    {
        left = next;
    }
    if left.is_empty() || left.starts_with("::") {
        rest.len() - left.len()
    } else {
        0
    }
}

/// C++ function templates are demangled with their return type in front.
pub(super) fn strip_return_type(path: &mut String) {
    let operator = path.contains("operator").then(|| path.find("operator"));
    let end = operator.flatten().unwrap_or(path.len());
    let mut depth = 0i32;
    let mut cut = None;
    for (at, byte) in path.as_bytes()[..end].iter().enumerate() {
        match byte {
            b'<' | b'(' | b'{' | b'[' => depth += 1,
            b'>' | b')' | b'}' | b']' => depth -= 1,
            b' ' if depth == 0 => cut = Some(at + 1),
            _ => {}
        }
    }
    if let Some(cut) = cut {
        path.drain(..cut);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_path_drops_type_arguments_parameters_and_return_type() {
        for (name, path) in [
            ("main.main", "main.main"),
            (
                "~lib/map/Map<i32,web/wasm/app/feed/Note>#set",
                "~lib/map/Map#set",
            ),
            (
                "web/wasm/app/feed/identity<~lib/string/String>",
                "web/wasm/app/feed/identity",
            ),
            ("(*go/printer.printer).print", "(*go/printer.printer).print"),
            ("go/ast.(*Field).Pos", "go/ast.(*Field).Pos"),
            ("slices.Sort[[]web/wasm/app.Note]", "slices.Sort"),
            (
                "std::__2::vector<app::Note>::push_back(app::Note&&)",
                "std::__2::vector::push_back",
            ),
            (
                "void std::__2::f<app::Note>(app::Note const&)",
                "std::__2::f",
            ),
            ("app::Feed::operator()(int) const", "app::Feed::operator()"),
            (
                "std::ostream& app::operator<<(std::ostream&, app::Note)",
                "app::operator<<",
            ),
            (
                "app::Note::operator<(app::Note const&) const",
                "app::Note::operator<",
            ),
            ("app::Map::operator[](int)", "app::Map::operator[]"),
            ("operator new(unsigned long)", "operator new"),
            ("operator new[](unsigned long)", "operator new[]"),
            (
                "(anonymous namespace)::grow(int)",
                "(anonymous namespace)::grow",
            ),
            (
                "<app::Feed<T> as core::fmt::Display>::fmt",
                "<app::Feed as core::fmt::Display>::fmt",
            ),
            ("alloc::vec::Vec<T,A>::push", "alloc::vec::Vec::push"),
            (
                "core::iter::map::<F>::{closure#0}",
                "core::iter::map::{closure#0}",
            ),
            (
                "app::run(int)::$_0::operator()() const",
                "app::run::$_0::operator()",
            ),
            (
                "app::Feed::each(int) const::$_0::operator()(int const&) const",
                "app::Feed::each::$_0::operator()",
            ),
            ("app::f() const &", "app::f"),
            ("func[12]", "func[12]"),
            (
                "byn$shared$(*go/parser.parser).next",
                "byn$shared$(*go/parser.parser).next",
            ),
            // Clones, as lld, cpp_demangle, rustc_demangle and LLVM name them.
            ("app::work(int, int (*)(int)) (.specialized.2)", "app::work"),
            ("foo::bar() [clone .llvm.123]", "foo::bar"),
            (
                "foo::Bar::bar() const [clone .isra.0] [clone .cold]",
                "foo::Bar::bar",
            ),
            ("int foo::max<int>(int) (.part.0.cold.1)", "foo::max"),
            ("app::add.cold", "app::add"),
            ("work.constprop.0.cold.1", "work"),
            // Functions of Go may be called so.
            ("main.cold", "main.cold"),
            ("odd<unclosed", "odd<unclosed"),
            ("naïve<é>ü", "naïveü"),
        ] {
            assert_eq!(own_path(name), path, "own path of {name}");
        }
    }

    #[test]
    fn own_name_is_what_overloads_share() {
        for (name, own) in [
            ("foo::box<A>::f(int)", "foo::box<A>::f"),
            ("void foo::g<A>(A) const", "foo::g<A>"),
            ("std::map<int, A>* foo::g<A>(A) (.cold)", "foo::g<A>"),
            ("foo::f<bool (*)(int)>(int)", "foo::f<bool (*)(int)>"),
            (
                "app::run(int) const::$_0::operator()(char) const",
                "app::run::$_0::operator()",
            ),
            ("(anonymous namespace)::f(int)", "(anonymous namespace)::f"),
            ("app::operator<< <A>(A)", "app::operator<< <A>"),
            ("app::f[abi:cxx11](int)", "app::f[abi:cxx11]"),
            (
                "<fn(u8) as app::Call>::call::h0123456789abcdef",
                "<fn(u8) as app::Call>::call",
            ),
            ("alloc::vec::Vec<T,A>::push", "alloc::vec::Vec<T,A>::push"),
            (
                "slices.Sort[func(int) string]",
                "slices.Sort[func(int) string]",
            ),
            ("(*go/printer.printer).print", "(*go/printer.printer).print"),
            ("naïve<é>(ü)", "naïve<é>"),
        ] {
            assert_eq!(own_name(name), own, "own name of {name}");
        }
    }
}
