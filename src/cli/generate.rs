//! `dehusk generate`: manual pages, completions and the schema of the JSON report.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use clap_complete::Shell;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;

use super::table::{self, print_bytes};
use super::{NOTE, command, say};
use crate::error::{Error, ErrorKind, Result, shown};
use crate::report::document::VERSION;
use crate::report::{Finding, Report};

/// Writes the manual page, completions for a shell, or the schema of the JSON report
#[derive(Debug, Args)]
pub struct Generate {
    /// What to write
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
    /// Folder for the files, for the manual one page a subcommand [default: standard output, the main page]
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    Man,
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
    Schema,
}

impl Generate {
    /// Runs the command.
    pub fn run(self) -> Result<ExitCode> {
        let shell = match self.what {
            What::Schema => return self.schema(),
            What::Man => None,
            What::Bash => Some(Shell::Bash),
            What::Zsh => Some(Shell::Zsh),
            What::Fish => Some(Shell::Fish),
            What::Powershell => Some(Shell::PowerShell),
            What::Elvish => Some(Shell::Elvish),
        };
        let mut command = command();
        match (shell, self.output) {
            (Some(shell), None) => {
                let mut out = Vec::new();
                clap_complete::generate(shell, &mut command, "dehusk", &mut out);
                print_bytes(&out)?;
            }
            (Some(shell), Some(folder)) => {
                std::fs::create_dir_all(&folder).map_err(Error::writing(&folder))?;
                let path = clap_complete::generate_to(shell, &mut command, "dehusk", &folder)
                    .map_err(Error::writing(&folder))?;
                say(format_args!("{NOTE}wrote{NOTE:#} {}", shown(&path)));
            }
            (None, None) => {
                let mut out = Vec::new();
                clap_mangen::Man::new(command).render(&mut out).map_err(ErrorKind::Stdout)?;
                print_bytes(&out)?;
            }
            (None, Some(folder)) => {
                std::fs::create_dir_all(&folder).map_err(Error::writing(&folder))?;
                clap_mangen::generate_to(command, &folder).map_err(Error::writing(&folder))?;
                say(format_args!("{NOTE}wrote{NOTE:#} manual pages to {}", shown(&folder)));
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn schema(self) -> Result<ExitCode> {
        let text = table::json(&schema())?;
        let Some(folder) = self.output else {
            print_bytes(text.as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        };
        std::fs::create_dir_all(&folder).map_err(Error::writing(&folder))?;
        let path = folder.join("dehusk-report.schema.json");
        std::fs::write(&path, text).map_err(Error::writing(&path))?;
        say(format_args!("{NOTE}wrote{NOTE:#} {}", shown(&path)));
        Ok(ExitCode::SUCCESS)
    }
}

/// The schema of the JSON report. What stands in a line of the form `jsonl` is a definition of it.
fn schema() -> Schema {
    let mut generator =
        SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(closed)).into_generator();
    generator.subschema_for::<Finding>();
    let mut schema = generator.into_root_schema_for::<Report>();
    schema.insert("title".to_owned(), format!("Report of dehusk, version {VERSION}").into());
    schema.insert(
        "description".to_owned(),
        "What `dehusk report --format json` writes; a line of `--format jsonl` is a #/$defs/Finding.".into(),
    );
    schema
}

/// Lets an object have no property but those it names.
fn closed(schema: &mut Schema) {
    if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
}
