//! When a page was fetched.
//!
//! Only a rule that prefers new or old pages asks for it, so it is looked up in the record when it is asked for: the
//! `WARC-Date` of a WARC record, the field `date` or one of like name of a row. What is no date is none.

use serde::Deserialize;

use super::warc::header;
use super::{Batch, Origin, Slot};

/// The fields of a row in which a date is looked for; the first that holds one counts. [`of_row`] knows them too.
#[cfg(feature = "parquet")]
const FIELDS: [&str; 4] = ["date", "timestamp", "warc_date", "date_download"];

impl Batch {
    /// When a page was fetched, in seconds from 1970 on, if its record says so.
    pub fn date(&self, slot: &Slot) -> Option<i64> {
        match &slot.origin {
            Origin::Warc { header, .. } => {
                let header = header::parse(self.raw(header), usize::MAX).unwrap_or_default();
                seconds(header.date.as_deref()?)
            }
            Origin::Json { line, .. } => of_row(self.str(line)),
            #[cfg(feature = "parquet")]
            Origin::Row(row) => of_table(&self.table.as_ref()?.rows, *row),
            #[cfg(not(feature = "parquet"))]
            Origin::Row(_) => None,
            Origin::File(_) => None,
        }
    }
}

/// The value of a field that may be a date.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Number(f64),
    Text(String),
    Other(serde::de::IgnoredAny),
}

impl Value {
    fn seconds(&self) -> Option<i64> {
        match self {
            Value::Number(number) => from_number(*number),
            Value::Text(text) => seconds(text),
            Value::Other(_) => None,
        }
    }
}

fn of_row(line: &str) -> Option<i64> {
    #[derive(Deserialize)]
    struct Row {
        date: Option<Value>,
        timestamp: Option<Value>,
        warc_date: Option<Value>,
        date_download: Option<Value>,
    }
    let row: Row = serde_json::from_str(line).ok()?;
    [row.date, row.timestamp, row.warc_date, row.date_download].iter().flatten().find_map(Value::seconds)
}

#[cfg(feature = "parquet")]
fn of_table(rows: &arrow_array::RecordBatch, row: usize) -> Option<i64> {
    FIELDS.iter().find_map(|name| of_column(rows.column_by_name(name)?, row))
}

