//! The model file: TOML, every rule with its reason.

use super::{
    AllocatorClass, AllocatorRule, Detect, Heap, Kind, Model, ModelError, Pattern, Place, Shape,
    SizeRule, Success,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    extends: Option<String>,
    example: String,
    advice: String,
    #[serde(default)]
    detect: Vec<DetectRow>,
    allocator: Vec<AllocatorRow>,
    #[serde(default)]
    runtime: Vec<PlaceRow>,
    #[serde(default)]
    kind: Vec<KindRow>,
    #[serde(default = "alloc_kind")]
    dynamic_kind: Kind,
    #[serde(default)]
    heap: Vec<HeapRow>,
}

fn alloc_kind() -> Kind {
    Kind::Alloc
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DetectRow {
    producer: Option<String>,
    symbol: Option<String>,
    external: Option<String>,
    #[serde(rename = "reason")]
    _reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllocatorRow {
    name: String,
    size: String,
    #[serde(default)]
    success: Success,
    /// It resizes, which it may do without the allocator beneath it.
    #[serde(default)]
    resizes: bool,
    /// A wrapper that compilers inline: where nothing is known beneath, what was inlined is lost.
    #[serde(default)]
    wraps: bool,
    shapes: Vec<String>,
    #[serde(rename = "reason")]
    _reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceRow {
    function: Option<String>,
    file: Option<String>,
    #[serde(rename = "reason")]
    _reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindRow {
    function: Option<String>,
    file: Option<String>,
    kind: String,
    #[serde(rename = "reason")]
    _reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeapRow {
    when: Option<String>,
    class: AllocatorClass,
    #[serde(default = "one")]
    granule: u32,
    #[serde(default)]
    header: u32,
    zero: bool,
    #[serde(rename = "reason")]
    _reason: String,
}

fn one() -> u32 {
    1
}

const BUILT_IN: [&str; 5] = [
    include_str!("../../models/tinygo.toml"),
    include_str!("../../models/assemblyscript.toml"),
    include_str!("../../models/rust.toml"),
    include_str!("../../models/d.toml"),
    include_str!("../../models/c.toml"),
];

/// Makes a pattern of a key and its text.
type ToPattern = fn(&str, &str) -> Result<Pattern, ModelError>;

impl Model {
    /// Reads a model file.
    pub fn parse(text: &str) -> Result<Model, ModelError> {
        Model::read(text, Pattern::compiled)
    }

    fn read(text: &str, pattern: ToPattern) -> Result<Model, ModelError> {
        let file: File = toml::from_str(text)?;
        let optional = |key: &str, text: &Option<String>| optional(key, text, pattern);
        let (mut producers, mut symbols, mut externals) = (Vec::new(), Vec::new(), Vec::new());
        rules("detect", &file.detect, |row| {
            producers.extend(optional("producer", &row.producer)?);
            symbols.extend(optional("symbol", &row.symbol)?);
            externals.extend(optional("external", &row.external)?);
            Ok(())
        })?;
        let mut allocators = rules("allocator", &file.allocator, |row| {
            allocator(row, file.dynamic_kind, pattern)
        })?;
        let (mut runtime_functions, mut runtime_files) = (Vec::new(), Vec::new());
        rules("runtime", &file.runtime, |row| {
            runtime_functions.extend(optional("function", &row.function)?);
            runtime_files.extend(optional("file", &row.file)?);
            Ok(())
        })?;
        let mut kinds = rules("kind", &file.kind, |row| {
            let mut kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Host);
            let kind = kinds.find(|kind| kind.name() == row.kind);
            let kind = kind.ok_or_else(|| ModelError::Kind(row.kind.clone()))?;
            Ok((place(&row.function, &row.file, pattern)?, kind))
        })?;
        let mut heaps = rules("heap", &file.heap, |row| {
            if row.granule == 0 || row.granule > 65536 || row.header > 65536 {
                return Err(ModelError::Heap);
            }
            Ok(Heap {
                when: optional("when", &row.when)?,
                class: row.class,
                granule: row.granule,
                header: row.header,
                zero: row.zero,
            })
        })?;
        if let Some(name) = file.extends {
            let base = Model::built_in_named(&name).ok_or(ModelError::Extends(name))?;
            allocators.extend(base.allocators);
            runtime_functions.extend(base.runtime_functions);
            runtime_files.extend(base.runtime_files);
            kinds.extend(base.kinds);
            heaps.extend(base.heaps);
        }
        if heaps.is_empty() {
            return Err(ModelError::NoHeap);
        }
        Ok(Model {
            name: file.name,
            detect: Detect {
                producers: producers.into_iter().collect(),
                symbols: symbols.into_iter().collect(),
                externals: externals.into_iter().collect(),
            },
            allocators,
            runtime_functions: runtime_functions.into_iter().collect(),
            runtime_files: runtime_files.into_iter().collect(),
            kinds,
            dynamic_kind: file.dynamic_kind,
            heaps,
            example: file.example,
            advice: file.advice,
        })
    }

    /// The built-in model of that name, which no other has to be read for.
    fn built_in_named(name: &str) -> Option<Model> {
        let named = |text: &&&str| {
            let key = text.lines().find_map(|line| line.strip_prefix("name = "));
            key.is_some_and(|key| key.trim_matches('"') == name)
        };
        let text = BUILT_IN.iter().find(named)?;
        Some(Model::read(text, Pattern::built_in).expect("built-in models are parsed by a test"))
    }

    /// The built-in models, in the order in which they are tried.
    pub fn built_in() -> Vec<Model> {
        BUILT_IN
            .iter()
            .map(|text| {
                Model::read(text, Pattern::built_in).expect("built-in models are parsed by a test")
            })
            .collect()
    }
}

/// Reads every row of a table; an error says which row it is in.
fn rules<R, T>(
    table: &'static str,
    rows: &[R],
    mut read: impl FnMut(&R) -> Result<T, ModelError>,
) -> Result<Vec<T>, ModelError> {
    let numbered = rows.iter().zip(1..);
    let read = numbered.map(|(row, number)| {
        read(row).map_err(|error| ModelError::Rule {
            table,
            number,
            source: Box::new(error),
        })
    });
    read.collect()
}

fn allocator(
    row: &AllocatorRow,
    dynamic_kind: Kind,
    pattern: ToPattern,
) -> Result<AllocatorRule, ModelError> {
    let size = SizeRule::parse(&row.size)?;
    let mut shapes = Vec::new();
    for text in &row.shapes {
        let shape = Shape::parse(text)?;
        let beyond = |parameter: &u32| *parameter as usize >= shape.params.len();
        if let Some(parameter) = size.parameters().find(beyond) {
            return Err(ModelError::SizeParameter {
                shape: text.clone(),
                parameter,
            });
        }
        shapes.push(shape);
    }
    let name = pattern("name", &row.name)?;
    Ok(AllocatorRule {
        name,
        size,
        success: row.success,
        resizes: row.resizes,
        wraps: row.wraps,
        shapes: Some(shapes),
        dynamic_kind,
    })
}

fn optional(
    key: &str,
    text: &Option<String>,
    pattern: ToPattern,
) -> Result<Option<Pattern>, ModelError> {
    text.as_deref().map(|text| pattern(key, text)).transpose()
}

fn place(
    function: &Option<String>,
    file: &Option<String>,
    pattern: ToPattern,
) -> Result<Place, ModelError> {
    Ok(Place {
        function: optional("function", function, pattern)?,
        file: optional("file", file, pattern)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::pattern::ascii;
    use super::*;

    #[test]
    fn built_in_models_parse() {
        let names: Vec<_> = BUILT_IN
            .iter()
            .map(|t| Model::read(t, |place, text| Pattern::compiled(place, &ascii(text))))
            .map(|model| model.unwrap().name)
            .collect();
        assert_eq!(names, ["tinygo", "assemblyscript", "rust", "d", "c"]);
    }

    #[test]
    fn a_rule_without_a_reason_is_refused() {
        let text = "name = 'x'\nexample = 'x'\nadvice = ''\n[[allocator]]\nname = 'a'\nsize = '0'\nshapes = []\n\
                    [[heap]]\nclass = 'never-frees'\nzero = true\nreason = 'r'\n";
        let error = Model::parse(text).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("missing field `reason`"), "{cause}");
    }

    #[test]
    fn a_size_rule_beyond_the_shape_is_refused() {
        let text = "name = 'x'\nexample = 'x'\nadvice = ''\n[[allocator]]\nname = 'a'\nsize = '2'\n\
                    shapes = ['(p, p) -> p']\nreason = 'r'\n\
                    [[heap]]\nclass = 'never-frees'\nzero = true\nreason = 'r'\n";
        let error = Model::parse(text).unwrap_err();
        assert_eq!(error.to_string(), "allocator rule 1");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(
            cause,
            "shape \"(p, p) -> p\" has no parameter 2 for the size"
        );
    }
}
