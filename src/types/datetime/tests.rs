//! Tests of patterns and texts.

use proptest::prelude::*;

use super::*;
use crate::types::datetime::calendar::DAY_MS;

fn pattern(text: &str) -> DateTimePattern {
    DateTimePattern::compile(text).unwrap()
}

fn utc(ms: i64) -> String {
    let mut text = String::new();
    iso::write_timestamp(ms, &mut text);
    text
}

/// Checks what a text means in UTC, written as a timestamp, or why it means nothing.
#[track_caller]
fn check(format: &str, text: &str, want: &str) {
    check_in(Zone::UTC, format, text, want);
}

#[track_caller]
fn check_in(zone: Zone, format: &str, text: &str, want: &str) {
    let got = pattern(format).parse_timestamp(text, zone);
    assert_eq!(got.map_or_else(|error| error.to_string(), utc), want, "{text} by {format}");
}

#[test]
fn reads_common_patterns() {
    let noon = "2018-05-11T21:58:33.000";
    check("yyyy-MM-dd HH:mm:ss", "2018-05-11 21:58:33", noon);
    check("yyyy-MM-dd'T'HH:mm:ssX", "2018-05-11T21:58:33Z", noon);
    check("yyyy-MM-dd'T'HH:mm:ssX", "2018-05-11t23:58:33+02", noon);
    check("yyyy-MM-dd'T'HH:mm:ssX", "2018-05-11T21:58:33z", noon);
    check("yyyy-MM-dd'T'HH:mm:ss.SX", "2019-08-27T13:31:09.2+0000", "2019-08-27T13:31:09.200");
    check("yy-MM-dd HH:mm:ssX", "10-04-19 12:00:17Z", "2010-04-19T12:00:17.000");
    check("yyyyMMddHHmmssSSS", "20180511215833123", "2018-05-11T21:58:33.123");
    check("dd/MMM/yyyy:HH:mm:ss Z", "11/may/2018:21:58:33 -0400", "2018-05-12T01:58:33.000");
    check("EEEE, d MMMM u, h:mm a", "friday, 11 May 2018, 9:58 Pm", "2018-05-11T21:58:00.000");
    check("yyyy-MM-dd HH:mm:ss zzz", "2018-05-11 14:58:33 PDT", noon);
    check("yyyy-MM-dd HH:mm VV", "2018-05-11 22:58 Europe/London", "2018-05-11T21:58:00.000");
    check("yyyy-MM-dd HH:mm O", "2018-05-11 23:58 GMT+2", "2018-05-11T21:58:00.000");
    check("yyyy-MM-dd[ HH:mm[:ss]]", "2018-05-11", "2018-05-11T00:00:00.000");
    check("yyyy-MM-dd[ HH:mm[:ss]]", "2018-05-11 21:58", "2018-05-11T21:58:00.000");
    check("yyyy-DDD", "2020-366", "2020-12-31T00:00:00.000");
    check("YYYY-'W'ww-e", "2020-W53-7", "2021-01-03T00:00:00.000");
    check("ppppH", "   7", "1970-01-01T07:00:00.000");
    check("u G", "5 AD", "0005-01-01T00:00:00.000");
}

#[test]
fn what_is_missing_is_as_at_1970() {
    check("HH:mm", "10:20", "1970-01-01T10:20:00.000");
    check("mm", "20", "1970-01-01T00:20:00.000");
    check("yyyy", "2020", "2020-01-01T00:00:00.000");
    check("yyyy-MM", "2020-02", "2020-02-01T00:00:00.000");
    check("MM-dd", "12-24", "1970-12-24T00:00:00.000");
    check("hh a", "12 AM", "1970-01-01T00:00:00.000");
    check("a", "PM", "1970-01-01T12:00:00.000");
    check("DDD", "060", "1970-03-01T00:00:00.000");
    let zone = Zone::parse("+03:00").unwrap();
    check_in(zone, "HH:mm", "10:20", "1970-01-01T07:20:00.000");
    check_in(zone, "HH:mmX", "10:20Z", "1970-01-01T10:20:00.000");
}

