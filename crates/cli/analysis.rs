//! Options that say what is counted, and the way from a module to a plan.

use crate::arguments::number;
use crate::failure::{BadInput, Usage};
use crate::files;
use crate::progress::Progress;
use crate::terminal::Terminal;
use allocinstr_sites::{
    Attribution, Bytes, ChooseError, Findings, Job, Model, ModelChoice, Options, Plan, Storage,
    Survey, build_id,
};
use allocinstr_wasm::{
    DebugFile, DebugSources, Module, SourceMap, decode, source_mapping_url, symbolize,
};
use anyhow::Context;
use clap::{Args, ValueEnum};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AttributeArgument {
    /// Calls of allocators, and slices, maps and channels that the runtime makes
    Direct,
    /// And calls through which an allocator is reached
    Through,
    /// And indirect calls that may reach one
    Dispatch,
    /// And imports through which the host may call back
    Host,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BytesArgument {
    /// What the program asks for
    Requested,
    /// What the heap spends: rounded up, with headers, as the model says
    Heap,
}

/// What is counted.
#[derive(Args)]
#[command(next_help_heading = "Counting")]
pub(crate) struct Selection {
    /// Count calls in functions and source files that match, unanchored
    ///
    /// Tried on demangled and raw function names and on source paths. Runtime code never matches.
    #[arg(long, visible_alias = "functions", value_name = "REGEX")]
    pub(crate) print_allocs: Option<String>,
    /// Most counters, the overflow slot included; what does not fit shares that slot
    #[arg(long, value_name = "N", default_value_t = 8192, allow_negative_numbers = true,
          value_parser = number::<{ 1 << 24 }>)]
    print_allocs_max_sites: u32,
    /// Which calls may be sites; each level includes those before it
    #[arg(long, value_name = "LEVEL", default_value = "dispatch")]
    attribute: AttributeArgument,
    /// Which bytes are counted
    #[arg(long, value_name = "WHICH", default_value = "requested")]
    bytes: BytesArgument,
    /// Let the regex match runtime code, too
    #[arg(long)]
    include_runtime: bool,
    /// Allocator model: tinygo, assemblyscript, rust, d or c; detected when left out
    #[arg(long, value_name = "NAME", conflicts_with = "model_file")]
    model: Option<String>,
    /// Allocator model from a TOML file
    #[arg(long, value_name = "FILE")]
    model_file: Option<PathBuf>,
    /// Another allocator: which parameter is the size in bytes, as 0, 0*1 or ? for unknown
    #[arg(long, value_name = "NAME-REGEX=SIZE-RULE")]
    allocator: Vec<String>,
    /// DWARF and names from another file, as split off by emscripten
    #[arg(long, value_name = "FILE")]
    debug_file: Option<PathBuf>,
    /// Source map; found beside the module when left out
    #[arg(long, value_name = "FILE")]
    source_map: Option<PathBuf>,
}

/// A module and what is to become of it.
pub(crate) struct Analysis<'a> {
    pub(crate) module: Module<'a>,
    pub(crate) plan: Plan,
    pub(crate) findings: Findings,
}

/// Debug data that lies outside the module.
pub(crate) struct SideFiles {
    debug_file: Option<Vec<u8>>,
    pub(crate) source_map: Option<FoundMap>,
}

/// A module's source map.
pub(crate) struct FoundMap {
    pub(crate) map: SourceMap,
    /// The file's bytes; `None` for one in the module itself.
    pub(crate) file: Option<Vec<u8>>,
}

impl FoundMap {
    fn from_file(path: &Path) -> anyhow::Result<FoundMap> {
        let file = files::read(path)?;
        Ok(FoundMap {
            map: SourceMap::parse(&file)?,
            file: Some(file),
        })
    }
}

/// The source map that the module `bytes` of file `input` names, or that was renamed with it.
fn map_beside(input: &Path, bytes: &[u8]) -> Option<PathBuf> {
    let url = source_mapping_url(bytes)?;
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let decoded = percent_decode_str(name).decode_utf8_lossy();
    // Not every tool encodes what it writes.
    let named = [decoded.as_ref(), name].map(|name| input.with_file_name(name));
    named
        .into_iter()
        .chain([default_map(input)])
        .find(|path| !files::is_standard(input) && path.is_file())
}

