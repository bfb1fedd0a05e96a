//! The command line: arguments, files, terminals and exit status. Each subcommand is one file.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line prints"
)]

mod analysis;
mod arguments;
mod completions;
mod failure;
mod files;
mod formats;
mod instrument;
mod llvm;
mod man;
mod progress;
mod report;
mod sites;
mod summary;
mod tables;
mod terminal;

use clap::{CommandFactory, FromArgMatches, Parser};
use failure::Status;

/// Names the line that allocates, in programs that are already compiled.
///
/// The main job is `allocinstr -print-allocs REGEX in.wasm -o out.wasm`: every allocation site of the
/// module counts itself. Long options may be written with one dash or two.
#[derive(Parser)]
#[command(
    name = "allocinstr",
    version,
    propagate_version = true,
    subcommand_required = true
)]
#[command(after_help = arguments::STATUS)]
struct Cli {
    #[command(flatten)]
    terminal: terminal::Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Instrument(instrument::Arguments),
    Sites(sites::Arguments),
    Report(report::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// The command line, with what derives cannot say.
fn command() -> clap::Command {
    Cli::command()
        .mut_subcommands(|subcommand| subcommand.display_name("allocinstr"))
        .mut_subcommand("instrument", |instrument| {
            instrument.mut_arg("print_allocs", |regex| regex.required(true))
        })
}

fn main() -> std::process::ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        terminal::error(&format!(
            "bug: {panic}\nplease report it with the command and the module"
        ));
    }));
    std::process::ExitCode::from(guarded(run) as u8)
}

/// What `job` ends with; a panic is a bug.
fn guarded(job: impl FnOnce() -> Status + std::panic::UnwindSafe) -> Status {
    std::panic::catch_unwind(job).unwrap_or(Status::Bug)
}

fn run() -> Status {
    let commands = command();
    let arguments = arguments::normalize(std::env::args_os(), &commands);
    let matches = commands.try_get_matches_from(arguments);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(message) => {
            // Help and version are no errors; a closed pipe is nobody's.
            let _ = message.print();
            if message.kind() == clap::error::ErrorKind::DisplayVersion {
                let _ = files::write_stdout(format!("{}\n", llvm::version()).as_bytes());
            }
            return if message.use_stderr() {
                Status::Usage
            } else {
                Status::Done
            };
        }
    };
    let terminal = cli.terminal.apply();
    let outcome = match cli.command {
        Command::Instrument(arguments) => instrument::run(&arguments, terminal),
        Command::Sites(arguments) => sites::run(&arguments, terminal),
        Command::Report(arguments) => report::run(&arguments, terminal),
        Command::Completions(arguments) => completions::run(&arguments, command()),
        Command::Man(arguments) => man::run(&arguments, command()),
    };
    match outcome {
        Ok(()) => Status::Done,
        Err(error) if failure::is_closed_pipe(&error) => Status::Done,
        Err(error) => {
            terminal::error(&format!("{error:#}"));
            failure::status(&error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_bug() {
        assert_eq!(guarded(|| panic!("of a test")), Status::Bug);
        assert_eq!(guarded(|| Status::Usage), Status::Usage);
    }
}