#[test]
fn dates_and_times_that_are_almost_there() {
    check("yyyy-MM-dd", "2021-02-31", "2021-02-28T00:00:00.000");
    check("yyyy-MM-dd HH:mm", "2021-02-27 24:00", "2021-02-28T00:00:00.000");
    let zone = Zone::parse("Europe/Paris").unwrap();
    check_in(zone, "yyyy-MM-dd HH:mm", "2021-03-28 02:30", "2021-03-28T01:30:00.000");
    check_in(zone, "yyyy-MM-dd HH:mm", "2021-10-31 02:30", "2021-10-31T00:30:00.000");
    check("yyyy-MM-dd", "+12021-01-01", "+12021-01-01T00:00:00.000");
    check("uuuu-MM-dd", "-0001-01-01", "0002-01-01T00:00:00.000");
}

#[test]
fn says_where_a_text_goes_wrong() {
    let unmatched =
        |text: &str, index: usize| format!("Text '{text}' could not be parsed at index {index}");
    check("yyyy-MM-dd", "2018/05/11", &unmatched("2018/05/11", 4));
    check("yyyy-MM-dd", "18-05-11", &unmatched("18-05-11", 0));
    check("yyyy-MM-dd", "é018-05-11", &unmatched("é018-05-11", 0));
    check("'é'yyyy", "é20", &unmatched("é20", 1));
    check("HH:mmX", "10:20+0", &unmatched("10:20+0", 5));
    check("d d", "1 2", &unmatched("1 2", 2));
    check("yyyy", "2018é", "Text '2018é' could not be parsed, unparsed text found at index 4");
    check(
        "yyyy-MM-dd",
        "2018-13-11",
        "Text '2018-13-11' could not be parsed: Invalid value for MonthOfYear (valid values 1 - 12): 13",
    );
    check(
        "E yyyy-MM-dd",
        "Mon 2018-05-11",
        "Text 'Mon 2018-05-11' could not be parsed: Conflict found: Field DayOfWeek 1 differs from DayOfWeek 5",
    );
    check("uuuuuuuuu", "999999999", "the time is out of the range of a TIMESTAMP");
}

#[test]
fn dates_have_no_time_and_times_no_date() {
    assert_eq!(pattern("dd-MMM-yyyy").parse_date("01-Jan-2022"), Ok(18_993));
    assert_eq!(pattern("yyyy-MM-dd'Lit'").parse_date("2018-05-11lit"), Ok(17_662));
    assert_eq!(pattern("yyyy-MM-dd HH").parse_date_of_timestamp("2018-05-11 13"), Ok(17_662));
    assert!(pattern("yyyy-MM-dd HH").parse_date("2018-05-11 13").is_err());
    assert!(pattern("yyyy-MM").parse_date("2018-05").is_err());
    assert_eq!(pattern("hh:mm:ss a").parse_time("01:00:00 Pm"), Ok(46_800_000));
    assert_eq!(pattern("HH:mm:ss.SSSSSSSSS").parse_time("00:00:01.123456789"), Ok(1_123));
    assert!(pattern("HH:mm yyyy").parse_time("00:00 2018").is_err());
    assert!(pattern("mm").parse_time("10").is_err());
    let mut out = String::new();
    let unsupported = |field| Err(DateTimeError::UnsupportedField(field));
    assert_eq!(pattern("HH").write_date(0, &mut out), unsupported("HourOfDay"));
    assert_eq!(pattern("dd").write_time(0, &mut out), unsupported("DayOfMonth"));
    assert_eq!(pattern("X").write_time(0, &mut out), unsupported("OffsetSeconds"));
}

