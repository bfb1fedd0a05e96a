//! Names as people say them, for tables: data keeps the whole name.

use super::clone::split_clone;
use super::path::{
    Brackets, follows_name, operator_signs, own_path, qualifiers, strip_return_type, without_marks,
    without_parameters,
};

/// Most characters of a name.
const WIDTH: usize = 100;
/// Most characters of a list of type arguments; a longer one is `<…>`.
const LIST_WIDTH: usize = 24;
/// Most bytes of a name that are looked at.
const MOST_BYTES: usize = 1 << 12;
/// How deep type arguments are looked into.
const DEPTH: usize = 4;
/// Most characters of the marks of a clone; longer ones are left out.
const CLONE_WIDTH: usize = 24;

/// A demangled name without what is the same in all of its kind: parameter lists and return types,
/// inline namespaces of `std`, default template arguments, hashes, the paths of type arguments, and
/// long type arguments altogether. At most 100 characters.
///
/// `std::__2::vector<int, std::__2::allocator<int>>::push_back(int const&)` is
/// `std::vector<int>::push_back`, and `<app::Note as core::clone::Clone>::clone` is
/// `<app::Note as Clone>::clone`. The marks of a clone stay behind it, where they are short:
/// `app::work (.cold)`.
pub fn readable(name: &str) -> String {
    let (name, clone) = split_clone(name);
    // LLVM's numbers, with which it tells functions of different files apart, say nothing.
    let clone = if clone.chars().count() > CLONE_WIDTH || clone.contains(".llvm.") {
        ""
    } else {
        clone
    };
    fit(name, WIDTH - clone.chars().count()) + clone
}

/// Like [`readable`], for a function and its clones.
pub fn readable_function(name: &str) -> String {
    fit(split_clone(name).0, WIDTH)
}

/// The name in `width` characters.
fn fit(name: &str, width: usize) -> String {
    let name = without_marks(&name[..name.floor_char_boundary(MOST_BYTES)]);
    let look = Look {
        is_cpp: without_parameters(name).is_some(),
        depth: DEPTH,
    };
    let text = shorten(name, Part::Path, look);
    if text.chars().count() <= width {
        return text;
    }
    // The beginning says which library it is, the end which function.
    let path = own_path(&text);
    let count = path.chars().count();
    if count <= width {
        return path.into_owned();
    }
    const HEAD: usize = 40;
    let head = path.chars().take(HEAD);
    let tail = path.chars().skip(count - (width - HEAD - 1));
    head.chain(['…']).chain(tail).collect()
}

/// How a piece of a name is looked at.
#[derive(Clone, Copy)]
struct Look {
    /// The name is one of C++.
    is_cpp: bool,
    /// How much deeper type arguments are looked into.
    depth: usize,
}

impl Look {
    /// How what is inside of brackets is looked at, if at all.
    fn inside(self) -> Option<Look> {
        let depth = self.depth.checked_sub(1)?;
        Some(Look { depth, ..self })
    }
}

/// What a piece of a name is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The function's own path: all of its segments count.
    Path,
    /// A type argument: its last segment tells enough.
    Type,
}

fn shorten(name: &str, part: Part, look: Look) -> String {
    let brackets = Brackets::of(name);
    let bytes = name.as_bytes();
    let mut out = String::with_capacity(name.len());
    let mut has_parameters = false;
    // Where the path begins that is being written, in `out`, and where type arguments ended last.
    let (mut start, mut list_end) = (0, 0);
    let mut at = 0;
    while at < bytes.len() {
        let rest = &name[at..];
        if let Some(signs) = operator_signs(&out, rest) {
            out.push_str(signs);
            at += signs.len();
            continue;
        }
        let group = brackets.end(at).map(|end| (end, &name[at + 1..end - 1]));
        match (bytes[at], group) {
            (b'<', Some((end, inside))) if follows_name(&out) || is_turbofish(&out, inside) => {
                out.truncate(out.trim_end_matches("::").len());
                push_list(&mut out, inside, look);
                list_end = out.len();
                at = end;
            }
            (b'<', Some((end, inside))) => {
                out.push('<');
                out.push_str(&qualifier(inside, look));
                out.push('>');
                at = end;
            }
            (b'(', Some((end, _)))
                if part == Part::Path
                    && !out.ends_with('$')
                    && (follows_name(&out) || list_end == out.len() && at > 0) =>
            {
                has_parameters = true;
                at = end + qualifiers(&name[end..]);
            }
            (b'(', Some((end, inside))) if part == Part::Type => {
                out.push_str(if inside.is_empty() { "()" } else { "(…)" });
                at = end;
            }
            (b'{', Some((end, _))) => {
                out.push_str(&name[at..end]);
                at = end;
            }
            (b':', _) if rest.starts_with("::") => {
                if part == Part::Type {
                    out.truncate(start);
                } else if !is_inline_namespace(&out[start..]) {
                    out.push_str("::");
                } else {
                    let parent = out.rfind("::").map_or(start, |parent| parent + 2);
                    out.truncate(parent);
                }
                at += 2;
            }
            (b'/', _) if part == Part::Type => {
                out.truncate(start);
                at += 1;
            }
            _ => {
                let Some(c) = rest.chars().next() else { break };
                out.push(c);
                at += c.len_utf8();
                if !(c.is_alphanumeric() || matches!(c, '_' | '$' | '~' | '.' | '-')) {
                    start = out.len();
                }
            }
        }
    }
    if has_parameters {
        strip_return_type(&mut out);
    }
    out
}