/// The URL of a file beside the one that refers to it.
pub(crate) fn url_of(file_name: &str) -> String {
    /// What a path segment of a URL is not written with (WHATWG URL), and what begins another part of it.
    const ENCODED: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'/')
        .add(b':')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'\\')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    utf8_percent_encode(file_name, ENCODED).to_string()
}

/// `app.wasm.map` for `app.wasm`.
pub(crate) fn default_map(input: &Path) -> PathBuf {
    let mut path = input.as_os_str().to_owned();
    path.push(".map");
    path.into()
}

impl Selection {
    /// How the options choose the model; a model file is read, and must be one.
    fn choice(&self) -> anyhow::Result<ModelChoice> {
        let Some(path) = &self.model_file else {
            return Ok(match &self.model {
                Some(name) => ModelChoice::Named(name.clone()),
                None => ModelChoice::Detected,
            });
        };
        let context = || format!("--model-file {}", path.display());
        let text = String::from_utf8(files::read(path)?)
            .map_err(|_| BadInput(format!("{}: is not UTF-8", context())))?;
        Model::parse(&text).map_err(|error| {
            let error = format!("{:#}", anyhow::Error::from(error));
            BadInput(format!("{}: {}", context(), error.trim_end()))
        })?;
        Ok(ModelChoice::Text(text))
    }

    /// The highest level of attribution.
    fn attribution(&self) -> Attribution {
        match self.attribute {
            AttributeArgument::Direct => Attribution::Direct,
            AttributeArgument::Through => Attribution::Through,
            AttributeArgument::Dispatch => Attribution::Dispatch,
            AttributeArgument::Host => Attribution::Host,
        }
    }

    /// Which bytes are counted.
    fn bytes(&self) -> Bytes {
        match self.bytes {
            BytesArgument::Requested => Bytes::Requested,
            BytesArgument::Heap => Bytes::Heap,
        }
    }

    /// What is selected, checked here, where the option can be named.
    fn pattern(&self) -> anyhow::Result<regex::Regex> {
        regex::Regex::new(self.print_allocs.as_deref().unwrap_or(".*")).context("-print-allocs")
    }

    /// The same selection as a job on LLVM IR, which is yet to be given its files and limits.
    pub(crate) fn job(&self) -> anyhow::Result<Job> {
        for (option, given) in [
            ("--debug-file", self.debug_file.is_some()),
            ("--source-map", self.source_map.is_some()),
        ] {
            if given {
                let problem = format!(
                    "{option} is for WebAssembly modules; LLVM IR has its debug data inside"
                );
                return Err(Usage(problem).into());
            }
        }
        Ok(Job {
            input: PathBuf::new(),
            name: String::new(),
            output: None,
            regex: self.pattern()?.as_str().to_owned(),
            include_runtime: self.include_runtime,
            attribute: self.attribution(),
            max_sites: self.print_allocs_max_sites,
            bytes: self.bytes(),
            log_fn: None,
            inline: false,
            no_names: false,
            model: self.choice()?,
            rules: self.allocator.clone(),
            max_memory_bytes: 0,
            max_cpu_seconds: 0,
        })
    }

    /// The files that are read besides the module, with the options that name them.
    pub(crate) fn inputs(&self) -> Vec<(&'static str, &Path)> {
        [
            ("--model-file", &self.model_file),
            ("--debug-file", &self.debug_file),
            ("--source-map", &self.source_map),
        ]
        .into_iter()
        .filter_map(|(option, path)| Some((option, path.as_deref()?)))
        .collect()
    }

    /// Whether anything but the default is asked for.
    pub(crate) fn is_given(&self) -> bool {
        self.print_allocs.is_some()
            || self.print_allocs_max_sites != 8192
            || self.attribute != AttributeArgument::Dispatch
            || self.bytes != BytesArgument::Requested
            || self.include_runtime
            || self.model.is_some()
            || !self.allocator.is_empty()
            || self.model_file.is_some()
            || self.debug_file.is_some()
            || self.source_map.is_some()
    }