#[test]
fn writes_every_letter() {
    let zone = Zone::parse("America/Los_Angeles").unwrap();
    let ms = 1_526_075_913_045;
    let write = |format: &str| {
        pattern(format).format_timestamp(ms, zone).unwrap_or_else(|error| error.to_string())
    };
    assert_eq!(write("yyyy-MM-dd HH:mm:ss zzz"), "2018-05-11 14:58:33 PDT");
    assert_eq!(write("yy u G GGGG Q QQQ QQQQ"), "18 2018 AD Anno Domini 2 Q2 2nd quarter");
    assert_eq!(write("M MMM MMMM MMMMM d D DDD"), "5 May May M 11 131 131");
    assert_eq!(write("E EEEE EEEEE e"), "Fri Friday F 5");
    assert_eq!(write("YYYY w W"), "2018 19 2");
    assert_eq!(write("h hh K k H a"), "2 02 2 14 14 PM");
    assert_eq!(write("S SSS SSSSSS n A"), "0 045 045000 45000000 53913045");
    assert_eq!(
        write("X XX XXX x xxx Z ZZZZ ZZZZZ O"),
        "-07 -0700 -07:00 -07 -07:00 -0700 GMT-07:00 -07:00 GMT-7"
    );
    assert_eq!(write("VV zzzz"), "America/Los_Angeles Pacific Daylight Time");
    assert_eq!(write("pppd'|'''[ddd]"), " 11|'".to_owned() + "");
    assert_eq!(
        pattern("X XXX xx Z O z").format_timestamp(0, Zone::UTC).unwrap(),
        "Z Z +0000 +0000 GMT Z"
    );
}

#[test]
fn casts_take_what_is_there() {
    let timestamp =
        |text: &str| iso::parse_timestamp(text).map(utc).unwrap_or_else(|e| e.to_string());
    assert_eq!(timestamp("2017"), "2017-01-01T00:00:00.000");
    assert_eq!(timestamp("2020-02"), "2020-02-01T00:00:00.000");
    assert_eq!(timestamp("2020-01-02"), "2020-01-02T00:00:00.000");
    assert_eq!(timestamp("2020-01-02TZ"), "2020-01-02T00:00:00.000");
    assert_eq!(timestamp("2020-01-02T10"), "2020-01-02T10:00:00.000");
    assert_eq!(timestamp("2020-01-02T10:59:5"), "2020-01-02T10:59:50.000");
    assert_eq!(timestamp("2019-03-17T03:00-0700"), "2019-03-17T10:00:00.000");
    assert_eq!(timestamp("2019-01-01T00:00:00+0445"), "2018-12-31T19:15:00.000");
    assert_eq!(timestamp("2020-05-26T23:59:58.123Z"), "2020-05-26T23:59:58.123");
    let error = timestamp("2019-03-17 03:00");
    assert!(error.starts_with("Failed to parse timestamp '2019-03-17 03:00': "), "{error}");
    assert!(iso::parse_timestamp("").is_err());
    assert!(iso::parse_timestamp("2020-01-01T00:00:00.000+99").is_err());
    assert!(iso::parse_timestamp("2020-01-01Té").is_err());

    assert_eq!(iso::parse_date("2020-05"), Ok(18_383));
    assert_eq!(iso::parse_date("1970-01-01"), Ok(0));
    assert_eq!(iso::parse_date("-0001-01-01"), Ok(-719_893));
    for wrong in [
        "",
        "2021-02-29",
        "21-01-01",
        "2021-1-1",
        "2021-01-01-01",
        "é",
        "999999999-01-01",
        "+99999999999-01-01",
    ] {
        assert!(iso::parse_date(wrong).is_err(), "{wrong}");
    }

    assert_eq!(iso::parse_time("10:00"), Ok(36_000_000));
    assert_eq!(iso::parse_time("10:00:00.001"), Ok(36_000_001));
    assert_eq!(iso::parse_time("23:59:59.9999"), Ok(86_399_999));
    for wrong in ["", "10", "24:00", "10:60", "1:00", "10:00.5", "10:00:00.é", "é0:00"] {
        assert!(iso::parse_time(wrong).is_err(), "{wrong}");
    }
    let written = |ms: i32| {
        let mut text = String::new();
        iso::write_time(ms, &mut text);
        text
    };
    assert_eq!((written(36_000_000), written(36_001_500)), ("10:00".into(), "10:00:01".into()));
}

