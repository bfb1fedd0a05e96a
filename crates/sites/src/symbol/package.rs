//! The package, namespace, crate or source module that a function is of.

use super::clone::split_clone;
use super::path::{Brackets, follows_name};
use std::collections::HashSet;

/// Most scopes of a name that are looked at: each is remembered with all in front of it.
const MOST_SCOPES: usize = 64;

/// Tells packages by the names of a program.
///
/// Go: the import path. AssemblyScript: the source module. Rust: the crate of the type, or of the
/// trait where the type is built in. C++: the namespaces. A name does not say which of its parts are
/// classes, so a part is taken for one
/// - when some name shows it: it has a constructor, a destructor, a `const` method or type arguments,
///   is the type of a parameter, or ends in `_t`;
/// - else when it begins with an upper case letter, unless a class that is shown lies in it.
///
/// What is left in front of the first class is the namespace.
pub struct Packages<'a> {
    model: &'a str,
    /// Paths of classes that some name shows.
    classes: HashSet<String>,
    /// What lies around them.
    around_classes: HashSet<String>,
}

impl<'a> Packages<'a> {
    /// Collects what the `names` of a program, demangled, show; `model` is its allocator model.
    pub fn new(model: &'a str, names: &'a [String]) -> Packages<'a> {
        let mut packages = Packages {
            model,
            classes: HashSet::new(),
            around_classes: HashSet::new(),
        };
        if !["tinygo", "assemblyscript"].contains(&model) {
            for name in names {
                packages.note_classes(name);
            }
        }
        packages
    }

    /// The package of `function`; empty where its name has none.
    pub fn of(&self, function: &str) -> String {
        let name = without_additions(function);
        match self.model {
            "tinygo" => import_path(name).to_owned(),
            "assemblyscript" => source_module(name).to_owned(),
            _ => match CppName::parse(name) {
                Some(cpp) => self.namespaces(&cpp),
                None => crate_name(name).to_owned(),
            },
        }
    }

    fn note_classes(&mut self, name: &str) {
        let Some(cpp) = CppName::parse(without_additions(name)) else {
            return;
        };
        for class in types(cpp.parameters) {
            self.around_classes
                .extend(class.rsplit_once("::").map(|(around, _)| around.to_owned()));
            self.classes.insert(class.to_owned());
        }
        let mut path = String::new();
        for (index, segment) in cpp.scopes.iter().enumerate().take(MOST_SCOPES) {
            let outer = path.clone();
            append(&mut path, segment.name);
            let is_last = index + 1 == cpp.scopes.len();
            let is_member = is_last
                && (cpp.is_const
                    || cpp.function == segment.name
                    || cpp.function.strip_prefix('~') == Some(segment.name));
            if segment.has_arguments || is_member || segment.name.ends_with("_t") {
                self.around_classes.insert(outer);
                self.classes.insert(path.clone());
            }
        }
    }

    fn namespaces(&self, name: &CppName<'_>) -> String {
        let (mut namespaces, mut path) = (String::new(), String::new());
        for segment in name.scopes.iter().take(MOST_SCOPES) {
            append(&mut path, segment.name);
            let looks_like_class = segment.name.starts_with(|c: char| c.is_uppercase())
                && !self.around_classes.contains(&path);
            if segment.has_arguments
                || looks_like_class
                || segment.name.starts_with(['(', '{', '\''])
                || self.classes.contains(&path)
            {
                break;
            }
            // Inline namespaces of the standard library: `std::__2`.
            if !(namespaces == "std" && segment.name.starts_with("__")) {
                append(&mut namespaces, segment.name);
            }
        }
        namespaces
    }
}

fn append(path: &mut String, segment: &str) {
    if !path.is_empty() {
        path.push_str("::");
    }
    path.push_str(segment);
}

/// Without the marks of a clone, and what binaryen and emscripten put in front of names:
/// `byn$mgfn-shared$`, `orig$`.
fn without_additions(name: &str) -> &str {
    let (name, _) = split_clone(name);
    let name = name.strip_prefix("orig$").unwrap_or(name);
    match name.strip_prefix("byn$") {
        Some(rest) => rest.split_once('$').map_or(rest, |(_, name)| name),
        None => name,
    }
}

