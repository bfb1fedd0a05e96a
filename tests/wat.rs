//! Hand-written WebAssembly, one case a file: `tests/wat/<case>.wat` with what it must do, derived
//! by hand, in its first lines (see `wat/case.rs`), and `tests/wat/<case>.golden` with what
//! `allocinstr` makes of it.
//!
//! The original and every instrumented build run in Node and must do the same: results, traps, calls
//! of imports, memory, tables, globals. Totals must be the same for five regular expressions, with
//! `--inline` and with one slot. Both engines and both storages must have counted the same in each of these
//! builds, and their site tables must be equal: what is derived by hand for one holds for all.
//! `BLESS=1` rewrites the goldens; `NODE` names another Node than the one in `tests/node_modules`.

#[path = "wat/case.rs"]
mod case;

use case::{Case, Record, words};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

type Result<T> = std::result::Result<T, Failed>;

/// Totals must not depend on these. The first selects everything, the second nothing; which is enough for the
/// other kinds, since what is selected is the plan's business.
const REGEXES: [&str; 5] = [".*", "^$nothing", "^lib", r"[.]\w*[a-m]", "f"];

/// Engine and storage. The goldens are of the first.
const KINDS: [Kind; 4] = [
    Kind("stream", "memory"),
    Kind("stream", "globals"),
    Kind("walrus", "memory"),
    Kind("walrus", "globals"),
];

#[derive(Clone, Copy, Debug)]
struct Kind(&'static str, &'static str);

impl Kind {
    fn of(self, args: &[String]) -> Vec<String> {
        let Kind(engine, storage) = self;
        let added = ["--engine", engine, "--storage", storage].map(str::to_owned);
        args.iter().cloned().chain(added).collect()
    }

    fn is_walrus(self) -> bool {
        self.0 == "walrus"
    }

