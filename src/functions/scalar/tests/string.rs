//! Texts.

use crate::functions::scalar::tests::check;

#[test]
fn chr_takes_a_number_or_an_escape() {
    check("CHR", "75", "'K'");
    check("CHR", "22909", "'好'");
    check("CHR", "99000", "'\u{182B8}'");
    check("CHR", "-1", "NULL");
    check("CHR", "1114112", "NULL");
    check("CHR", "55296", "'?'");
    check("CHR", r"'\u004b'", "'K'");
    check("CHR", r"'\ud820\udeb8'", "'\u{182B8}'");
    check("CHR", r"'\u004bab\t'", "'Kab\t'");
    check("CHR", "'75'", "NULL");
    check("CHR", "''", "NULL");
    check("CHR", r"'\u00zz'", r"error: invalid Unicode escape in '\u00zz'");
}

#[test]
fn concat_passes_over_null() {
    check("CONCAT", "'prefix-', 's1', '-postfix'", "'prefix-s1-postfix'");
    check("CONCAT", "'a', NULL", "'a'");
    check("CONCAT", "NULL::VARCHAR, NULL", "''");
    check("CONCAT", "x'01', x'0203', NULL", "x'010203'");
    check(
        "CONCAT",
        "1, 2",
        "error: Function 'concat' does not accept parameters (INTEGER, INTEGER).",
    );
    check("CONCAT_WS", "', ', 'apple', 'banana', NULL, 'date'", "'apple, banana, date'");
    check("CONCAT_WS", "'SEP', NULL, NULL, 'literal'", "'literal'");
    check("CONCAT_WS", "NULL::VARCHAR, 'a', 'b'", "NULL");
    check("CONCAT_WS", "x'61', x'62', x'', x'63'", "x'62616163'");
    check("CONCAT_WS", "x'61', NULL", "x''");
    check("CONCAT_WS", "'a'", "error: Function Concat_WS expects at least two input arguments.");
}

#[test]
fn elt_undoes_field() {
    check("ELT", "1, 'a', 'b'", "'a'");
    check("ELT", "2, 'a', NULL", "NULL");
    check("ELT", "0, 'a'", "NULL");
    check("ELT", "3, 'a', 'b'", "NULL");
    check("ELT", "NULL::INT, 'a'", "NULL");
    check("FIELD", "'hello', 'hello', 'world'", "1");
    check("FIELD", "'hello', NULL, 'hello'", "2");
    check("FIELD", "'hello'", "0");
    check("FIELD", "NULL::VARCHAR, NULL", "0");
}

#[test]
fn initcap_knows_words_by_white_space() {
    check("INITCAP", "'some_string'", "'Some_string'");
    check("INITCAP", "'the   Quick br0wn fOx'", "'The   Quick Br0wn Fox'");
    check("INITCAP", "'  éa\tßB '", "'Éa\tSSb '");
    check("INITCAP", "''", "''");
}

#[test]
fn instr_counts_from_either_end() {
    check("INSTR", "'CORPORATE FLOOR', 'OR'", "2");
    check("INSTR", "'CORPORATE FLOOR', 'OR', 3", "5");
    check("INSTR", "'CORPORATE FLOOR', 'OR', 3, 2", "14");
    check("INSTR", "'CORPORATE FLOOR', 'OR', -3", "5");
    check("INSTR", "'CORPORATE FLOOR', 'OR', -3, 2", "2");
    check("INSTR", "'CORPORATE FLOOR', 'MISSING'", "0");
    check("INSTR", "'corporate floor', 'or', -4, 2", "2");
    check("INSTR", "'short', 'or', 4", "0");
    check("INSTR", "'abcabc', 'abc', -1", "4");
    check("INSTR", "'aaaa', 'aa', 1, 3", "3");
    check("INSTR", "'abc', 'a', 9", "0");
    check("INSTR", "'abc', 'a', 0", "0");
    check("INSTR", "'abc', 'a', 1, 0", "0");
    check("INSTR", "'abc', 'a', -2147483648, 1", "0");
    check("INSTR", "'a𝄞b', 'b'", "4");
    check("INSTR", "NULL::VARCHAR, 'a'", "0");
    check("INSTR", "'abc', 'a', NULL::INT", "NULL");
}