/// `::<T>` names arguments, but `::<impl Trait for T>` is a part of the path.
fn is_turbofish(out: &str, inside: &str) -> bool {
    out.ends_with("::") && !inside.starts_with("impl ")
}

/// Whether `path` ends in a namespace that the standard library puts its contents in: `std::__2`.
fn is_inline_namespace(path: &str) -> bool {
    path.rsplit_once("::").is_some_and(|(parent, last)| {
        let version = last.strip_prefix("__");
        parent == "std"
            && version.is_some_and(|v| {
                v == "cxx11"
                    || v == "ndk1"
                    || !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit())
            })
    })
}

/// `path::Type as path::Trait` keeps the type's path only; `impl Trait for Type` none.
fn qualifier(inside: &str, look: Look) -> String {
    let Some(look) = look.inside() else {
        return "…".to_owned();
    };
    let brackets = Brackets::of(inside);
    let separator =
        split_points(inside, &brackets, b' ').find(|&space| inside[space..].starts_with(" as "));
    match separator {
        Some(at) => {
            let implementor = shorten(&inside[..at], Part::Path, look);
            format!(
                "{implementor} as {}",
                shorten(&inside[at + 4..], Part::Type, look)
            )
        }
        None if inside.starts_with("impl ") => shorten(inside, Part::Type, look),
        None => shorten(inside, Part::Path, look),
    }
}

/// Writes type arguments, without those that are nobody's choice.
fn push_list(out: &mut String, inside: &str, look: Look) {
    let Some(look) = look.inside() else {
        out.push_str("<…>");
        return;
    };
    let brackets = Brackets::of(inside);
    let mut arguments = Vec::new();
    let mut from = 0;
    for at in split_points(inside, &brackets, b',').chain([inside.len()]) {
        let argument = shorten(inside[from..at].trim(), Part::Type, look);
        if arguments.is_empty() || !is_default(&argument) {
            arguments.push(argument);
        }
        from = at + 1;
    }
    // Rust's older symbols have the names of parameters for arguments; C++ has classes of such names.
    let says_nothing =
        |argument: &String| argument.is_empty() || !look.is_cpp && is_parameter(argument);
    if arguments.iter().all(says_nothing) {
        return;
    }
    let separator = if inside.contains(", ") { ", " } else { "," };
    let list = arguments.join(separator);
    if list == "char" && out.ends_with("basic_string") {
        out.truncate(out.len() - "basic_string".len());
        out.push_str("string");
    } else if list.chars().count() > LIST_WIDTH {
        out.push_str("<…>");
    } else {
        out.extend(["<", &list, ">"]);
    }
}

fn is_default(argument: &str) -> bool {
    const TEMPLATES: [&str; 6] = [
        "allocator<",
        "char_traits<",
        "default_delete<",
        "equal_to<",
        "hash<",
        "less<",
    ];
    // The standard library of Rust has `Global` for its allocator.
    argument == "Global" || TEMPLATES.iter().any(|name| argument.starts_with(name))
}

fn is_parameter(argument: &str) -> bool {
    let mut chars = argument.chars();
    matches!((chars.next(), chars.next()), (Some('A'..='Z' | '_'), None))
}

