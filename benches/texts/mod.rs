//! The texts that are measured on: those of `samples/`, one set a site. `DEHUSK_BENCH_TEXTS` names a folder of others,
//! whose files are a set each, of pages between NUL bytes.

use std::collections::BTreeMap;

use dehusk::page::{Scope, site_of};

/// Sets of pages, by their names.
pub type Sets = BTreeMap<String, Vec<String>>;

/// All sets.
pub fn sets() -> Sets {
    match std::env::var_os("DEHUSK_BENCH_TEXTS") {
        Some(folder) => files(folder.as_ref()),
        None => samples(),
    }
}

fn samples() -> Sets {
    let rows = std::fs::read_to_string("samples/jsonl/samples.jsonl").unwrap_or_default();
    let mut sets = Sets::new();
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap_or_default();
        let (Some(url), Some(text)) = (row["url"].as_str(), row["text"].as_str()) else { continue };
        sets.entry(site_of(url, Scope::Host).into_owned()).or_default().push(text.to_owned());
    }
    sets
}

fn files(folder: &std::path::Path) -> Sets {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let texts = entries.filter_map(|entry| {
        let text = std::fs::read_to_string(entry.path()).ok()?;
        Some((entry.file_name().to_string_lossy().into_owned(), text.split('\0').map(str::to_owned).collect()))
    });
    texts.collect()
}

/// Their names.
pub fn names() -> Vec<String> {
    sets().into_keys().collect()
}
