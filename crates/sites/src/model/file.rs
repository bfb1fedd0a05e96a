//! The model file: TOML, every rule with its reason.

use super::{
    AllocatorClass, AllocatorRule, Detect, Heap, Kind, Model, ModelError, Place, Shape, SizeRule,
    Success, compile,
};
use regex::Regex;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
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

const BUILT_IN: [&str; 3] = [
    include_str!("../../models/tinygo.toml"),
    include_str!("../../models/assemblyscript.toml"),
    include_str!("../../models/c.toml"),
];

impl Model {
    /// Reads a model file.
    pub fn parse(text: &str) -> Result<Model, ModelError> {
        let file: File = toml::from_str(text)?;
        let mut detect = Detect::default();
        for row in &file.detect {
            push_regex(
                &mut detect.producers,
                "detect.producer",
                row.producer.as_deref(),
            )?;
            push_regex(&mut detect.symbols, "detect.symbol", row.symbol.as_deref())?;
            push_regex(
                &mut detect.externals,
                "detect.external",
                row.external.as_deref(),
            )?;
        }
        let mut allocators = Vec::new();
        for (index, row) in file.allocator.iter().enumerate() {
            let size = SizeRule::parse(&row.size)?;
            let mut shapes = Vec::new();
            for text in &row.shapes {
                let shape = Shape::parse(text)?;
                let beyond = |parameter: &u32| *parameter as usize >= shape.params.len();
                if let Some(parameter) = size.parameters().find(beyond) {
                    let (rule, shape) = (index + 1, text.clone());
                    return Err(ModelError::SizeParameter {
                        rule,
                        shape,
                        parameter,
                    });
                }
                shapes.push(shape);
            }
            allocators.push(AllocatorRule {
                name: compile("allocator.name", &row.name)?,
                size,
                success: row.success,
                shapes: Some(shapes),
            });
        }
        let mut runtime = Vec::new();
        for row in &file.runtime {
            runtime.push(place("runtime", &row.function, &row.file)?);
        }
        let mut kinds = Vec::new();
        for row in &file.kind {
            let kind = Kind::ALL
                .into_iter()
                .find(|k| k.name() == row.kind && *k != Kind::Host);
            let kind = kind.ok_or_else(|| ModelError::Kind(row.kind.clone()))?;
            kinds.push((place("kind", &row.function, &row.file)?, kind));
        }
        let mut heaps = Vec::new();
        for (index, row) in file.heap.iter().enumerate() {
            if row.granule == 0 || row.granule > 65536 || row.header > 65536 {
                return Err(ModelError::Heap(index + 1));
            }
            heaps.push(Heap {
                when: row
                    .when
                    .as_deref()
                    .map(|w| compile("heap.when", w))
                    .transpose()?,
                class: row.class,
                granule: row.granule,
                header: row.header,
                zero: row.zero,
            });
        }
        if heaps.is_empty() {
            return Err(ModelError::NoHeap);
        }
        Ok(Model {
            name: file.name,
            detect,
            allocators,
            runtime,
            kinds,
            dynamic_kind: file.dynamic_kind,
            heaps,
            example: file.example,
            advice: file.advice,
        })
    }

    /// The built-in models, in the order in which they are tried.
    pub fn built_in() -> Vec<Model> {
        BUILT_IN
            .iter()
            .map(|text| Model::parse(text).expect("built-in models are parsed by a test"))
            .collect()
    }
}

fn push_regex(list: &mut Vec<Regex>, at: &str, pattern: Option<&str>) -> Result<(), ModelError> {
    if let Some(pattern) = pattern {
        list.push(compile(at, pattern)?);
    }
    Ok(())
}

fn place(at: &str, function: &Option<String>, file: &Option<String>) -> Result<Place, ModelError> {
    Ok(Place {
        function: function
            .as_deref()
            .map(|f| compile(&format!("{at}.function"), f))
            .transpose()?,
        file: file
            .as_deref()
            .map(|f| compile(&format!("{at}.file"), f))
            .transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_models_parse() {
        let names: Vec<_> = BUILT_IN
            .iter()
            .map(|t| Model::parse(t).unwrap().name)
            .collect();
        assert_eq!(names, ["tinygo", "assemblyscript", "c"]);
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
        assert_eq!(
            Model::parse(text).unwrap_err().to_string(),
            "allocator rule 1: shape \"(p, p) -> p\" has no parameter 2 for its size"
        );
    }
}