/// Where `separator` is outside of all brackets.
fn split_points<'a>(
    text: &'a str,
    brackets: &'a Brackets,
    separator: u8,
) -> impl Iterator<Item = usize> + 'a {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let here = at;
            at = brackets.end(here).unwrap_or(here + 1);
            if text.as_bytes()[here] == separator {
                return Some(here);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::{demangle, own_name};

    #[test]
    fn cpp_names_lose_what_says_nothing() {
        // As the name sections of canvaskit.wasm and duckdb-eh.wasm have them.
        for (name, expected) in [
            (
                "SkSL::GLSLCodeGenerator::writeLiteral(SkSL::Literal const&)",
                "SkSL::GLSLCodeGenerator::writeLiteral",
            ),
            (
                "skia::textlayout::TextLine::iterateThroughClustersInGlyphsOrder(bool, bool, std::__2::function<bool (skia::textlayout::Cluster const*, unsigned long, bool)> const&) const::$_0::operator()(unsigned long const&) const",
                "skia::textlayout::TextLine::iterateThroughClustersInGlyphsOrder::$_0::operator()",
            ),
            (
                "bool OT::hb_accelerate_subtables_context_t::apply_cached_to<OT::Layout::GPOS_impl::MarkBasePosFormat1_2<OT::Layout::SmallTypes>>(void const*, OT::hb_ot_apply_context_t*, void*)",
                "OT::hb_accelerate_subtables_context_t::apply_cached_to<…>",
            ),
            (
                "embind_init_Skottie()::$_13::__invoke((anonymous namespace)::ManagedAnimation&, std::__2::basic_string<char, std::__2::char_traits<char>, std::__2::allocator<char>> const&, unsigned long)",
                "embind_init_Skottie::$_13::__invoke",
            ),
            (
                "(anonymous namespace)::MeshGP::Impl::MeshCallbacks::getMangledName(char const*)",
                "(anonymous namespace)::MeshGP::Impl::MeshCallbacks::getMangledName",
            ),
            (
                "SkResourceCache::~SkResourceCache()_4875",
                "SkResourceCache::~SkResourceCache_4875",
            ),
            (
                "skia_private::TArray<Run, false>::move(void*)",
                "skia_private::TArray<Run, false>::move",
            ),
            (
                "std::__2::vector<int, std::__2::allocator<int>>::push_back(int const&)",
                "std::vector<int>::push_back",
            ),
            (
                "std::__2::vector<std::__2::basic_string<char, std::__2::char_traits<char>, std::__2::allocator<char>>, std::__2::allocator<std::__2::basic_string<char>>>::reserve(unsigned long)",
                "std::vector<string>::reserve",
            ),
            (
                "std::__2::basic_string<char, std::__2::char_traits<char>, std::__2::allocator<char>>::append(char const*)",
                "std::string::append",
            ),
            (
                "std::__2::unique_ptr<Entry>* SkLRUCache<GrProgramDesc, std::__2::unique_ptr<Entry>, DescHash, X>::insert<int>(GrProgramDesc const&)",
                "SkLRUCache<…>::insert<int>",
            ),
            (
                "_ZN6duckdb9make_uniqINS_19ColumnRefExpressionEJRA13_KcEEENS_17TemplatedUniqueIfIT_Lb1EE25templated_unique_single_tEDpOT0_",
                "duckdb::make_uniq<…>",
            ),
            (
                "orig$_ZN6duckdb5Value15AGGREGATE_STATEERKNS_11LogicalTypeEPKhy",
                "orig$duckdb::Value::AGGREGATE_STATE",
            ),
            (
                "std::ostream& app::operator<<(std::ostream&, app::Note)",
                "app::operator<<",
            ),
            (
                "app::Map<int>::operator[](int)",
                "app::Map<int>::operator[]",
            ),
            ("operator new(unsigned long)", "operator new"),
            // A class may have a short name; a type parameter has none in C++.
            ("foo::box<A>::f()", "foo::box<A>::f"),
            ("void foo::g<B>(B)", "foo::g<B>"),
        ] {
            assert_eq!(readable(&demangle(name)), expected, "{name}");
        }
    }

    #[test]
    fn rust_names_lose_what_says_nothing() {
        // As biome_wasm_bg.wasm has them.
        for (name, expected) in [
            (
                "<biome_css_formatter::css::lists::A as biome_formatter::FormatRule<biome_css_syntax::generated::nodes::CssRelativeSelectorList>>::fmt",
                "<biome_css_formatter::css::lists::A as FormatRule<CssRelativeSelectorList>>::fmt",
            ),
            (
                "<alloc::vec::Vec<T> as core::iter::traits::collect::FromIterator<T>>::from_iter",
                "<alloc::vec::Vec as FromIterator>::from_iter",
            ),
            (
                "_ZN4core3ops8function6FnOnce40call_once$u7b$$u7b$vtable.shim$u7d$$u7d$17hdbf822cb67529d86E",
                "core::ops::function::FnOnce::call_once",
            ),
            (
                "_ZN36_$LT$T$u20$as$u20$core..any..Any$GT$7type_id17hdac84070c5179649E.llvm.17340743681625611318",
                "<T as Any>::type_id",
            ),
            (
                "_ZN9hashbrown3raw21RawTable$LT$T$C$A$GT$14reserve_rehash17h3980810018058d6aE",
                "hashbrown::raw::RawTable::reserve_rehash",
            ),
            (
                "_ZN19biome_configuration9generated15domain_selector63_$LT$impl$u20$biome_configuration..analyzer..DomainSelector$GT$10match_rule17hb2b8e13761294837E",
                "biome_configuration::generated::domain_selector::<impl DomainSelector>::match_rule",
            ),
            ("app::run::h0123456789abcdef", "app::run"),
            ("app::h0123456789abcdeg", "app::h0123456789abcdeg"),
            (
                "biome_formatter::builders::FillBuilder<Context>::entry::{{closure}}",
                "biome_formatter::builders::FillBuilder<Context>::entry::{{closure}}",
            ),
            (
                "core::ptr::drop_in_place<alloc::vec::Vec<app::Note, alloc::alloc::Global>>",
                "core::ptr::drop_in_place<Vec<Note>>",
            ),
            (
                "core::iter::map::<F>::{closure#0}",
                "core::iter::map::{closure#0}",
            ),
        ] {
            assert_eq!(readable(&demangle(name)), expected, "{name}");
        }
    }

    #[test]
    fn go_and_assemblyscript_names_stay_but_for_the_paths_of_arguments() {
        for (name, expected) in [
            ("(*go/printer.printer).print", "(*go/printer.printer).print"),
            (
                "byn$shared$(*go/parser.parser).next",
                "byn$shared$(*go/parser.parser).next",
            ),
            (
                "(*go/parser.parser).parseImportSpec$bound",
                "(*go/parser.parser).parseImportSpec$bound",
            ),
            (
                "slices.Sort[[]web/wasm/app.Note]",
                "slices.Sort[[]web/wasm/app.Note]",
            ),
            (
                "~lib/map/Map<i32,web/wasm/app/note/Note>#set",
                "~lib/map/Map<i32,Note>#set",
            ),
            (
                "~lib/set/Set<~lib/string/String>#add",
                "~lib/set/Set<String>#add",
            ),
            (
                "~lib/array/Array<~lib/map/Map<~lib/string/String,i32>>#push",
                "~lib/array/Array<Map<String,i32>>#push",
            ),
            ("start:web/wasm/app/feed", "start:web/wasm/app/feed"),
            ("indirect (i32) -> i32", "indirect (i32) -> i32"),
            ("func[12]", "func[12]"),
        ] {
            assert_eq!(readable(name), expected, "{name}");
        }
    }

    #[test]
    fn clones_are_shown_behind_the_name() {
        for (name, expected) in [
            (
                "app::work(int, int (*)(int)) (.specialized.2)",
                "app::work (.specialized.2)",
            ),
            ("_ZN3foo3barEv.cold", "foo::bar [clone .cold]"),
            ("_ZN3foo3barEv.isra.0", "foo::bar [clone .isra.0]"),
            ("work.constprop.0", "work.constprop.0"),
            // LLVM's numbers say nothing.
            ("_ZN3foo3barEv.llvm.1734074368", "foo::bar"),
            ("foo::bar() (.llvm.1734074368)", "foo::bar"),
            ("foo::bar() (.specialized.2.constprop.0.cold.1)", "foo::bar"),
        ] {
            assert_eq!(readable(&demangle(name)), expected, "{name}");
        }
        let long = format!("app::{}(int) (.cold)", "x".repeat(200));
        let shown = readable(&long);
        assert!(shown.ends_with("xxx (.cold)"), "{shown}");
        assert_eq!(shown.chars().count(), WIDTH);
    }

    #[test]
    fn long_names_keep_both_ends() {
        let letters = |c: &str, n| c.repeat(n);
        let arguments = format!("{}<int>::f<int>(int)", letters("a", 90));
        assert_eq!(readable(&arguments), format!("{}::f", letters("a", 90)));
        let endless = letters("a", 60) + &letters("b", 60);
        let kept = format!("{}…{}", letters("a", 40), letters("b", 59));
        assert_eq!(readable(&endless), kept);
        // What lies past the first 4096 bytes is not looked at, which may be in the middle of a letter.
        let cut = format!("a{}", letters("é", 5000));
        assert_eq!(
            readable(&cut),
            format!("a{}…{}", letters("é", 39), letters("é", 59))
        );
    }

    #[test]
    fn hostile_names_take_no_time() {
        let started = std::time::Instant::now();
        for piece in [
            "a<",
            "<",
            "a(",
            "operator",
            "!<",
            "a::",
            "<a as ",
            "a<b,",
            "{",
            "a>",
            "::<",
            " const",
            "a()",
            "a() const",
            " (.a)",
            ".cold",
            "::.cold",
            ".llvm.1",
            " [clone .a]",
            ")",
            "]",
        ] {
            let name = piece.repeat((1 << 20) / piece.len());
            assert!(readable(&name).chars().count() <= WIDTH, "{piece}");
            own_path(&name);
            own_name(&name);
        }
        // A quadratic way through any of them takes minutes.
        assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    }
}