#[cfg(feature = "parquet")]
fn of_column(column: &arrow_array::ArrayRef, row: usize) -> Option<i64> {
    use arrow_array::cast::AsArray;
    use arrow_array::types::*;
    use arrow_schema::{DataType, TimeUnit};
    if row >= column.len() || column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Utf8 => seconds(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => seconds(column.as_string::<i64>().value(row)),
        DataType::Utf8View => seconds(column.as_string_view().value(row)),
        DataType::Binary => seconds(str::from_utf8(column.as_binary::<i32>().value(row)).ok()?),
        DataType::BinaryView => seconds(str::from_utf8(column.as_binary_view().value(row)).ok()?),
        DataType::Int64 => from_number(column.as_primitive::<Int64Type>().value(row) as f64),
        DataType::Int32 => from_number(f64::from(column.as_primitive::<Int32Type>().value(row))),
        DataType::Float64 => from_number(column.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => Some(i64::from(column.as_primitive::<Date32Type>().value(row)) * DAY),
        DataType::Timestamp(TimeUnit::Second, _) => Some(column.as_primitive::<TimestampSecondType>().value(row)),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            Some(column.as_primitive::<TimestampMillisecondType>().value(row).div_euclid(1_000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Some(column.as_primitive::<TimestampMicrosecondType>().value(row).div_euclid(1_000_000))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            Some(column.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1_000_000_000))
        }
        _ => None,
    }
}

const DAY: i64 = 86_400;

/// Seconds, or milliseconds where seconds would lie thousands of years ahead.
fn from_number(number: f64) -> Option<i64> {
    let number = if number.abs() > 1e11 { number / 1000.0 } else { number };
    (number.is_finite() && number.abs() <= 1e11).then_some(number.floor() as i64)
}

/// A date as ISO 8601 writes it, with or without time, fraction and zone (`2024-05-17`, `2024-05-17T08:00:00Z`,
/// `2024-05-17 10:00:00.5+02:00`), or as archives do (`20240517080000`). Without a zone it is UTC.
fn seconds(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let year = digits(&mut rest, 4)?;
    let dash = skip(&mut rest, '-');
    let month = digits(&mut rest, 2)?;
    if dash != skip(&mut rest, '-') {
        return None;
    }
    let day = digits(&mut rest, 2)?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let date = days(year, month, day) * DAY;
    if rest.is_empty() {
        return Some(date);
    }
    let _ = skip(&mut rest, 'T') || skip(&mut rest, 't') || skip(&mut rest, ' ');
    let (hour, colon) = (digits(&mut rest, 2)?, skip(&mut rest, ':'));
    let minute = digits(&mut rest, 2)?;
    let second = if !colon || skip(&mut rest, ':') { digits(&mut rest, 2)? } else { 0 };
    if hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    if skip(&mut rest, '.') || skip(&mut rest, ',') {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    Some(date + hour * 3600 + minute * 60 + second - zone(rest)?)
}

/// The offset of a time zone in seconds.
fn zone(mut rest: &str) -> Option<i64> {
    if matches!(rest.trim(), "" | "Z" | "z" | "UTC" | "GMT") {
        return Some(0);
    }
    rest = rest.trim();
    let sign = if skip(&mut rest, '-') { -1 } else { i64::from(skip(&mut rest, '+')) };
    let hour = digits(&mut rest, 2)?;
    skip(&mut rest, ':');
    let minute = if rest.is_empty() { 0 } else { digits(&mut rest, 2)? };
    (sign != 0 && rest.is_empty()).then_some(sign * (hour * 3600 + minute * 60))
}

/// Takes so many digits off the front.
fn digits(rest: &mut &str, count: usize) -> Option<i64> {
    let (number, behind) = rest.split_at_checked(count)?;
    *rest = behind;
    if number.bytes().all(|byte| byte.is_ascii_digit()) { number.parse().ok() } else { None }
}

/// Takes a character off the front if it is there.
fn skip(rest: &mut &str, c: char) -> bool {
    match rest.strip_prefix(c) {
        Some(behind) => {
            *rest = behind;
            true
        }
        None => false,
    }
}

/// Days from 1970 on (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The day of a time in seconds from 1970 on, as `2014-05-12`, in UTC.
pub fn day(seconds: i64) -> String {
    // Days from the 1st of March of the year 0 on, so that leap days come last (Hinnant, 2013).
    let days = seconds.div_euclid(DAY) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_read_as_standards_and_archives_write_them() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("2024-05-17T08:00:01.123456Z", Some(1_715_932_801)),
            ("2024-05-17 10:00:01+02:00", Some(1_715_932_801)),
            ("2024-05-17T08:00:01-0030", Some(1_715_934_601)),
            ("20240517080001", Some(1_715_932_801)),
            ("2024-05-17T08:00", Some(1_715_932_800)),
            ("1969-12-31 23:59:59 UTC", Some(-1)),
            ("", None),
            ("yesterday", None),
            ("2024-13-01", None),
            ("2024-0517", None),
            ("2024-05-17T99:00:00Z", None),
            ("2024-05-17T08:00:00 in the morning", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn a_row_tells_its_date_in_one_of_several_fields() {
        for (row, expected) in [
            (r#"{"text":"a","date":"2024-05-17T08:00:01Z"}"#, Some(1_715_932_801)),
            (r#"{"timestamp":1715932801.9}"#, Some(1_715_932_801)),
            (r#"{"timestamp":1715932801900}"#, Some(1_715_932_801)),
            (r#"{"date":null,"warc_date":"20240517080001"}"#, Some(1_715_932_801)),
            (r#"{"date":"soon","timestamp":["2024"],"date_download":"1970-01-01"}"#, Some(0)),
            (r#"{"date":1e300}"#, None),
            (r#"{"text":"a"}"#, None),
            ("{", None),
        ] {
            assert_eq!(of_row(row), expected, "{row}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}|[0-9:TZ .+-]{0,30}") {
            let _ = seconds(&text);
        }
    }

    proptest! {
        #[test]
        fn a_day_is_written_as_it_is_read(time in -60_000_000_000i64..250_000_000_000) {
            prop_assert_eq!(seconds(&day(time)), Some(time.div_euclid(DAY) * DAY));
        }
    }
}
