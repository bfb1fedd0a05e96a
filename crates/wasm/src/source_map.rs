//! Source maps: of a module the "columns" are byte offsets in the file, on one "line".

use crate::error::{Error, Result};
use sourcemap::{DecodedMap, RawToken};
use std::sync::Arc;

/// What a token has in place of a source or a name that it does not have.
const NONE: u32 = u32::MAX;

/// A source map that was read.
pub struct SourceMap {
    /// Without source root: asc writes the module's own file name as the root, and paths are best
    /// as the compiler knows them.
    pub(crate) map: sourcemap::SourceMap,
    source_root: Option<String>,
}

impl SourceMap {
    /// Reads a source map (JSON).
    pub fn parse(json: &[u8]) -> Result<SourceMap> {
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        SourceMap::new(sourcemap::decode_slice(json))
    }

    /// Reads a source map that is written out in a module's `sourceMappingURL`; `None` if `url` is
    /// the place of one rather than one itself.
    pub fn from_data_url(url: &str) -> Option<Result<SourceMap>> {
        let is_inline = url.starts_with("data:");
        is_inline.then(|| SourceMap::new(sourcemap::decode_data_url(url)))
    }

    fn new(decoded: sourcemap::Result<DecodedMap>) -> Result<SourceMap> {
        let error = |message: String| Error::DebugData {
            what: "not a source map",
            message,
        };
        let mut map = match decoded.map_err(|e| error(e.to_string()))? {
            DecodedMap::Regular(map) => map,
            DecodedMap::Index(index) => index.flatten().map_err(|e| error(e.to_string()))?,
            DecodedMap::Hermes(_) => {
                return Err(error("it is a Hermes map, not one of a module".to_owned()));
            }
        };
        if map.get_token_count() == 0 {
            return Err(error("it has no mappings".to_owned()));
        }
        let source_root = map.get_source_root().map(str::to_owned);
        map.set_source_root::<String>(None);
        Ok(SourceMap { map, source_root })
    }

    /// The same positions where `place` says that their code went; there are none from `end` on.
    pub(crate) fn moved(&self, place: impl Fn(u32) -> u32, end: u32) -> MovedMap {
        let moved = self.map.tokens().map(|token| RawToken {
            dst_col: place(token.get_dst_col()),
            ..token.get_raw_token()
        });
        let ends = RawToken {
            dst_line: 0,
            dst_col: end,
            src_line: 0,
            src_col: 0,
            src_id: NONE,
            name_id: NONE,
            is_range: false,
        };
        let contents = self.map.source_contents();
        let mut map = sourcemap::SourceMap::new(
            self.map.get_file().map(Arc::from),
            moved.chain([ends]).collect(),
            self.map.names().map(Arc::from).collect(),
            self.map.sources().map(Arc::from).collect(),
            Some(contents.map(|text| text.map(Arc::from)).collect()),
        );
        map.set_source_root(self.source_root.as_deref());
        for &source in self.map.ignore_list() {
            map.add_to_ignore_list(source);
        }
        MovedMap(map)
    }
}

/// The source map of a rewritten module.
pub(crate) struct MovedMap(sourcemap::SourceMap);

impl MovedMap {
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::new();
        self.0
            .to_writer(&mut json)
            .expect("strings and numbers are JSON, and a vector takes it");
        json
    }

    pub(crate) fn to_data_url(&self) -> String {
        self.0
            .to_data_url()
            .expect("strings and numbers are JSON, and a vector takes it")
    }
}