/// `go/printer` of `(*go/printer.printer).print`.
fn import_path(name: &str) -> &str {
    let name = name.trim_start_matches(['(', '*']);
    // What the compiler makes for interfaces, `interface:{Next:func:{}{}}.Next$invoke`, is of none.
    let end = name.find(['[', '(', ')', ' ', '$', ':', '{']);
    let path = &name[..end.unwrap_or(name.len())];
    let last = path.rfind('/').map_or(0, |at| at + 1);
    let Some(dot) = path[last..].find('.') else {
        return "";
    };
    let end = last + dot;
    // `gopkg.in/yaml.v3.Unmarshal`
    let version = path[end + 1..].split('.').next().unwrap_or_default();
    let is_version = last > 0
        && version.len() > 1
        && version.starts_with('v')
        && version[1..].bytes().all(|b| b.is_ascii_digit());
    if is_version {
        &path[..end + 1 + version.len()]
    } else {
        &path[..end]
    }
}

/// `~lib/map` of `~lib/map/Map<i32,app/Note>#set`.
fn source_module(name: &str) -> &str {
    if let Some(module) = name.strip_prefix("start:") {
        // Functions without a name are `start:app/feed~anonymous|0`; the library is `~lib`.
        let end = module.match_indices('~').find(|(at, _)| *at > 0);
        return &module[..end.map_or(module.len(), |(at, _)| at)];
    }
    let name = name.strip_prefix("export:").unwrap_or(name);
    let path = &name[..name.find(['<', '(', ' ', '#', '|']).unwrap_or(name.len())];
    path.rfind('/').map_or("", |at| &path[..at])
}

/// `app` of `app::run`, of `<app::Note as core::fmt::Debug>::fmt` and of `<str as app::Width>::width`.
fn crate_name(name: &str) -> &str {
    let mut name = name;
    loop {
        let rest = without_type_words(name);
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        let (first, after) = rest.split_at(end.unwrap_or(rest.len()));
        if after.starts_with("::") && !first.is_empty() {
            return first;
        }
        // A type that is built in, or a parameter: the trait is of some crate.
        match name.strip_prefix('<').and_then(|_| name.find(" as ")) {
            Some(at) => name = &name[at + 4..],
            None => return "",
        }
    }
}

/// Without what is in front of the path of a type.
fn without_type_words(name: &str) -> &str {
    let mut rest = name;
    loop {
        rest = rest.trim_start_matches(['<', '&', '*', '[', '(', ' ']);
        let word = ["mut ", "const ", "dyn ", "impl "]
            .iter()
            .find_map(|word| rest.strip_prefix(word));
        match word {
            Some(next) => rest = next,
            None => return rest,
        }
    }
}

/// The paths of types in a list of parameters: a namespace stands there only in front of `::`.
fn types(parameters: &str) -> impl Iterator<Item = &str> {
    let words = parameters.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':')));
    words.filter(|word| !word.is_empty() && !word.starts_with(':') && !word.ends_with(':'))
}

/// A C++ name, which has a parameter list where one of Rust has none.
struct CppName<'a> {
    scopes: Vec<Scope<'a>>,
    /// Its last segment.
    function: &'a str,
    /// What is in the list.
    parameters: &'a str,
    /// The list is followed by `const`.
    is_const: bool,
}

struct Scope<'a> {
    name: &'a str,
    has_arguments: bool,
}