#[test]
fn letters_change() {
    check("LCASE", "'ÄB'", "'äb'");
    check("UCASE", "'straße'", "'STRASSE'");
    check("UCASE", "NULL", "NULL");
    check("TRIM", "'\t a b\n '", "'a b'");
    check("TRIM", "'\u{A0}a'", "'\u{A0}a'");
}

#[test]
fn len_counts_units() {
    check("LEN", "'abc'", "3");
    check("LEN", "'a𝄞'", "3");
    check("LEN", "x'0102'", "2");
    check("LEN", "''", "0");
    check("LEN", "NULL::VARCHAR", "NULL");
}

#[test]
fn padding_fills_or_cuts() {
    check("LPAD", "'Foo', 7, 'Bar'", "'BarBFoo'");
    check("LPAD", "'Foo', 2, 'Bar'", "'Fo'");
    check("LPAD", "'', 2, 'Bar'", "'Ba'");
    check("LPAD", "'123', 5, '0'", "'00123'");
    check("LPAD", "'a', 3, ''", "NULL");
    check("LPAD", "'a', -1, 'b'", "NULL");
    check("LPAD", "'a', 0, 'b'", "''");
    check("LPAD", "'a', NULL::INT, 'b'", "NULL");
    check("LPAD", "x'01', 3, x'0203'", "x'020301'");
    check("LPAD", "'a', 2147483647, 'b'", "error: the result is longer than 16777216 bytes");
    check("RPAD", "'Foo', 7, 'Bar'", "'FooBarB'");
    check("RPAD", "'Foo', 2, 'Bar'", "'Fo'");
    check("RPAD", "x'0102', 1, x'03'", "x'01'");
}

#[test]
fn replace_takes_texts_literally() {
    check("REPLACE", "'a.b.c', '.', '$1'", "'a$1b$1c'");
    check("REPLACE", "'abc', '', '-'", "'-a-b-c-'");
    check("REPLACE", "'abc', 'x', NULL", "NULL");
}

#[test]
fn split_keeps_empty_parts() {
    check("SPLIT", "'a.b.c', '.'", "['a', 'b', 'c']");
    check("SPLIT", "'..a..', '.'", "['', '', 'a', '', '']");
    check("SPLIT", "'a$$b.c', '$$'", "['a', 'b.c']");
    check("SPLIT", "'', '.'", "['']");
    check("SPLIT", "'a𝄞', ''", "['a', '𝄞']");
    check("SPLIT", "'', ''", "['']");
    check("SPLIT", "x'610061', x'00'", "[x'61', x'61']");
    check("SPLIT", "x'6100', x''", "[x'61', x'00']");
    check("SPLIT", "x'', x'00'", "[x'']");
    check("SPLIT", "NULL::VARCHAR, ','", "NULL");
}

#[test]
fn split_to_map_takes_the_last_of_equal_keys() {
    check(
        "SPLIT_TO_MAP",
        "'apple:=green/cherry:=red', '/', ':='",
        "{'apple': 'green', 'cherry': 'red'}",
    );
    check("SPLIT_TO_MAP", "'a=1,b,,=2,a=3=4', ',', '='", "{'a': '3', '': '2'}");
    check("SPLIT_TO_MAP", "'', ',', '='", "{}");
    check("SPLIT_TO_MAP", "'a=1', '', '='", "NULL");
    check("SPLIT_TO_MAP", "'a=1', '=', '='", "NULL");
}

#[test]
fn substring_counts_from_either_end() {
    check("SUBSTRING", "'some_string', 6", "'string'");
    check("SUBSTRING", "'short', 6", "''");
    check("SUBSTRING", "'some_string', 6, 3", "'str'");
    check("SUBSTRING", "'another', 6, 3", "'er'");
    check("SUBSTRING", "'stream', -3", "'eam'");
    check("SUBSTRING", "'stream', -9, 2", "'st'");
    check("SUBSTRING", "'stream', 0, 2", "'st'");
    check("SUBSTRING", "'stream', 3, -1", "''");
    check("SUBSTRING", "'stream', 2, 2147483647", "'tream'");
    check("SUBSTRING", "'stream', -2147483648", "'stream'");
    check("SUBSTRING", "'a𝄞b', 2, 2", "'𝄞'");
    check("SUBSTRING", "'a𝄞b', 3", "'?b'");
    check("SUBSTRING", "x'010203', 2", "x'0203'");
    check("SUBSTRING", "x'010203', -2, 1", "x'02'");
    check("SUBSTRING", "'a', NULL::INT", "NULL");
}