    /// What is exported beside what the original exports.
    fn export(self) -> &'static str {
        match self.1 {
            "memory" => "memory allocinstr",
            _ => "function allocinstr",
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = files("wat")
        .into_iter()
        .map(|path| Trial::test(stem(&path), move || check_case(&path)))
        .collect();
    trials.push(Trial::test(
        "every_golden_has_a_case",
        every_golden_has_a_case,
    ));
    for case in ["custom-sections", "names"] {
        trials.push(Trial::test(format!("walrus_makes_of_{case}"), move || {
            walrus_output(case)
        }));
    }
    for (cap, slots) in [(None, 8192), (Some(30_000), 20_001)] {
        let name = format!("twenty_thousand_sites_in_{slots}_slots");
        trials.push(Trial::test(name, move || twenty_thousand_sites(cap, slots)));
    }
    for (parameters, is_site) in [(998, true), (1000, false)] {
        let name = format!("a_callee_with_{parameters}_parameters");
        trials.push(Trial::test(name, move || wide_callee(parameters, is_site)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wat")
}

fn files(extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory()).expect("tests/wat is in the repository");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("tests/wat can be listed").path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// What is left of names and custom sections by walrus, and what is said about it: `tests/wat/<case>.walrus`.
fn walrus_output(case: &str) -> Result<()> {
    let path = directory().join(case).with_extension("wat");
    let case = Case::parse(&std::fs::read_to_string(&path)?)?;
    let args = Kind("walrus", "memory").of(&case.args);
    let input = Path::new(path.file_name().ok_or("a case is a file")?);
    let (module, stderr) = instrument_valid(&args, input)?;
    let reports = run(&[&module], &case.runs, &case.node)?;
    let text = render(&module, &reports[0], &stderr)?;
    check_golden(&path.with_extension("walrus"), &text)
}

fn every_golden_has_a_case() -> Result<()> {
    for golden in files("golden") {
        if !golden.with_extension("wat").exists() {
            return Err(format!("{} is of no case", golden.display()).into());
        }
    }
    Ok(())
}

fn message(failed: &Failed) -> &str {
    failed.message().unwrap_or_default()
}

struct Output {
    status: Option<i32>,
    stderr: String,
    module: Option<Vec<u8>>,
}

/// Runs `allocinstr` and collects what it writes.
fn instrument(args: &[String], input: &Path) -> Result<Output> {
    let output = tempfile::Builder::new()
        .suffix(".wasm")
        .tempfile()?
        .into_temp_path();
    std::fs::remove_file(&output)?;
    let run = Command::new(env!("CARGO_BIN_EXE_allocinstr"))
        .args(args)
        .arg(input)
        .arg("-o")
        .arg(&output)
        .current_dir(directory())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()?;
    if !run.stdout.is_empty() {
        return Err(format!("on stdout: {}", String::from_utf8_lossy(&run.stdout)).into());
    }
    let stderr = String::from_utf8(run.stderr)?.replace(&*output.to_string_lossy(), "OUTPUT");
    Ok(Output {
        status: run.status.code(),
        stderr,
        module: std::fs::read(&output).ok(),
    })
}

fn instrument_valid(args: &[String], input: &Path) -> Result<(Vec<u8>, String)> {
    let output = instrument(args, input)?;
    match (output.status, output.module) {
        (Some(0), Some(module)) => Ok((module, output.stderr)),
        (status, _) => Err(format!("{args:?}: status {status:?}\n{}", output.stderr).into()),
    }
}

/// Runs the same expressions in each module; see tests/wat/run.mjs.
fn run(modules: &[&[u8]], runs: &[String], options: &[String]) -> Result<Vec<Value>> {
    let directory = tempfile::tempdir()?;
    let mut paths = Vec::new();
    for (index, module) in modules.iter().enumerate() {
        let path = directory.path().join(format!("{index}.wasm"));
        std::fs::write(&path, module)?;
        paths.push(path);
    }
    let node = std::env::var_os("NODE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node_modules/.bin/node"),
        PathBuf::from,
    );
    let mut child = Command::new(&node)
        .args(options)
        .arg(self::directory().join("run.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("{}: {e}; `make setup-npm` installs Node", node.display()))?;
    let job = json!({ "modules": paths, "runs": runs }).to_string();
    child
        .stdin
        .take()
        .ok_or("stdin is piped")?
        .write_all(job.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("run.mjs: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Has `allocinstr` refuse and write nothing; returns what it says.
fn refuse(args: &[String], input: &Path, status: i32) -> Result<String> {
    let output = instrument(args, input)?;
    if output.status != Some(status) || output.module.is_some() {
        let written = if output.module.is_some() {
            ", and a module is written"
        } else {
            ""
        };
        let (status, stderr) = (output.status, output.stderr);
        return Err(format!("{args:?}: status {status:?}{written}\n{stderr}").into());
    }
    Ok(output.stderr)
}

fn check_case(path: &Path) -> Result<()> {
    let case = Case::parse(&std::fs::read_to_string(path)?)?;
    let input = Path::new(path.file_name().ok_or("a case is a file")?);
    let golden = path.with_extension("golden");
    if case.status != 0 {
        for kind in &KINDS[1..] {
            refuse(&kind.of(&case.args), input, case.status)?;
        }
        let stderr = refuse(&case.args, input, case.status)?;
        return check_golden(&golden, &stderr);
    }

    let original = wat::parse_file(path)?;
    let (base, stderr) = instrument_valid(&case.args, input)?;
    let elsewhere = tempfile::tempdir()?;
    let binary = elsewhere.path().join("another name.wasm");
    std::fs::write(&binary, &original)?;
    if instrument_valid(&case.args, &binary)?.0 != base {
        return Err("the output depends on the path or on the text format".into());
    }
    if case.unchanged {
        if base != original {
            return Err("the output is not the input".into());
        }
        return Ok(());
    }

    let mut kinds = KINDS.to_vec();
    if let Some(reason) = &case.walrus_unsupported {
        for kind in KINDS.into_iter().filter(|kind| kind.is_walrus()) {
            let stderr = refuse(&kind.of(&case.args), input, 3)?;
            if !stderr.contains(reason.as_str()) {
                return Err(format!("refused for another reason than {reason}\n{stderr}").into());
            }
        }
        kinds.retain(|kind| !kind.is_walrus());
    }
    let mut builds = Vec::new();
    let mut modules = vec![original];
    for (index, kind) in kinds.into_iter().enumerate() {
        let regexes = if index == 0 {
            &REGEXES[..]
        } else {
            &REGEXES[..2]
        };
        for args in variants(&case.args, regexes) {
            modules.push(instrument_valid(&kind.of(&args), input)?.0);
            builds.push((kind, args));
        }
    }
    if modules[1] != base {
        return Err("the first kind is not the default".into());
    }
    let slices: Vec<&[u8]> = modules.iter().map(Vec::as_slice).collect();
    let reports = run(&slices, &case.runs, &case.node)?;
    for ((kind, args), report) in builds.iter().zip(&reports[1..]) {
        let first = builds.iter().position(|(_, first)| first == args);
        let first = &reports[1 + first.ok_or("the first kind has every variant")?];
        let check = || {
            same_program(&reports[0], report, *kind)?;
            same_counts(first, report)?;
            let (total, expected) = (total(report)?, total(&reports[1])?);
            if total != expected && !case.total_varies {
                return Err(format!("total {total:?} instead of {expected:?}").into());
            }
            Ok(())
        };
        check().map_err(|e: Failed| format!("{:?}: {}", kind.of(args), message(&e)))?;
    }
    check_counters(&case, &reports[1])?;
    check_offsets(&modules[0], &reports[1])?;
    check_golden(&golden, &render(&modules[1], &reports[1], &stderr)?)
}

/// Another engine or storage counts the same, and says the same about it.
fn same_counts(expected: &Value, report: &Value) -> Result<()> {
    for part in ["counters", "logged", "program_total"] {
        if report[part] != expected[part] {
            let (found, expected) = (&report[part], &expected[part]);
            return Err(format!("{part}: {found} instead of {expected}").into());
        }
    }
    let section = |report: &Value| -> Result<Value> {
        let mut section: Value =
            serde_json::from_str(report["section"].as_str().ok_or("no section")?)?;
        section["storage"].take();
        Ok(section)
    };
    let (found, expected) = (section(report)?, section(expected)?);
    if found != expected {
        return Err(format!("site table: {found:#} instead of {expected:#}").into());
    }
    Ok(())
}

/// The options of a case, and those in other selections, which must change no total.
fn variants(args: &[String], regexes: &[&str]) -> Vec<Vec<String>> {
    let mut variants = vec![args.to_vec()];
    for &regex in regexes {
        let mut args = args.to_vec();
        if let Some(at) = args.iter().position(|arg| arg == "-print-allocs") {
            args[at + 1] = regex.to_owned();
        }
        variants.push(args);
    }
    for (option, value) in [("--inline", None), ("-print-allocs-max-sites", Some("1"))] {
        // Each may be given once, and has no say where the program logs for itself.
        if !args.iter().any(|arg| arg == option || arg == "--log-fn") {
            let added = [Some(option), value]
                .into_iter()
                .flatten()
                .map(str::to_owned);
            variants.push(args.iter().cloned().chain(added).collect());
        }
    }
    variants
}

fn same_program(original: &Value, instrumented: &Value, kind: Kind) -> Result<()> {
    for part in ["imports", "results", "trace", "visible"] {
        let (before, after) = (&original[part], &instrumented[part]);
        if before != after {
            return Err(format!("{part}: {after:#} instead of {before:#}").into());
        }
    }
    let mut exports = original["exports"].as_array().ok_or("exports")?.clone();
    exports.push(json!(kind.export()));
    if instrumented["exports"] != json!(exports) {
        return Err(format!("exports: {:#}", instrumented["exports"]).into());
    }
    Ok(())
}

fn parse_record(value: &Value) -> Result<Record> {
    let number = |at: usize| -> Result<u64> { Ok(value[at].as_str().ok_or("no record")?.parse()?) };
    Ok((number(0)?, number(1)?))
}

fn slots(report: &Value) -> Result<Vec<Record>> {
    let sites = report["counters"]["sites"]
        .as_array()
        .ok_or("no counters")?;
    sites.iter().map(parse_record).collect()
}

/// Everything that was counted, wherever: by site, in the pool, or in the program's own log.
fn total(report: &Value) -> Result<Record> {
    let mut records = slots(report)?;
    records.push(parse_record(&report["counters"]["pool"])?);
    if !report["program_total"].is_null() {
        records.push(parse_record(&report["program_total"])?);
    }
    for call in report["logged"].as_array().ok_or("logged")? {
        let size = call[1].as_str().ok_or("size")?;
        records.push(match size.strip_suffix('n') {
            Some(wide) => (1, wide.parse()?),
            // JavaScript reads an i32 as signed.
            None => (1, u64::from(size.parse::<i32>()?.cast_unsigned())),
        });
    }
    Ok(records
        .iter()
        .fold((0, 0), |sum, r| (sum.0 + r.0, sum.1 + r.1)))
}

fn check_counters(case: &Case, report: &Value) -> Result<()> {
    let slots = slots(report)?;
    let mut wrong = String::new();
    if Some(slots.len()) != case.slots {
        writeln!(wrong, "slots = {} instead of {:?}", slots.len(), case.slots)?;
    }
    let section: Value = serde_json::from_str(report["section"].as_str().ok_or("no section")?)?;
    for id in 0..slots
        .len()
        .max(case.sites.keys().max().map_or(0, |id| id + 1))
    {
        let (expected, words) = case.sites.get(&id).cloned().unwrap_or_default();
        let found = slots.get(id).copied();
        if found != Some(expected) {
            writeln!(wrong, "site {id} = {found:?} instead of {expected:?}")?;
        }
        let sites = section["sites"].as_array().ok_or("sites")?;
        for site in sites.iter().filter(|site| site["id"] == id) {
            for word in &words {
                let size = format!("size={}", site["size"]);
                if site["kind"] != **word && site["attribution"] != **word && size != *word {
                    writeln!(wrong, "site {id} is not {word}: {site}")?;
                }
            }
        }
    }
    let pool = parse_record(&report["counters"]["pool"])?;
    if pool != case.pool {
        writeln!(wrong, "pool = {pool:?} instead of {:?}", case.pool)?;
    }
    if let Some(expected) = case.program {
        let found = parse_record(&report["program_total"])?;
        if found != expected {
            writeln!(wrong, "program = {found:?} instead of {expected:?}")?;
        }
    }
    let logged = case.logged.clone().unwrap_or(json!([]));
    if report["logged"] != logged {
        writeln!(wrong, "logged = {} instead of {logged}", report["logged"])?;
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.into())
    }
}

/// The offset of a site is that of its call in the file that was instrumented.
fn check_offsets(original: &[u8], report: &Value) -> Result<()> {
    const CALL: u8 = 0x10;
    const RETURN_CALL_REF: u8 = 0x15;
    let section: Value = serde_json::from_str(report["section"].as_str().ok_or("no section")?)?;
    for site in section["sites"].as_array().ok_or("sites")? {
        let opcode = site["offset"]
            .as_u64()
            .and_then(|at| original.get(at as usize));
        if !opcode.is_some_and(|opcode| (CALL..=RETURN_CALL_REF).contains(opcode)) {
            return Err(format!("no call at the offset of {site}").into());
        }
    }
    Ok(())
}

/// The golden text: the module without its site table, the site table, and what was said.
fn render(module: &[u8], report: &Value, stderr: &str) -> Result<String> {
    let mut text = String::new();
    for line in wasmprinter::print_bytes(module)?.lines() {
        if !line.trim_start().starts_with("(@custom \"allocinstr\"") {
            writeln!(text, "{line}")?;
        }
    }
    let mut table: Value = serde_json::from_str(report["section"].as_str().ok_or("no section")?)?;
    // It is a hash of the input, tested with the CLI; here it would only make every golden differ.
    let build_id = table["build_id"].take();
    if build_id.as_str().is_none_or(|id| id.len() != 32) {
        return Err(format!("build id {build_id}").into());
    }
    writeln!(text, "\nsection allocinstr")?;
    for (key, value) in table.as_object().ok_or("the section is no object")? {
        match value.as_array() {
            Some(rows) if rows.iter().any(|row| !row.is_string()) => {
                writeln!(text, "  {key}:")?;
                for row in rows {
                    writeln!(text, "    {row}")?;
                }
            }
            _ => writeln!(text, "  {key}: {value}")?,
        }
    }
    // Not the summary, which tells times, and not what every case would say.
    text.push_str("\nstderr\n");
    for line in stderr.lines() {
        let said = ["note: ", "warning: "]
            .iter()
            .any(|label| line.starts_with(label));
        if said && !line.starts_with("note: no debug data") {
            writeln!(text, "{line}")?;
        }
    }
    // Names may hold characters that a reader of the golden would not see.
    Ok(text
        .chars()
        .map(|c| match c {
            ' '..='~' | '\n' => c.to_string(),
            _ => c.escape_unicode().to_string(),
        })
        .collect())
}

fn check_golden(path: &Path, text: &str) -> Result<()> {
    if std::env::var_os("BLESS").is_some() {
        return Ok(std::fs::write(path, text)?);
    }
    let golden = std::fs::read_to_string(path).map_err(|e| {
        format!(
            "{}: {e}; BLESS=1 writes it, to be read then",
            path.display()
        )
    })?;
    if golden == text {
        return Ok(());
    }
    let line = golden
        .lines()
        .zip(text.lines())
        .take_while(|(a, b)| a == b)
        .count();
    let at = |text: &str| text.lines().nth(line).unwrap_or("(end of file)").to_owned();
    let (expected, found) = (at(&golden), at(text));
    let line = line + 1;
    Err(format!(
        "{}:{line}\n  expected {expected}\n  found    {found}",
        path.display()
    )
    .into())
}

/// Runs a module that no file holds, instrumented by all kinds; returns the reports of these.
fn run_kinds(text: &str, args: &[String], input: &Path, runs: &[String]) -> Result<Vec<Value>> {
    let mut modules = vec![wat::parse_str(text)?];
    for kind in KINDS {
        modules.push(instrument_valid(&kind.of(args), input)?.0);
    }
    let slices: Vec<&[u8]> = modules.iter().map(Vec::as_slice).collect();
    let mut reports = run(&slices, runs, &[])?;
    let original = reports.remove(0);
    for (kind, report) in KINDS.into_iter().zip(&reports) {
        same_program(&original, report, kind).map_err(|e| format!("{kind:?}: {}", message(&e)))?;
    }
    Ok(reports)
}

/// 20 000 calls of the allocator in one function, the n-th for n bytes, run twice. Nobody would read
/// that file.
fn twenty_thousand_sites(cap: Option<u32>, slots: usize) -> Result<()> {
    const SITES: usize = 20_000;
    let mut text = String::from(
        "(module (func $malloc (param i32) (result i32) (i32.const 16)) (func $app.f (export \"f\")",
    );
    for size in 1..=SITES {
        write!(text, " (drop (call $malloc (i32.const {size})))")?;
    }
    text.push_str("))");
    let directory = tempfile::tempdir()?;
    let input = directory.path().join("sites.wat");
    std::fs::write(&input, &text)?;
    let mut args = words("-print-allocs ^app");
    args.extend(
        cap.into_iter()
            .flat_map(|n| words(&format!("-print-allocs-max-sites {n}"))),
    );

    let reports = run_kinds(&text, &args, &input, &words("f() f()"))?;
    // Sites that have a slot of their own have their size twice; the last slot has all the others.
    let own = SITES.min(slots - 1);
    let mut expected: Vec<Record> = (1..=own as u64).map(|size| (2, 2 * size)).collect();
    let others = own as u64 + 1..=SITES as u64;
    expected.push((2 * (SITES - own) as u64, 2 * others.sum::<u64>()));
    for (kind, report) in KINDS.iter().zip(&reports) {
        if self::slots(report)? != expected {
            return Err(format!("{kind:?}: the slots are not those of sites 1 to 20 000").into());
        }
    }
    Ok(())
}

/// Engines take at most 1000 parameters, and a trampoline has more than what it stands for. A call that leaves no
/// room for them is no site: what is allocated beneath it is the pool's.
fn wide_callee(parameters: usize, is_site: bool) -> Result<()> {
    let (types, operands) = (
        "i32 ".repeat(parameters),
        "(i32.const 1)".repeat(parameters),
    );
    let text = format!(
        "(module (type $wide (func (param {types}))) (table funcref (elem $lib.wide))
           (func $malloc (param i32) (result i32) (i32.const 16))
           (func $lib.wide (type $wide) (drop (call $malloc (i32.const 24))))
           (func $app.f (export \"f\")
             (call $lib.wide {operands})
             (call_indirect (type $wide) {operands} (i32.const 0))))"
    );
    let directory = tempfile::tempdir()?;
    let input = directory.path().join("wide.wat");
    std::fs::write(&input, &text)?;
    let reports = run_kinds(&text, &words("-print-allocs ^app"), &input, &words("f()"))?;
    let expected: &[Record] = if is_site {
        &[(1, 24), (1, 24), (0, 0)]
    } else {
        &[(0, 0)]
    };
    for (kind, report) in KINDS.iter().zip(&reports) {
        let (slots, total) = (slots(report)?, total(report)?);
        if slots != expected || total != (2, 48) {
            return Err(format!("{kind:?}: slots {slots:?}, total {total:?}").into());
        }
    }
    Ok(())
}
