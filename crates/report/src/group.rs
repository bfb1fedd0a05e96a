//! What one line of a report stands for.

use allocinstr_sites::{Packages, Site, SiteTable, own_name, readable, readable_function};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The size of what is added up, as in pprof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// A call in the source.
    Site,
    /// A function; overloads and clones are one, instances of a template are not.
    Function,
    /// A source file.
    File,
    /// A Go import path, an AssemblyScript source module, a Rust crate, a C++ namespace.
    Package,
}

/// Tells what sites belong to.
pub struct Groups<'a> {
    table: &'a SiteTable,
    packages: Packages<'a>,
    /// By own name.
    functions: BTreeMap<Cow<'a, str>, String>,
}

/// What some sites belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The same for the sites of this group, and for no others.
    pub key: String,
    /// The group for people; empty where it is not known.
    pub name: String,
}

impl<'a> Groups<'a> {
    /// For the sites of `table`.
    pub fn new(table: &'a SiteTable) -> Groups<'a> {
        let packages = Packages::new(&table.model, &table.names);
        let functions = function_names(table);
        Groups {
            table,
            packages,
            functions,
        }
    }

    /// What `site` belongs to.
    pub fn of(&self, site: &Site, granularity: Granularity) -> Group {
        let (function, file, ..) = self.table.frame(site.frame);
        let name = match granularity {
            Granularity::Site => {
                let name = place(self.table, site.frame, self.table.callee(site));
                let key = site.key.clone();
                return Group { key, name };
            }
            Granularity::Function => {
                let key = function.map_or(Cow::Borrowed(""), own_name);
                let name = self.functions.get(&key).cloned().unwrap_or_default();
                let key = key.into_owned();
                return Group { key, name };
            }
            Granularity::File => file.unwrap_or("").to_owned(),
            Granularity::Package => function.map_or(String::new(), |name| self.packages.of(name)),
        };
        let key = name.clone();
        Group { key, name }
    }
}

/// The functions of all sites, by own name, for people: shortened, but where two would read the same.
fn function_names(table: &SiteTable) -> BTreeMap<Cow<'_, str>, String> {
    let mut names = BTreeMap::new();
    for site in &table.sites {
        if let (Some(function), ..) = table.frame(site.frame) {
            names
                .entry(own_name(function))
                .or_insert_with(|| readable_function(function));
        }
    }
    let mut readers: HashMap<String, u32> = HashMap::new();
    for name in names.values() {
        *readers.entry(name.clone()).or_default() += 1;
    }
    for (own, name) in &mut names {
        if readers[name.as_str()] > 1 {
            *name = own.to_string();
        }
    }
    names
}

/// `function (file:line:column) → callee`, as far as it is known, for people: names are shortened.
pub fn place(table: &SiteTable, frame: u32, callee: &str) -> String {
    let (function, file, line, column) = table.frame(frame);
    let (function, callee) = (function.map(readable), readable(callee));
    let position = match (file, line, column) {
        (None, ..) => String::new(),
        (Some(file), 0, _) => file.to_owned(),
        (Some(file), line, 0) => format!("{file}:{line}"),
        (Some(file), line, column) => format!("{file}:{line}:{column}"),
    };
    let from = match (function, position.as_str()) {
        (Some(function), "") => function,
        (Some(function), position) => format!("{function} ({position})"),
        (None, position) => position.to_owned(),
    };
    format!("{from} → {callee}")
}