const ROUND_TRIPS: &[&str] = &[
    "yyyy-MM-dd HH:mm:ss.SSS",
    "yyyy-MM-dd'T'HH:mm:ss.SSSX",
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "uuuu-DDD HH:mm:ss.SSSZ",
    "uuuuMMddHHmmssSSSxx",
    "d MMMM yyyy G h:mm:ss.SSS a O",
    "EEE, d MMM yyyy kk:mm:ss.SSS ZZZZ",
    "YYYY-'W'ww-e A XXXXX",
    "[yyyy]'-'[MM]'-'[dd] N VV",
    "ppppppyyyy ppM ppd ppH:m:s.SSS X",
];

proptest! {
    #[test]
    fn what_is_written_is_read(ms in -62_135_596_800_000_i64..253_402_300_800_000, minutes in -1080..1080_i32) {
        let zone = Zone::Fixed(minutes * 60);
        for format in ROUND_TRIPS {
            let pattern = pattern(format);
            let text = pattern.format_timestamp(ms, zone).unwrap();
            prop_assert_eq!(pattern.parse_timestamp(&text, zone), Ok(ms), "{} by {}", text, format);
        }
    }

    #[test]
    fn named_zones_are_read_back(ms in 0_i64..4_000_000_000_000, name in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec())) {
        let zone = Zone::Named(name);
        let pattern = pattern("yyyy-MM-dd HH:mm:ss.SSS VV xxxxx");
        let text = pattern.format_timestamp(ms, zone).unwrap();
        let read = pattern.parse_timestamp(&text, Zone::UTC).unwrap();
        // An hour that comes twice is read as its first time.
        prop_assert!(read == ms || ms - read <= 2 * 3_600_000 && read < ms, "{} is {}", text, read);
    }

    #[test]
    fn the_fast_way_and_the_long_way_agree(text in "[12][09][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{3})?(Z|z|[+-][01][0-9]{3}|[+-][01][0-9])?") {
        for format in ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd HH:mm:ssX", "yyyy-MM-dd HH:mm:ss.SSSX", "uuuu-MM-dd HH:mm:ssZ"] {
            // An optional part that is empty takes the fast way away.
            let (fast, long) = (pattern(format), pattern(&format!("{format}[]")));
            let zone = Zone::parse("Europe/Paris").unwrap();
            let without_text = |result: Result<i64, DateTimeError>| result.map_err(|e| e.to_string());
            prop_assert_eq!(
                without_text(fast.parse_timestamp(&text, zone)),
                without_text(long.parse_timestamp(&text, zone))
            );
        }
    }

    #[test]
    fn nothing_panics(format in "([yuMLdDHhkKmsSnNAaEecXxZzVOGQqwWYp'\\[\\]. :é-]){0,12}", text in ".{0,20}", ms in any::<i64>()) {
        if let Ok(pattern) = DateTimePattern::compile(&format) {
            let _ = pattern.parse_timestamp(&text, Zone::UTC);
            let _ = pattern.parse_date(&text);
            let _ = pattern.parse_time(&text);
            if let Ok(written) = pattern.format_timestamp(ms, Zone::parse("Asia/Tokyo").unwrap()) {
                let _ = pattern.parse_timestamp(&written, Zone::UTC);
            }
            let mut out = String::new();
            let _ = pattern.write_date(ms as i32, &mut out);
            let _ = pattern.write_time((ms % DAY_MS) as i32, &mut out);
        }
        let _ = iso::parse_timestamp(&text);
        let _ = iso::parse_date(&text);
        let _ = iso::parse_time(&text);
        let _ = Zone::parse(&text);
    }

    #[test]
    fn casts_read_what_they_write(ms in -62_135_596_800_000_i64..253_402_300_800_000, days in any::<i32>()) {
        prop_assert_eq!(iso::parse_timestamp(&utc(ms)), Ok(ms));
        let mut text = String::new();
        iso::write_date(days, &mut text);
        prop_assert_eq!(iso::parse_date(&text), Ok(days));
    }
}
