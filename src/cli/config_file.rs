//! `dehusk.toml`: found in this folder or the nearest one above, or named.

use std::path::{Path, PathBuf};

use crate::config::limits::SiteWritten;
use crate::config::{Options, limits};
use crate::error::{Error, Result};
use crate::nearest::Nearest;
use crate::page::visible;

/// The file that is looked for.
const NAME: &str = "dehusk.toml";

/// Reads the settings file; without one, nothing is set.
///
/// # Errors
/// When the file that was named is not there, or what it says makes no sense.
pub fn load(named: Option<&Path>) -> Result<Options> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => match find() {
            Some(path) => path,
            None => return Ok(Options::default()),
        },
    };
    let text = std::fs::read_to_string(&path).map_err(Error::reading(&path))?;
    let wrong = |e: String| Error::settings(format!("{}: {e}", crate::error::shown(&path)));
    let options = parse(&text).map_err(wrong)?;
    // What makes no sense is the file's fault only if it makes none without the flags.
    options.clone().settings().map_err(|e| wrong(e.to_string()))?;
    Ok(options)
}

fn find() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())
}

fn parse(text: &str) -> Result<Options, String> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
    check_keys(&table, "", &Options::default())?;
    if let Some(toml::Value::Table(check)) = table.get("check") {
        check_keys(check, " in [check]", &limits::Written::default())?;
        for (site, limits) in check.get("site").and_then(toml::Value::as_table).into_iter().flatten() {
            let place = format!(" in [check.site.\"{}\"]", visible(site));
            check_keys(limits.as_table().unwrap_or(&toml::Table::new()), &place, &SiteWritten::default())?;
        }
    }
    toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())
}

/// Checks that all keys of a table, which stands in this place, are among those that `usual` has.
fn check_keys(table: &toml::Table, place: &str, usual: &impl serde::Serialize) -> Result<(), String> {
    let Ok(serde_json::Value::Object(known)) = serde_json::to_value(usual) else { return Ok(()) };
    let Some(unknown) = table.keys().find(|key| !known.contains_key(*key)) else { return Ok(()) };
    let nearest = Nearest::new(unknown);
    known.keys().for_each(|key| nearest.offer(key));
    let hint = nearest.names().first().map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
    Err(format!("unknown key '{}'{place}{hint}", visible(unknown)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Scope;

    #[test]
    fn a_file_sets_what_flags_set() {
        let options = parse("scope = 'domain'\nmin-pages = 5\nmax-page = '2M'\nbatch = 65536").expect("valid");
        assert_eq!((options.scope, options.min_pages), (Some(Scope::Domain), Some(5)));
        assert_eq!(
            (options.max_page.map(|size| size.0), options.batch.map(|size| size.0)),
            (Some(2 << 20), Some(65536))
        );
    }

    #[test]
    fn sites_have_patterns_of_their_own() {
        let options = parse("drop = ['^Ad$']\n[site.\"example.org\"]\nkeep = ['^MIT']").expect("valid");
        assert_eq!(
            (&options.drop[..], &options.site["example.org"].keep[..]),
            (&["^Ad$".to_owned()][..], &["^MIT".to_owned()][..])
        );
        assert!(parse("[site.\"example.org\"]\nkept = ['a']").expect_err("unknown").contains("kept"));
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        let error = parse("min-page = 5").expect_err("unknown");
        assert_eq!(error, "unknown key 'min-page'; did you mean 'min-pages'?");
    }

    #[test]
    fn limits_stand_in_a_table_of_their_own() {
        let options = parse("[check]\nmax-chrome = '80%'\nmax-new = 2\n[check.site.\"a.example\"]\nmax-short = 90");
        let check = options.expect("valid").check;
        assert_eq!((check.each.max_chrome.map(|limit| limit.0), check.max_new), (Some(80.0), Some(2)));
        assert_eq!(check.site["a.example"].max_short.map(|limit| limit.0), Some(90.0));
        for (text, said) in [
            ("[check]\nmax-chrom = 1", "unknown key 'max-chrom' in [check]; did you mean 'max-chrome'?"),
            ("[check.site.x]\nmax-new = 1", "unknown key 'max-new' in [check.site.\"x\"]; did you mean"),
            ("[check]\nmax-chrome = 'all'", "'all' is not a percentage"),
            ("[check]\nmax-short = 101", "'101' is not a percentage"),
            ("[check.site]\nx = 1", "line 2"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_wrong_value_says_where_it_stands() {
        let error = parse("min-pages = 'many'").expect_err("wrong");
        assert!(error.contains("line 1") && error.contains("min-pages"), "{error}");
        let error = parse("scope = 'planet'").expect_err("wrong");
        assert!(error.contains("host"), "{error}");
    }
}
