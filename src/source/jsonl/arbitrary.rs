//! Random rows for the property tests: any JSON object, any valid spelling of it, and damage.

use proptest::collection::vec;
use proptest::prelude::*;

/// A JSON value that may hold a key twice.
#[derive(Debug, Clone)]
pub enum Json {
    Plain(&'static str),
    String(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "text", "raw_content", "url", "uri", "metadata", "meta", "metadata.url", "warc_headers",
            "warc-target-uri", "id", "doc_id", "site", "domain", "dehusk",
        ])
        .prop_map(String::from),
        1 => any::<String>(),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["null", "true", "false", "0", "-0", "-12.5e-3", "1E5", "18446744073709551615",])
            .prop_map(Json::Plain),
        any::<String>().prop_map(Json::String),
        "[a-c\\n\\t\"\\\\\u{2028}é🙂]{0,12}".prop_map(Json::String),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Json::List), vec((key(), inner), 0..6).prop_map(Json::Object),]
    })
}

/// A line with an object, in some valid spelling.
pub fn line() -> impl Strategy<Value = String> {
    (vec((key(), json()), 0..10), vec(any::<u8>(), 1..60)).prop_map(|(members, choices)| {
        let mut out = String::new();
        spell(&Json::Object(members), &mut choices.into_iter().cycle(), &mut out);
        out
    })
}

/// A line as [`line`] makes it, with some bytes replaced, removed or repeated.
pub fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(b"\"\\u{}[]:,dD89\t\r -.eE0".to_vec()),];
    let edit = (any::<prop::sample::Index>(), 0..3_u8, byte);
    (line(), vec(edit, 0..5)).prop_map(|(line, edits)| {
        let mut line = line.into_bytes();
        for (at, how, byte) in edits {
            let at = at.index(line.len() + 1);
            match how {
                0 if at < line.len() => line[at] = byte,
                1 => line.truncate(at),
                _ => line.insert(at, byte),
            }
        }
        line
    })
}

fn spell(json: &Json, choices: &mut impl Iterator<Item = u8>, out: &mut String) {
    match json {
        Json::Plain(value) => out.push_str(value),
        Json::String(value) => spell_string(value, choices, out),
        Json::List(values) => {
            spell_members('[', values, ']', choices, out, |value, choices, out| {
                spell(value, choices, out);
            });
        }
        Json::Object(members) => {
            spell_members('{', members, '}', choices, out, |(key, value), choices, out| {
                spell_string(key, choices, out);
                space(choices, out);
                out.push(':');
                space(choices, out);
                spell(value, choices, out);
            });
        }
    }
}

fn spell_members<T, C: Iterator<Item = u8>>(
    open: char,
    members: &[T],
    close: char,
    choices: &mut C,
    out: &mut String,
    one: impl Fn(&T, &mut C, &mut String),
) {
    out.push(open);
    for (count, member) in members.iter().enumerate() {
        if count > 0 {
            out.push(',');
        }
        space(choices, out);
        one(member, choices, out);
        space(choices, out);
    }
    out.push(close);
}

fn space(choices: &mut impl Iterator<Item = u8>, out: &mut String) {
    out.push_str(match choices.next() {
        Some(0..=40) => " ",
        Some(41..=50) => "\t ",
        _ => "",
    });
}

fn spell_string(value: &str, choices: &mut impl Iterator<Item = u8>, out: &mut String) {
    out.push('"');
    for char in value.chars() {
        let must = char < ' ' || char == '"' || char == '\\';
        match (char, choices.next()) {
            ('\n', Some(0..=127)) => out.push_str("\\n"),
            ('/', Some(0..=127)) => out.push_str("\\/"),
            ('"' | '\\', Some(0..=127)) => out.extend(['\\', char]),
            (_, Some(choice)) if must || choice < 30 => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}
