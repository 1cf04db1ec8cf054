//! Prints the names of months, weekdays and halves of the day that CLDR has,
//! long and abbreviated, in all languages: the text of `src/line/calendar.txt`.
//!
//!     cargo run --example calendar_names > src/line/calendar.txt
//!
//! The data is that of `icu_datetime`, which is far too large and slow to look
//! up in to be a dependency of the program itself.

use std::collections::BTreeSet;

use dehusk::line::normalised;
use icu_datetime::provider::names::{
    DatetimeNamesDayperiodV1, DatetimeNamesMonthEthiopianV1, DatetimeNamesMonthGregorianV1, DatetimeNamesMonthHebrewV1,
    DatetimeNamesMonthHijriV1, DatetimeNamesMonthPersianV1, DatetimeNamesWeekdayV1, MonthNames,
};
use icu_provider::prelude::*;
use yoke::Yokeable;

/// The compiled data, once more: this way it lists its languages.
struct Names;

mod data {
    use super::Names;
    use icu_datetime_data::*;

    mod icu {
        pub use icu_datetime as datetime;
    }
    make_provider!(Names);
    impl_datetime_names_weekday_v1!(Names, ITER);
    impl_datetime_names_dayperiod_v1!(Names, ITER);
    impl_datetime_names_month_gregorian_v1!(Names, ITER);
    impl_datetime_names_month_persian_v1!(Names, ITER);
    impl_datetime_names_month_hijri_v1!(Names, ITER);
    impl_datetime_names_month_hebrew_v1!(Names, ITER);
    impl_datetime_names_month_ethiopian_v1!(Names, ITER);
}

/// Abbreviated and long, inside a date and alone, as the data calls them; not the
/// narrow forms of one letter, nor the two letters of a calendar sheet's head.
const WIDTHS: &[&str] = &["3", "3s", "5", "5s"];

/// Languages that CLDR covers well (modern and moderate). Short names of the
/// others would be words of these more often than dates: "see", "to", "on".
const COMMON: &[&str] = &[
    "af", "am", "ar", "as", "ast", "az", "be", "bg", "bn", "br", "bs", "ca", "chr", "ckb", "cs", "cv", "cy", "da",
    "de", "dsb", "el", "en", "es", "et", "eu", "fa", "fi", "fil", "fo", "fr", "ga", "gd", "gl", "gu", "ha", "he", "hi",
    "hr", "hsb", "hu", "hy", "ia", "id", "ig", "is", "it", "ja", "jv", "ka", "kk", "km", "kn", "ko", "kok", "ku", "ky",
    "lb", "lo", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "ne", "nl", "nn", "no", "oc", "or", "pa", "pl", "ps",
    "pt", "qu", "rm", "ro", "ru", "sc", "sd", "si", "sk", "sl", "so", "sq", "sr", "sv", "sw", "ta", "te", "tg", "th",
    "ti", "tk", "tr", "tt", "ug", "uk", "und", "ur", "uz", "vi", "yi", "yo", "yue", "zh", "zu",
];

/// Longest name, in characters, that only a common language can give.
const SHORT: usize = 4;

/// Other calendars, and the languages whose pages date by them.
const PERSIAN: &[&str] = &["ckb", "fa", "lrc", "mzn", "ps", "uz"];
const HIJRI: &[&str] = &["ar", "ckb", "fa", "ps", "sd", "ug", "ur"];
const HEBREW: &[&str] = &["he", "yi"];
const ETHIOPIAN: &[&str] = &["am", "om", "ti"];

#[allow(clippy::print_stdout)] // That is what it is for.
fn main() {
    for name in names() {
        println!("{name}");
    }
}

/// All names in normal form, sorted.
pub fn names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut add = |language: &str, name: &str| {
        let name = normalised(name);
        let name = without_preposition(name.trim_end_matches('.'));
        let short = name.chars().count() <= SHORT;
        if is_name(name) && (!short || COMMON.contains(&language)) {
            names.insert(name.to_owned());
        }
    };
    each::<DatetimeNamesWeekdayV1>(None, |language, data| {
        data.names.iter().for_each(|name| add(language, name));
    });
    // The first two are a.m. and p.m., then come noon, midnight and times of day.
    each::<DatetimeNamesDayperiodV1>(None, |language, data| {
        data.names.iter().take(2).for_each(|name| add(language, name));
    });
    let mut months = |language: &str, data: &MonthNames<'_>| {
        if let MonthNames::Linear(months) | MonthNames::LeapPattern(months) = data {
            months.iter().for_each(|name| add(language, name));
        }
    };
    each::<DatetimeNamesMonthGregorianV1>(None, &mut months);
    each::<DatetimeNamesMonthPersianV1>(Some(PERSIAN), &mut months);
    each::<DatetimeNamesMonthHijriV1>(Some(HIJRI), &mut months);
    each::<DatetimeNamesMonthHebrewV1>(Some(HEBREW), &mut months);
    each::<DatetimeNamesMonthEthiopianV1>(Some(ETHIOPIAN), &mut months);
    names
}

/// Calls `take` with the language and the names of each width, in all languages
/// or in those given.
fn each<M>(languages: Option<&[&str]>, mut take: impl FnMut(&str, &<M::DataStruct as Yokeable<'_>>::Output))
where
    M: DataMarker,
    Names: IterableDataProvider<M>,
{
    for id in Names.iter_ids().unwrap_or_default() {
        let language = id.locale.language.as_str();
        let wanted = languages.is_none_or(|languages| languages.contains(&language));
        if !wanted || !WIDTHS.contains(&id.marker_attributes.as_str()) {
            continue;
        }
        let request = DataRequest { id: id.as_borrowed(), ..DataRequest::default() };
        if let Ok(response) = Names.load(request) {
            take(language, response.payload.get());
        }
    }
}

/// The name alone, of Catalan "de maig", "d’abril": templates take prepositions
/// with any name.
fn without_preposition(name: &str) -> &str {
    let prepositions = ["de ", "d'", "d’", "da "];
    prepositions.iter().find_map(|preposition| name.strip_prefix(preposition)).unwrap_or(name)
}

/// Whether a template should look for it: numbers are masked anyway, and a lone
/// letter of an alphabet is a name of too many things. A lone ideograph is not.
fn is_name(name: &str) -> bool {
    let lone_letter = name.chars().filter(|c| c.is_alphabetic()).count() < 2 && name < "\u{3000}";
    !name.is_empty() && !lone_letter && !name.chars().any(char::is_numeric)
}
