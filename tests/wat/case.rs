//! What a case says about itself, in the directives of its `.wat` file. Each may give its reason
//! after ` ;; `.
//!
//! ```text
//! ;;! args: -print-allocs '^app\.' …        for allocinstr; tests/wat is the working directory
//! ;;! run: f(1, 2n)                         JavaScript over the exports; several run in order
//! ;;! expect: slots = 3                     all slots, overflow slot included
//! ;;! expect: site 0 = 2, 48 map through    count, bytes; kind, attribution and size=CONSTANT of
//!                                           its sites, where they matter
//! ;;! expect: pool = 1, 16                  slots and pool that are not listed are 0, 0
//! ;;! expect: program = 2, 48               --log-fn: what the program says by exports logged_*
//! ;;! expect: logged = [[0, "16"]]          --log-fn log_alloc: its calls, in order
//! ;;! expect: unchanged                     the output is the input, byte for byte
//! ;;! status: 3                             nothing is written, the golden is the message
//! ;;! node: --stack-size=3000               options for Node
//! ;;! total: varies                         with the selection, for the reason given
//! ;;! walrus-unsupported: it takes type 2   refused with --engine walrus, in these words
//! ```

use libtest_mimic::Failed;
use serde_json::Value;
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, Failed>;

/// Count and bytes.
pub(crate) type Record = (u64, u64);

#[derive(Default)]
pub(crate) struct Case {
    pub(crate) args: Vec<String>,
    pub(crate) runs: Vec<String>,
    pub(crate) node: Vec<String>,
    pub(crate) status: i32,
    pub(crate) slots: Option<usize>,
    pub(crate) sites: BTreeMap<usize, (Record, Vec<String>)>,
    pub(crate) pool: Record,
    pub(crate) program: Option<Record>,
    pub(crate) logged: Option<Value>,
    pub(crate) unchanged: bool,
    pub(crate) total_varies: bool,
    pub(crate) walrus_unsupported: Option<String>,
}

impl Case {
    pub(crate) fn parse(text: &str) -> Result<Case> {
        let mut case = Case::default();
        for line in text.lines().filter_map(|line| line.strip_prefix(";;! ")) {
            let said = line.split(" ;; ").next().unwrap_or_default().trim();
            let (key, value) = said
                .split_once(": ")
                .ok_or_else(|| format!("directive: {line}"))?;
            match key {
                "args" => case.args = words(value),
                "run" => case.runs.push(value.to_owned()),
                "node" => case.node = words(value),
                "status" => case.status = value.parse()?,
                "total" if value == "varies" => case.total_varies = true,
                "walrus-unsupported" => case.walrus_unsupported = Some(value.to_owned()),
                "expect" => case
                    .expect(value)
                    .map_err(|e| format!("{line}: {}", e.message().unwrap_or_default()))?,
                _ => return Err(format!("directive: {line}").into()),
            }
        }
        let expects = case.slots.is_some() || case.unchanged || case.status != 0;
        if case.args.is_empty() || !expects {
            return Err(
                "a case needs `args`, and `expect: slots`, `expect: unchanged` or `status`".into(),
            );
        }
        Ok(case)
    }

    fn expect(&mut self, text: &str) -> Result<()> {
        if text == "unchanged" {
            self.unchanged = true;
            return Ok(());
        }
        let (what, value) = text.split_once(" = ").ok_or("expected ` = `")?;
        match what.split_once(' ') {
            None if what == "slots" => self.slots = Some(value.parse()?),
            None if what == "logged" => self.logged = Some(serde_json::from_str(value)?),
            None if what == "pool" => self.pool = record(value)?.0,
            None if what == "program" => self.program = Some(record(value)?.0),
            Some(("site", id)) => {
                if self.sites.insert(id.parse()?, record(value)?).is_some() {
                    return Err("said twice".into());
                }
            }
            _ => return Err("slots, site, pool, program or logged".into()),
        }
        Ok(())
    }
}

fn record(text: &str) -> Result<(Record, Vec<String>)> {
    let (count, rest) = text.split_once(", ").ok_or("expected `count, bytes`")?;
    let mut rest = rest.split_whitespace();
    let bytes = rest.next().ok_or("no bytes")?;
    Ok((
        (count.parse()?, bytes.parse()?),
        rest.map(str::to_owned).collect(),
    ))
}

/// Splits at blanks outside single quotes, which are taken off.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (index, part) in text.split('\'').enumerate() {
        if index % 2 == 1 {
            words.last_mut().expect("never empty").push_str(part);
            continue;
        }
        for (index, word) in part.split(' ').enumerate() {
            if index > 0 {
                words.push(String::new());
            }
            words.last_mut().expect("never empty").push_str(word);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