    /// Reads the debug data that the options name, or that the module in file `input` says lies
    /// beside it. Data that was only found there and cannot be used is not worth a failure.
    pub(crate) fn side_files(
        &self,
        input: &Path,
        bytes: &[u8],
        terminal: Terminal,
    ) -> anyhow::Result<SideFiles> {
        let debug_file = self
            .debug_file
            .as_deref()
            .map(files::read_module)
            .transpose()?;
        let source_map = if let Some(path) = &self.source_map {
            let context = || format!("--source-map {}", path.display());
            Some(FoundMap::from_file(path).with_context(context)?)
        } else {
            self.own_map(input, bytes, terminal)?
        };
        Ok(SideFiles {
            debug_file: debug_file.map(|file| file.bytes),
            source_map,
        })
    }

    /// The source map that the module has or names.
    fn own_map(
        &self,
        input: &Path,
        bytes: &[u8],
        terminal: Terminal,
    ) -> anyhow::Result<Option<FoundMap>> {
        let inline = source_mapping_url(bytes).and_then(SourceMap::from_data_url);
        let (name, found) = if let Some(map) = inline {
            let found = map.map(|map| FoundMap { map, file: None });
            let name = format!("the source map in {}", files::input_name(input));
            (name, found.map_err(anyhow::Error::from))
        } else if let Some(path) = map_beside(input, bytes) {
            (path.display().to_string(), FoundMap::from_file(&path))
        } else {
            let unnamed = default_map(input);
            if unnamed.is_file() {
                let unnamed = unnamed.display();
                terminal.note(&format!(
                    "{unnamed} is not used, as the module does not name a source map; \
                     --source-map {unnamed} uses it"
                ));
            }
            return Ok(None);
        };
        match found {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is::<allocinstr_wasm::Error>() => {
                terminal.warning(&format!("{name} is ignored: {error}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The source map that is read without being named by an option.
    pub(crate) fn found_map(&self, input: &Path, bytes: &[u8]) -> Option<PathBuf> {
        if self.source_map.is_some() {
            None
        } else {
            map_beside(input, bytes)
        }
    }

    /// From a module to a plan.
    pub(crate) fn analyse<'a>(
        &self,
        bytes: &'a [u8],
        input: &Path,
        side: &'a SideFiles,
        log_fn: Option<&str>,
        storage: Storage,
        progress: &Progress,
    ) -> anyhow::Result<Analysis<'a>> {
        let regex = self.pattern()?;
        progress.stage("decoding");
        let name = || files::input_name(input);
        let debug_file = match (&side.debug_file, &self.debug_file) {
            (Some(bytes), Some(path)) => Some(
                DebugFile::parse(bytes)
                    .with_context(|| format!("--debug-file {}", path.display()))?,
            ),
            _ => None,
        };
        let mut module = decode(bytes, debug_file.as_ref()).with_context(name)?;
        let choice = self.choice()?;
        let (model, text) = match choice.choose(&module.program, &self.allocator) {
            Err(error @ ChooseError::Detect(_)) => return Err(error).with_context(name),
            chosen => chosen?,
        };
        let options = Options {
            regex,
            include_runtime: self.include_runtime,
            attribute: self.attribution(),
            max_sites: self.print_allocs_max_sites,
            bytes: self.bytes(),
            storage,
            log_fn: log_fn.map(str::to_owned),
        };
        let survey = Survey::new(&module.program, &model, options.attribute).with_context(name)?;
        progress.stage("reading symbols");
        symbolize(
            &mut module,
            &survey,
            &model,
            DebugSources {
                debug_file,
                source_map: side.source_map.as_ref().map(|found| &found.map),
            },
        );
        progress.stage("planning");
        let map = side
            .source_map
            .as_ref()
            .and_then(|found| found.file.as_deref());
        let inputs = [Some(bytes), side.debug_file.as_deref(), map];
        let id = build_id(&inputs, &text, &self.allocator, &options);
        let plan = Plan::new(&module.program, &survey, &model, &options, id);
        let findings = Findings::new(&module.program, &survey, &model, &plan);
        Ok(Analysis {
            module,
            plan,
            findings,
        })
    }
}