impl<'a> CppName<'a> {
    /// The scopes up to the first parameter list: what follows it is local to a function.
    fn parse(name: &'a str) -> Option<CppName<'a>> {
        // A qualified type begins names of Rust only.
        if name.starts_with('<') {
            return None;
        }
        let brackets = Brackets::of(name);
        let bytes = name.as_bytes();
        let mut scopes = Vec::new();
        let (mut start, mut end, mut has_arguments) = (0, None, false);
        let mut at = 0;
        while at < bytes.len() {
            let closed = brackets.end(at);
            match (bytes[at], closed) {
                (b'(', Some(close))
                    if at > start && (end.is_some() || follows_name(&name[start..at])) =>
                {
                    let function = name[start..end.unwrap_or(at)].trim();
                    return Some(CppName {
                        scopes,
                        function,
                        parameters: &name[at + 1..close - 1],
                        is_const: name[close..].starts_with(" const"),
                    });
                }
                (b'<', Some(close)) if follows_name(&name[start..at]) => {
                    // An operator's own sign, or its arguments: the name is over in any case.
                    end.get_or_insert(at);
                    has_arguments = true;
                    at = close;
                }
                (_, Some(close)) if at == start || bytes[at] == b'{' => at = close,
                (b':', _) if bytes.get(at + 1) == Some(&b':') => {
                    scopes.push(Scope {
                        name: &name[start..end.unwrap_or(at)],
                        has_arguments,
                    });
                    at += 2;
                    (start, end, has_arguments) = (at, None, false);
                }
                // A return type lies before a space; `operator new` and its like are of one segment.
                (b' ', _) if !name[start..at].ends_with("operator") => {
                    scopes.clear();
                    at += 1;
                    (start, end, has_arguments) = (at, None, false);
                }
                _ => at += 1,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(model: &str, names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let packages = Packages::new(model, &names);
        names.iter().map(|name| packages.of(name)).collect()
    }

    #[test]
    fn go_has_import_paths() {
        // The first are of gofmt.wasm.
        for (function, expected) in [
            ("(*go/printer.printer).print", "go/printer"),
            (
                "(internal/reflectlite.Value).UnsafePointer",
                "internal/reflectlite",
            ),
            ("(*go/parser.parser).parseImportSpec$bound", "go/parser"),
            (
                "byn$mgfn-shared$go/build/constraint.andArg",
                "go/build/constraint",
            ),
            (
                "interface:{End:func:{}{named:go/token.Pos},Pos:func:{}{named:go/token.Pos}}.End$invoke",
                "",
            ),
            ("main.main$1", "main"),
            ("step", ""),
            ("slices.Sort[[]web/wasm/app.Note]", "slices"),
            (
                "github.com/tinygo-org/net.Dial",
                "github.com/tinygo-org/net",
            ),
            ("gopkg.in/yaml.v3.Unmarshal", "gopkg.in/yaml.v3"),
            ("(*gopkg.in/yaml.v3.Decoder).Decode", "gopkg.in/yaml.v3"),
            ("web/app.v1", "web/app.v1"),
        ] {
            assert_eq!(packages("tinygo", &[function]), [expected], "{function}");
        }
    }

    #[test]
    fn assemblyscript_has_source_modules() {
        for (function, expected) in [
            ("web/wasm/app/feed/Feed#add", "web/wasm/app/feed"),
            ("~lib/map/Map<i32,web/wasm/app/note/Note>#set", "~lib/map"),
            ("start:web/wasm/app/feed", "web/wasm/app/feed"),
            ("start:web/wasm/app/feed~anonymous|0", "web/wasm/app/feed"),
            ("start:~lib/rt/itcms", "~lib/rt/itcms"),
            ("export:assembly/index/run", "assembly/index"),
            ("~start", ""),
        ] {
            assert_eq!(
                packages("assemblyscript", &[function]),
                [expected],
                "{function}"
            );
        }
    }

    #[test]
    fn rust_has_crates() {
        // Of biome_wasm_bg.wasm.
        for (function, expected) in [
            (
                "biome_js_parser::lexer::JsLexer::lex_token",
                "biome_js_parser",
            ),
            (
                "<biome_rowan::text::Text as core::clone::Clone>::clone",
                "biome_rowan",
            ),
            ("<core::fmt::Formatter>::debug_tuple", "core"),
            (
                "<str as similar::text::abstraction::DiffableStr>::tokenize_unicode_words",
                "similar",
            ),
            ("<&T as core::fmt::Debug>::fmt", "core"),
            (
                "<<biome_configuration::analyzer::Rules as biome_deserialize::Deserializable>::deserialize::Visitor as biome_deserialize::DeserializationVisitor>::visit_map",
                "biome_configuration",
            ),
            (
                "biome_js_type_info::helpers::<impl biome_js_type_info::resolver::ResolvedTypeData>::find",
                "biome_js_type_info",
            ),
            ("core::ptr::drop_in_place<alloc::vec::Vec<(u8,u8)>>", "core"),
            ("<&mut dyn app::Sink as core::fmt::Write>::write_str", "app"),
            (
                "workspace_getModuleGraph externref shim multivalue shim",
                "",
            ),
            ("main", ""),
        ] {
            assert_eq!(packages("c", &[function]), [expected], "{function}");
        }
    }

    #[test]
    fn cpp_has_the_namespaces_in_front_of_the_first_class() {
        // Of canvaskit.wasm and duckdb-eh.wasm.
        let names = [
            (
                "SkSL::GLSLCodeGenerator::writeLiteral(SkSL::Literal const&)",
                "SkSL",
            ),
            ("SkSL::AliasType::isStruct() const", "SkSL"),
            (
                "SkSL::count_returns_at_end_of_control_flow(SkSL::FunctionDefinition const&)::CountReturnsAtEndOfControlFlow::visitStatement(SkSL::Statement const&)",
                "SkSL",
            ),
            (
                "skia::textlayout::TextLine::iterate(bool) const::$_0::operator()(unsigned long const&) const",
                "skia::textlayout",
            ),
            (
                "(anonymous namespace)::SkMorphologyImageFilter::onFilterImage(skif::Context const&) const",
                "",
            ),
            (
                "skottie::internal::(anonymous namespace)::Adapter::onSync()",
                "skottie::internal",
            ),
            ("SkTypeface_FreeType::onGetAdvancedMetrics() const", ""),
            (
                "bool OT::hb_accelerate_subtables_context_t::apply_cached_to<OT::Layout::GPOS_impl::MarkBasePosFormat1_2<OT::Layout::SmallTypes>>(void const*)",
                "OT",
            ),
            (
                "void std::__2::vector<int, std::__2::allocator<int>>::push_back(int const&)",
                "std",
            ),
            (
                "orig$duckdb::Value::AGGREGATE_STATE(duckdb::LogicalType const&, unsigned char const*)",
                "duckdb",
            ),
            ("arrow::io::BufferedInputStream::DoClose()", "arrow::io"),
            ("operator new(unsigned long)", ""),
            ("encode_mcu_gather", ""),
            ("app::work(int, int (*)(int)) (.specialized.2)", "app"),
            ("app::Feed::grow() [clone .llvm.123]", "app"),
        ];
        let found = packages("c", &names.map(|(name, _)| name));
        for ((name, expected), found) in names.iter().zip(found) {
            assert_eq!(found, *expected, "{name}");
        }
    }

    #[test]
    fn other_names_show_what_is_a_class() {
        // `Cache` alone is as good as a namespace when `Entry` in it has a constructor.
        let inner = "Cache::Entry::Entry(int)";
        assert_eq!(packages("c", &["Cache::drop()", inner]), ["Cache", "Cache"]);
        for shown in [
            "Cache::~Cache()",
            "Cache::Cache(int)",
            "Cache::size() const",
            "use(Cache&)",
            "Cache<int>::f()",
        ] {
            let found = packages("c", &["Cache::drop()", inner, shown]);
            assert_eq!(found[..2], ["", ""], "{shown}");
        }
        // A class in lower case is taken for a namespace until something shows it.
        assert_eq!(packages("c", &["feed::grow()"]), ["feed"]);
        assert_eq!(packages("c", &["feed::grow()", "feed::feed()"]), ["", ""]);
    }

    #[test]
    fn deep_and_long_names_are_no_problem() {
        let started = std::time::Instant::now();
        for piece in [
            "<",
            "(",
            "[",
            "{",
            "&",
            "*",
            "<T as ",
            "dyn ",
            "impl ",
            "<dyn ",
            "<impl ",
            "mut ",
            "void ",
            "a::",
            "a<b>::",
            "a.",
            "a/",
            "start:",
            "byn$",
            "orig$",
            "operator",
            " (.",
            " [clone .",
        ] {
            let open = piece.repeat(60_000);
            let close = |c: char| c.to_string().repeat(60_000);
            for name in [
                format!("{open}x{}::f", close('>')),
                format!("{open}f{}", close(')')),
                format!("{open}f()"),
            ] {
                for model in ["c", "tinygo", "assemblyscript"] {
                    packages(model, &[&name]);
                }
            }
        }
        // A quadratic way through any of them takes minutes.
        assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
        let nested = format!("{}x{}", "<T as ".repeat(60_000), ">".repeat(60_000));
        assert_eq!(packages("c", &[&nested]), [""]);
        let nested = format!("{}app::X{}", "<T as ".repeat(60_000), ">".repeat(60_000));
        assert_eq!(packages("c", &[&nested]), ["app"]);
    }
}
